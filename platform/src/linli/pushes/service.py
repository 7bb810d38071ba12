"""Pushing down and taking back: one community after the other, each in a step of its own, each with its result.

Few are done at once, within the request; more are a job that goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from linli.audit import record
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import now
from linli.kit.cursor import PAGE
from linli.kit.errors import Conflict, Forbidden, Invalid, LinliError, NotFound
from linli.kit.ids import new_id
from linli.kit.text import gettext as _
from linli.plugins.containment import PluginFailed
from linli.plugins.gate import CORE, is_enabled
from linli.plugins.informing import below
from linli.plugins.pushing import Push, Undoing, declared_pushes
from linli.pushes.models import PushResult, PushRun
from linli.pushes.permissions import USE
from linli.pushes.seeing import asked, data_of, lines_by_id, payload_of
from linli.tasks import enqueue
from linli.tenancy.models import Community

log = structlog.get_logger(__name__)

#: So many communities are done within the request; more are work in the background.
AT_ONCE = 3
DO, UNDO = "core.push_down", "core.take_back_push"
_MOST_TEXT = 300


@dataclass(frozen=True, slots=True)
class Shown:
    """A community's result with its name and portal."""

    result: PushResult
    name: str
    slug: str


def start_push(
    session: ScopedSession, actor: Actor, kind: Push, data: Any, communities: Collection[UUID], key: UUID
) -> PushRun:
    """Begin a push that was previewed. With the same key again it is the same push.

    Raises:
        Forbidden: the actor may not push this down.
        Invalid: no community is named that there is.
    """
    if (same := _by_key(session, key)) is not None:
        return same
    if not (actor.can(USE) and actor.can(kind.needs)):
        raise Forbidden(_("您没有统一下发的权限"))
    lines = lines_by_id(session, communities)
    if not lines:
        raise Invalid.one("communities", _("没有选中任何社区"), _("至少一个"))
    run = PushRun(
        id=new_id(),
        kind=kind.name,
        title=kind.titled(data)[:200],
        payload=payload_of(data),
        key=key,
        total=len(lines),
        state="running",
        asked_by_name=actor.display_name,
    )
    try:
        with session.begin_nested():
            session.add(run)
    except IntegrityError as error:
        # Two clicks at the same moment: the other one has it.
        if (same := _by_key(session, key)) is not None:
            return same
        raise Conflict from error
    session.add_all([PushResult(id=new_id(), community_id=line.id, push_id=run.id, state="waiting") for line in lines])
    record(
        session,
        "core.push.start",
        ("push", run.id),
        after={"kind": kind.title, "title": run.title, "communities": len(lines)},
    )
    _go(session, actor, run, DO)
    return run


def undo_push(session: ScopedSession, actor: Actor, push_id: UUID, reason: str) -> PushRun:
    """Take back what a push did, wherever it can still be taken back. A second click changes nothing.

    Raises:
        NotFound: there is no such push.
        Forbidden: the actor may not.
        Conflict: it is still being done, or cannot be taken back at all.
        Invalid: no reason is given.
    """
    run = find_push(session, push_id, lock=True)
    owner_kind = declared_pushes().get(run.kind)
    if owner_kind is None or owner_kind[1].undo is None:
        raise Conflict(_("这种下发不能统一撤回，请在各社区分别处理"))
    if not (actor.can(USE) and actor.can(owner_kind[1].needs)):
        raise Forbidden(_("您没有统一下发的权限"))
    if run.state in ("undoing", "undone"):
        return run
    if run.state == "running":
        raise Conflict(_("还在下发，请等办完再撤回"))
    if not reason.strip():
        raise Invalid.one("reason", _("请写明撤回的原因"))
    run.state, run.undo_reason = "undoing", reason.strip()
    session.flush()
    record(session, "core.push.take_back", ("push", run.id), before={"title": run.title}, reason=run.undo_reason)
    _go(session, actor, run, UNDO)
    return run


def do_next(session: ScopedSession, actor: Actor, push_id: UUID) -> bool:
    """Push down to the next community that waits; whether there was one. The last one ends the push."""
    return _step(session, actor, push_id, _perform, PushResult.state == "waiting", "done")


def undo_next(session: ScopedSession, actor: Actor, push_id: UUID) -> bool:
    """Take back in the next community where it was done; whether there was one."""
    there = (PushResult.state == "done") & ~PushResult.undo_tried
    return _step(session, actor, push_id, _take_back, there, "undone")


def _go(session: ScopedSession, actor: Actor, run: PushRun, task: str) -> None:
    session.flush()
    if run.total > AT_ONCE:
        args = {"push_id": str(run.id)}
        run.job_id = enqueue(session, task, args, dedup_key=f"{task}:{run.id}", total=run.total)
        session.flush()
        return
    step = do_next if task == DO else undo_next
    while step(session, actor, run.id):
        pass


Act = Callable[[ScopedSession, Actor, str, Push, PushRun, PushResult], None]


