"""What others may want to hear of pick-ups."""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from uuid import UUID

from linli.sdk import Event


class PickupFetched(Event, frozen=True, kw_only=True):
    """What somebody had booked was fetched at their door.

    Attributes:
        booking_id: of the booking; whoever may know looks at it for the door.
        community_id: where.
        compound_id: where within it.
        category: ``bulky``, ``decoration`` or ``recyclable``.
        day: of the pick-up, Asia/Shanghai.
        pieces: how many things.
    """

    NAME: ClassVar[str] = "waste_sorting.PickupFetched"
    TITLE: ClassVar[str] = "上门回收已取走"

    booking_id: UUID
    community_id: UUID
    compound_id: UUID
    category: str
    day: date
    pieces: int
