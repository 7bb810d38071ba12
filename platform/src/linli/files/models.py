"""What is known of a stored file; the bytes lie in a storage backend under an unguessable key."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from linli.db.base import Base, Stamped, StreetOrCommunityRow


class StoredFile(Base, StreetOrCommunityRow, Stamped):
    """One uploaded or produced file."""

    __tablename__ = "file"
    __keys__ = (
        CheckConstraint("size >= 0", name="size"),
        Index("ix_file_subject", "tenant_id", "owner", "subject_type", "subject_id"),
    )

    #: ``core`` or the plugin to which the file belongs.
    owner: Mapped[str]
    subject_type: Mapped[str] = mapped_column(server_default="")
    subject_id: Mapped[UUID | None]
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[bytes]
    storage: Mapped[str] = mapped_column(server_default="local")
    storage_key: Mapped[str]
    is_public: Mapped[bool] = mapped_column(server_default="false")
    created_by: Mapped[UUID | None]
    expires_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    #: Stands in a closed record since then: a trigger keeps it from being changed or removed.
    sealed_at: Mapped[datetime | None]