def _step(session: ScopedSession, actor: Actor, push_id: UUID, act: Act, waits: Any, ends: str) -> bool:
    run = session.scalars(select(PushRun).where(PushRun.id == push_id).with_for_update()).one()
    result = session.scalars(
        select(PushResult)
        .where(PushResult.push_id == push_id, waits)
        .order_by(PushResult.id)
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if result is None:
        run.state = ends
        session.flush()
        return False
    owner, kind = _kind_of(run)
    if kind is None:
        _refuse(result, _("这项功能已经停用"), ends)
    else:
        try:
            with session.begin_nested():
                act(session, actor, owner, kind, run, result)
        except PluginFailed:
            _refuse(result, _("插件出错，没有办成"), ends)
        except LinliError as error:
            _refuse(result, _reason(error), ends)
    result.settled_at = now()
    session.flush()
    return True


def _perform(session: ScopedSession, actor: Actor, owner: str, kind: Push, run: PushRun, result: PushResult) -> None:
    here = result.community_id
    if owner != CORE and not is_enabled(session, owner, community_id=here):
        raise Conflict(_("这个社区没有启用这个插件"))
    if not actor.can(kind.needs, community_id=here):
        raise Forbidden(_("在这个社区没有权限"))
    data = data_of(kind, run.payload)
    done = asked(session, owner, kind, lambda: kind.perform(session, actor, here, data, run.id))
    result.state, result.told = "done", done.text[:_MOST_TEXT]
    result.path = "" if done.path is None else below(owner, done.path)
    result.made = [str(each) for each in done.made]


def _take_back(session: ScopedSession, actor: Actor, owner: str, kind: Push, run: PushRun, result: PushResult) -> None:
    undo = kind.undo
    if undo is None:
        raise Conflict(_("这种下发不能撤回"))
    undoing = Undoing(run.id, tuple(UUID(each) for each in result.made), run.undo_reason)
    told = asked(session, owner, kind, lambda: undo(session, actor, result.community_id, undoing))
    result.state, result.told, result.undo_tried = "undone", told[:_MOST_TEXT], True


def _refuse(result: PushResult, why: str, ends: str) -> None:
    if ends == "done":
        result.state, result.told = "refused", why[:_MOST_TEXT]
    else:
        # It stays done, and says why it was not taken back.
        result.told, result.undo_tried = _("没有撤回：{why}").format(why=why)[:_MOST_TEXT], True


def _reason(error: LinliError) -> str:
    if isinstance(error, Invalid) and error.errors:
        fault = error.errors[0]
        return fault.message + (_("（{allowed}）").format(allowed=fault.allowed) if fault.allowed else "")
    return str(error) or type(error).__name__


def _kind_of(run: PushRun) -> tuple[str, Push | None]:
    return declared_pushes().get(run.kind, ("", None))


def _by_key(session: ScopedSession, key: UUID) -> PushRun | None:
    return session.scalars(select(PushRun).where(PushRun.key == key)).one_or_none()


def find_push(session: ScopedSession, push_id: UUID, *, lock: bool = False) -> PushRun:
    """One push; raises ``NotFound``."""
    wanted = select(PushRun).where(PushRun.id == push_id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    run = session.scalars(wanted).one_or_none()
    if run is None:
        raise NotFound(_("没有找到这次下发"))
    return run


def list_pushes(
    session: ScopedSession, *, after: UUID | None = None, limit: int = PAGE
) -> tuple[Sequence[tuple[PushRun, dict[str, int]]], UUID | None]:
    """Pushes, the newest first, each with how many communities stand how; and the next ``after``. Two queries."""
    query = select(PushRun).order_by(PushRun.id.desc()).limit(limit + 1)
    if after is not None:
        query = query.where(PushRun.id < after)
    rows = session.scalars(query).all()
    shown = rows[:limit]
    counts = counts_of(session, [row.id for row in shown])
    following = shown[-1].id if len(rows) > limit else None
    return [(row, counts.get(row.id, {})) for row in shown], following


def counts_of(session: ScopedSession, ids: Collection[UUID]) -> dict[UUID, dict[str, int]]:
    """Push to state to the number of its communities."""
    if not ids:
        return {}
    rows = session.execute(
        select(PushResult.push_id, PushResult.state, func.count())
        .where(PushResult.push_id.in_(ids))
        .group_by(PushResult.push_id, PushResult.state)
    )
    found: dict[UUID, dict[str, int]] = {}
    for push_id, state, count in rows:
        found.setdefault(push_id, {})[state] = count
    return found


def results_of(session: ScopedSession, push_id: UUID) -> list[Shown]:
    """What became of a push in each community, by code; a street has a few dozen."""
    rows = session.execute(
        select(PushResult, Community.name, Community.slug)
        .join(Community, (Community.tenant_id == PushResult.tenant_id) & (Community.id == PushResult.community_id))
        .where(PushResult.push_id == push_id)
        .order_by(Community.code)
    )
    return [Shown(*row) for row in rows]
