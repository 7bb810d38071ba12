"""What happens by itself: reminding of tomorrow, counting what is over, and telling staff of gaps a week ahead."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from linli.sdk import (
    JobRun,
    Schedule,
    ScopedSession,
    TaskSpec,
    community_names,
    is_enabled,
    notify,
    now,
    place_names,
    staff_in,
    today,
)
from linli_waste_sorting.watch import checkins, repository, telling

_DAY = timedelta(days=1)
#: Duties that are counted in one step; what is left waits for the next hour.
_BATCH = 500
#: Days that staff are told of.
_AHEAD = 7
_PLANNERS = ("community_administrator", "property_staff", "committee_chair")


def remind(run: JobRun) -> dict[str, Any]:
    """Remind everybody of their shift of tomorrow."""
    told = 0
    for community_id in _communities(run):
        with run.unit_of_work() as session:
            due = repository.due_on(session, community_id, today() + _DAY)
            told += sum(telling.tell_tomorrow(session, duty, each.shift, each.station) for duty, each in due)
    return {"told": told}


def count(run: JobRun) -> dict[str, Any]:
    """Count the time of those whose shift is over."""
    with run.unit_of_work(read_only=True) as session:
        enabled: dict[UUID, bool] = {}
        waiting = []
        for duty_id, community_id in repository.to_count(session, now(), _BATCH):
            if community_id not in enabled:
                enabled[community_id] = is_enabled(session, "waste_sorting", community_id=community_id)
            if enabled[community_id]:
                waiting.append((duty_id, community_id))
    counted = 0
    for done, (duty_id, community_id) in enumerate(waiting, 1):
        # Each by itself: one that fails keeps no other from its turn.
        with run.unit_of_work() as session:
            counted += checkins.count(session, community_id, duty_id)
        if done % 50 == 0:
            run.progress(done, len(waiting))
    return {"counted": counted}


def warn_of_gaps(run: JobRun) -> dict[str, Any]:
    """Tell those who plan how many people are wanted in the week to come."""
    told = 0
    first, last = today() + _DAY, today() + _AHEAD * _DAY
    for community_id in _communities(run):
        with run.unit_of_work() as session:
            told += _warn(session, community_id, first, last)
    return {"told": told}


def _warn(session: ScopedSession, community_id: UUID, first: date, last: date) -> int:
    people = repository.missing_by_community(session, first, last).get(community_id, 0)
    if not people:
        return 0
    return notify(
        session,
        telling.MISSING,
        staff_in(session, _PLANNERS, community_id=community_id),
        {"first": first, "last": last, "people": people},
        # Once for this week, however often the task runs.
        subject=("watch_week", uuid5(NAMESPACE_URL, f"watch_week/{community_id}/{first}")),
        link=f"{place_names(session, community_id).path}/admin/waste_sorting/watch?day={first}",
        community_id=community_id,
    )


def _communities(run: JobRun) -> list[UUID]:
    with run.unit_of_work(read_only=True) as session:
        return [each for each in community_names(session) if is_enabled(session, "waste_sorting", community_id=each)]


WATCH_TASKS = (
    TaskSpec("waste_sorting.remind_of_shifts", remind, "提醒明天的值守", daily_at=time(18)),
    TaskSpec("waste_sorting.count_watches", count, "计算值守时长", schedule=Schedule.hourly(10)),
    # On Thursday: there are two working days left to find people.
    TaskSpec("waste_sorting.warn_of_gaps", warn_of_gaps, "提醒值守缺人", schedule=Schedule.weekly(4, time(9))),
)
