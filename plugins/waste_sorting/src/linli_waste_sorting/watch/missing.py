"""The days on which the bin watch still lacks people, for the page of today."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from linli.sdk import Actor, ScopedSession, Todo, focus, now
from linli.sdk import gettext as _
from linli_waste_sorting.reach import compounds_of
from linli_waste_sorting.watch import repository
from linli_waste_sorting.watch.permissions import READ_SHIFTS


def watch_todo(session: ScopedSession, actor: Actor, first: date, last: date) -> list[Todo]:
    """Each day with shifts that nobody has taken yet, to be filled by that day."""
    community_id, moment = session.scope.community_id, now()
    within = compounds_of(actor, READ_SHIFTS, community_id)
    found = repository.shifts_between(
        session, first, last + timedelta(days=1), community_id=community_id, compounds=within
    )
    lacking: Counter[date] = Counter()
    for each in found:
        is_shown = focus().compound_id in (None, each.station.compound_id)
        if each.missing and each.shift.begins_at > moment and each.shift.day <= last and is_shown:
            lacking[each.shift.day] += each.missing
    return [
        Todo(
            title=_("桶站值守缺 {n} 人次").format(n=count),
            path=f"watch?day={day.isoformat()}",
            on=day,
        )
        for day, count in sorted(lacking.items())
    ]
