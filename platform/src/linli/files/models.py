"""What is known of a stored file; the bytes lie in a storage backend under an unguessable key."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from linli.db.base import Base, Stamped, StreetOrCommunityRow

_EXPIRING = text("expires_at IS NOT NULL AND removed_at IS NULL")
_HAS_THUMBNAIL = text("thumbnail_key IS NOT NULL")


class StoredFile(Base, StreetOrCommunityRow, Stamped):
    """One uploaded or produced file."""

    __tablename__ = "file"
    __keys__ = (
        CheckConstraint("size >= 0", name="size"),
        CheckConstraint("num_nulls(thumbnail_key, thumbnail_size, thumbnail_sha256) IN (0, 3)", name="thumbnail"),
        Index("ix_file_subject", "tenant_id", "owner", "subject_type", "subject_id"),
        # For the daily sweep, which looks for few among many.
        Index("ix_file_expires_at", "tenant_id", "expires_at", postgresql_where=_EXPIRING),
        Index("ix_file_storage_key", "tenant_id", "storage_key"),
        Index("ix_file_thumbnail_key", "tenant_id", "thumbnail_key", postgresql_where=_HAS_THUMBNAIL),
        Index("ix_file_created_by", "tenant_id", "created_by"),
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
    #: Pixels as an image is shown; ``None`` for other kinds, and for images of the time before they were measured.
    width: Mapped[int | None]
    height: Mapped[int | None]
    #: A small WebP beside the bytes, in the same storage.
    thumbnail_key: Mapped[str | None]
    thumbnail_size: Mapped[int | None]
    thumbnail_sha256: Mapped[bytes | None]

    @property
    def has_thumbnail(self) -> bool:
        return self.thumbnail_key is not None

    @property
    def is_image(self) -> bool:
        """Whether a browser may show it in a page."""
        return self.media_type.startswith("image/")
