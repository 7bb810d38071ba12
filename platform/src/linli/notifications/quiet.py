"""Hours of rest: what falls into them waits until they end. The clock is that of Asia/Shanghai."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from linli.kit.clock import SHANGHAI


def end_of_rest(moment: datetime, rest_from: time, rest_until: time) -> datetime | None:
    """When the rest ends into which a moment falls; ``None`` when it falls into none.

    The first minute belongs to the rest, the last one no longer. Equal hours are no rest at all.
    """
    local = moment.astimezone(SHANGHAI)
    clock = local.time().replace(tzinfo=None)
    over_midnight = rest_from > rest_until
    rests = clock >= rest_from or clock < rest_until if over_midnight else rest_from <= clock < rest_until
    if not rests:
        return None
    day = local.date() + timedelta(days=1) if over_midnight and clock >= rest_from else local.date()
    return datetime.combine(day, rest_until, SHANGHAI)


def read_hour(text: str) -> time:
    """``22:00`` as a time of day."""
    return time.fromisoformat(text)
