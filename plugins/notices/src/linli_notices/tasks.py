"""What happens by itself: publishing at the moment that was set, closing after the last day, and the daily rounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, time
from typing import Any
from uuid import UUID

from linli.sdk import JobRun, ScopedSession, TaskSpec, is_enabled, now, today
from linli_notices import repository, telling
from linli_notices.closing import close_notice
from linli_notices.objections.reminding import communities_waiting, remind
from linli_notices.publishing import CLOSE_TASK, PUBLISH_TASK, TELL_TASK, publish_due

#: Notices that the daily round looks at in one step.
_BATCH = 100
#: Steps of one round; what is left waits for the next.
_ROUNDS = 200


def publish_at_moment(run: JobRun) -> dict[str, Any]:
    """Publish one notice whose moment has come."""
    with run.unit_of_work() as session:
        moment = datetime.fromisoformat(run.args["moment"])
        return {"published": publish_due(session, UUID(run.args["notice_id"]), moment)}


def close_after_last_day(run: JobRun) -> dict[str, Any]:
    """Close the record of one notice."""
    with run.unit_of_work() as session:
        snapshot = close_notice(session, UUID(run.args["notice_id"]))
        return {"closed": snapshot is not None}


def tell_residents(run: JobRun) -> dict[str, Any]:
    """Tell the residents within a notice's reach, community by community; a second run tells nobody twice."""
    notice_id, kind = UUID(run.args["notice_id"]), run.args["kind"]
    with run.unit_of_work(read_only=True) as session:
        notice = repository.find(session, notice_id)
        communities = telling.communities_of(session, notice) if notice is not None else []
    told = 0
    for done, community_id in enumerate(communities[run.done :], run.done + 1):
        with run.unit_of_work() as session:
            told += telling.tell(session, notice_id, kind, community_id)
        run.progress(done, len(communities))
    return {"told": told}


def sweep(run: JobRun) -> dict[str, Any]:
    """Publish and close what a lost job left behind, in every community of the street where the plugin is on."""
    published = _each(run, lambda session: repository.due_to_publish(session, now(), _BATCH), publish_due)
    closed = _each(run, lambda session: repository.due_to_close(session, today(), _BATCH), close_notice)
    return {"published": published, "closed": closed}


def remind_of_answers(run: JobRun) -> dict[str, Any]:
    """Remind staff of objections whose answer falls due soon; a second run on the same day tells nobody twice."""
    with run.unit_of_work(read_only=True) as session:
        waiting = [
            community_id
            for community_id in communities_waiting(session)
            if is_enabled(session, "notices", community_id=community_id)
        ]
    told = 0
    for community_id in waiting:
        with run.unit_of_work() as session:
            told += remind(session, community_id)
    return {"told": told}


def _each(
    run: JobRun,
    due: Callable[[ScopedSession], Sequence[tuple[UUID, UUID | None]]],
    act: Callable[[ScopedSession, UUID], object],
) -> int:
    done = 0
    seen: set[UUID] = set()
    for _round in range(_ROUNDS):
        with run.unit_of_work(read_only=True) as session:
            # Left out: where the plugin is off. It waits there until it is on again.
            waiting = [
                notice_id
                for notice_id, community_id in due(session)
                if notice_id not in seen and is_enabled(session, "notices", community_id=community_id)
            ]
        if not waiting:
            break
        for notice_id in waiting:
            seen.add(notice_id)
            # Each by itself: one that fails keeps no other from its turn.
            with run.unit_of_work() as session:
                done += bool(act(session, notice_id))
    return done


TASKS = (
    TaskSpec(PUBLISH_TASK, publish_at_moment, "定时发布公告"),
    TaskSpec(CLOSE_TASK, close_after_last_day, "公示期满存档"),
    TaskSpec(TELL_TASK, tell_residents, "通知居民有新公告", lease=300),
    TaskSpec("notices.sweep_periods", sweep, "补办漏掉的发布和存档", daily_at=time(0, 20)),
    # In the morning: it is of use to those who come to work.
    TaskSpec("notices.remind_of_answers", remind_of_answers, "提醒答复异议和意见", daily_at=time(8, 30)),
)
