"""What others may want to hear of the bin watch."""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from uuid import UUID

from linli.sdk import Event


class WatchCounted(Event, frozen=True, kw_only=True):
    """How long somebody stood by a station. A later one of the same duty takes the earlier one's place.

    Attributes:
        duty_id: tells one person's place in one shift from all others for good.
        community_id: where.
        compound_id: where the station is.
        account_id: whose hours they are; ``None`` for somebody without an account whom staff wrote down.
        day: of the shift, Asia/Shanghai.
        minutes: what counts; 0 takes back what was counted before.
    """

    NAME: ClassVar[str] = "waste_sorting.WatchCounted"
    TITLE: ClassVar[str] = "桶站值守计时"

    duty_id: UUID
    community_id: UUID
    compound_id: UUID
    account_id: UUID | None
    day: date
    minutes: int
