"""Tables of the database layer itself: the wrapped data keys."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import SmallInteger, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from linli.db.base import Base, TenantRow
from linli.db.walls import APPEND_ONLY


class PlatformKey(Base):
    """A key of accounts, which belong to no street; here since the master secret was changed for the first time."""

    __tablename__ = "platform_key"
    __table_args__ = {"info": {"open": "wrapped by the master secret: opens nothing by itself", "rights": ("SELECT",)}}

    name: Mapped[str] = mapped_column(primary_key=True)
    wrapped: Mapped[bytes]
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())


class DataKey(Base, TenantRow):
    """A tenant's data key of one class, wrapped by the platform's key; rotation rewraps this row and nothing else."""

    __tablename__ = "data_key"
    __keys__ = (
        UniqueConstraint("tenant_id", "data_class", "version"),
        # Whoever could delete a key would make every sealed column of the street unreadable.
        {"info": {"rights": APPEND_ONLY}},
    )

    data_class: Mapped[str]
    version: Mapped[int] = mapped_column(SmallInteger)
    wrapped: Mapped[bytes]
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
