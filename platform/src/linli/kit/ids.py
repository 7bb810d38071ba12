"""Row identifiers: UUIDv7, so that rows written together lie together in every index."""

from __future__ import annotations

from uuid import UUID

import uuid_utils


def new_id() -> UUID:
    """A fresh UUIDv7. It shows its time of creation: never use it where that must stay secret (ballots)."""
    return UUID(int=uuid_utils.uuid7().int)
