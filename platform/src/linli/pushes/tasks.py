"""Pushes to many communities, in the background: a step for each, so that a crash goes on where it stopped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from linli.approvals.standing import standing_of
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.text import gettext as _
from linli.plugins.pushing import roles_here
from linli.pushes.service import DO, UNDO, counts_of, do_next, find_push, undo_next
from linli.tasks import JobRun, task

Step = Callable[[ScopedSession, Actor, UUID], bool]


@task(DO, title="统一下发", lease=120)
def push_down(run: JobRun) -> dict[str, Any]:
    """Community by community; who asked must still be allowed to when it happens."""
    return _walk(run, do_next)


@task(UNDO, title="统一撤回", lease=120)
def take_back(run: JobRun) -> dict[str, Any]:
    """Likewise, where it was done."""
    return _walk(run, undo_next)


def _walk(run: JobRun, step: Step) -> dict[str, Any]:
    push_id = UUID(str(run.args["push_id"]))
    with run.unit_of_work(read_only=True) as session:
        total = find_push(session, push_id).total
    goes_on, counts = True, dict[str, int]()
    while goes_on:
        with run.unit_of_work() as session:
            goes_on = step(session, _asker(session, run), push_id)
            counts = counts_of(session, [push_id]).get(push_id, {})
        settled = total - counts.get("waiting", 0)
        run.progress(settled, total, _("已办 {n} 个社区").format(n=settled))
    return counts


def _asker(session: ScopedSession, run: JobRun) -> Actor:
    """Who asked, with the rights of this moment; nobody's where they have left."""
    account_id = run.actor.account_id
    if account_id is None:
        return run.actor
    return standing_of(session, account_id, roles_here()) or Actor(display_name=run.actor.display_name)
