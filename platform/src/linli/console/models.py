"""Briefings as they were issued."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from linli.db.base import Base, TenantRow
from linli.db.walls import APPEND_ONLY


class Briefing(Base, TenantRow):
    """The briefing of a month as it was issued: its figures, and both files byte for byte. Never changed."""

    __tablename__ = "briefing"
    __keys__ = (
        UniqueConstraint("tenant_id", "month", "number"),
        CheckConstraint("pdf_sha256 = sha256(pdf)", name="pdf"),
        CheckConstraint("xlsx_sha256 = sha256(xlsx)", name="xlsx"),
        Index("ix_briefing_newest", "tenant_id", "id"),
        {"info": {"rights": APPEND_ONLY}},
    )

    #: Its first day.
    month: Mapped[date]
    #: 1 for the first of a month; issued again it is the next.
    number: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    pdf: Mapped[bytes]
    pdf_sha256: Mapped[bytes]
    xlsx: Mapped[bytes]
    xlsx_sha256: Mapped[bytes]
    made_by_name: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
