"""The schedules of a street as people see them, and taking a turn beside them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from linli.audit import record
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import now, today
from linli.kit.errors import NotFound
from linli.kit.text import gettext as _
from linli.tasks.registry import Tasks
from linli.tasks.service import enqueue
from linli.tasks.turns import allowed_owners, calendar_here, last_turns, next_turns, turn_of
from linli.tenancy.workdays import known_calendar_until


@dataclass(frozen=True, slots=True)
class ScheduleLine:
    """A task that runs by itself.

    Attributes:
        when: its schedule in words.
        next_turn: when it is due next; in the past where nobody has taken it yet.
        last_state: how the last turn ended; empty before the first.
        guesses: it goes by working days of a year whose official calendar is not known: Monday to Friday count.
    """

    task: str
    owner: str
    title: str
    when: str
    next_turn: datetime
    last_state: str
    last_at: datetime | None
    last_job: UUID | None
    guesses: bool


def schedule_lines(session: ScopedSession, tasks: Tasks) -> list[ScheduleLine]:
    """Every schedule of this street, the next one first."""
    allowed, calendar = allowed_owners(session), calendar_here(session)
    waiting, last = next_turns(session), last_turns(session)
    known_until = known_calendar_until(session, today().year)
    lines: list[ScheduleLine] = []
    for each in tasks.scheduled:
        if each.schedule is None or each.owner not in allowed:
            continue
        due = waiting.get(each.name) or turn_of(each, now(), calendar) or now()
        before = last.get(each.name)
        lines.append(
            ScheduleLine(
                task=each.name,
                owner=each.owner,
                title=_(each.title) if each.title else each.name,
                when=each.schedule.title,
                next_turn=due,
                last_state=before.state if before else "",
                last_at=before.finished_at if before else None,
                last_job=before.id if before else None,
                guesses=each.schedule.needs_calendar and due.year > known_until,
            )
        )
    return sorted(lines, key=lambda line: (line.next_turn, line.task))


def run_now(session: ScopedSession, actor: Actor, tasks: Tasks, task_name: str) -> UUID:  # noqa: ARG001 services name who acts
    """Have a scheduled task done now, beside its turns; while that waits or runs, the same job is the answer.

    Raises:
        NotFound: no such schedule in this street.
    """
    task = tasks.find(task_name)
    if task is None or task.schedule is None or task.owner not in allowed_owners(session):
        raise NotFound(_("没有找到这个定时任务"))
    job_id = enqueue(session, task.name, owner=task.owner, dedup_key=f"now:{task.name}")
    record(session, "core.job.run", ("job", job_id), after={"task": task.name})
    return job_id
