"""Handlers of events: brought made-up ones by the way that real ones go, whatever has happened meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import text

from linli.db.session import ScopedSession
from linli.events.service import emit
from linli.plugins.events import BoundHandler, Event, EventHandler, declare_handlers
from linli.plugins.registry import Owned
from linli.tasks.registry import Tasks
from linli.tasks.runner import JobRunner
from linli.testing.contract.elsewhere import OFF, ON, Digests, Neighbourhood, changed, strayed
from linli.testing.contract.stage import Stage
from linli.testing.facts import facts_of
from linli.testing.site import fill_struct, table_named
from linli.testing.world import WORLD, CommunityWorld


class _Died(Exception):
    """As if the process had ended after the handler and before the commit."""


class _Mortal:
    """A handler whose first delivery dies when all is done but the commit.

    Attributes:
        calls: how often it was called.
        left: the tables of the plugin in which the lost delivery left something.
    """

    def __init__(self, handler: EventHandler, own: Callable[[], Digests]) -> None:
        # The work is called after the function.
        self.__name__ = getattr(handler.handle, "__name__", "handle")
        self._handle = handler.handle
        self._own = own
        self._before: Digests | None = None
        self.is_mortal = True
        self.calls = 0
        self.left = ""

    def __call__(self, session: ScopedSession, event: Any) -> None:
        self.calls += 1
        if not self.is_mortal:
            return self._handle(session, event)
        if self._before is None:
            before = self._own()
            self._handle(session, event)
            self._before = before
            raise _Died
        self.left, self.is_mortal = changed(self._before, self._own()), False
        return self._handle(session, event)


@dataclass(frozen=True)
class _Post:
    """Brings events in a database of its own."""

    at: Neighbourhood
    runner: JobRunner
    #: By the name of their work.
    mortals: Mapping[str, _Mortal] = field(default_factory=dict)

    def tell(self, event: Event, community: CommunityWorld, *, in_compound: bool = False) -> UUID:
        """Tell it, in a lane of the community or of its compound; returns its id."""
        compound_id = community.compound if in_compound else None
        with self.at.house.database.unit_of_work(community.scope) as session:
            emit(session, event, community_id=community.id, compound_id=compound_id)
        with self.at.house.database.unit_of_work(community.scope, read_only=True) as session:
            newest = text("SELECT id FROM core.event WHERE name = :name ORDER BY created_at DESC, id DESC LIMIT 1")
            found: UUID = session.execute(newest, {"name": event.NAME}).scalar_one()
        return found

    def error(self, event_id: UUID, bound: BoundHandler) -> str:
        """Why a delivery did not end well; empty when it did."""
        which = "event_id = :event AND consumer = :consumer"
        with self.at.house.database.unit_of_work(WORLD.here.scope, read_only=True) as session:
            row = session.execute(
                text(f"SELECT state, error FROM core.job WHERE {which}"), {"event": event_id, "consumer": bound.task}
            ).one_or_none()
        if row is None:
            return "it was not told"
        return "" if row.state == "done" else str(row.error or row.state)

    def row_id(self, owner: str, name: str) -> str:
        """A row of the community where the plugin is on, of the table that a field is named after; else nobody's id."""
        if name == "account_id":
            # Accounts are beyond the walls: no scope reads them. This one lives there.
            return str(ON.resident_account)
        table = table_named(name, dict(self.at.tables), owner)
        if table is None:
            return _nobodys_id(name)
        with self.at.house.database.unit_of_work(ON.scope, read_only=True) as session:
            found = session.scalar(text(f"SELECT id FROM {table} ORDER BY id LIMIT 1"))
        return str(found) if found else _nobodys_id(name)


def faults_of_handlers(stage: Stage) -> list[str]:
    """Handlers that fail on an event of their kind, that leave something of a delivery which was lost, or stray.

    In a community with demo rows each is brought an event whose ids lead to rows, the first time by a process that dies
    before the commit, and one whose ids lead nowhere, as when the row was deleted before the delivery. Where the plugin
    is off, or was switched off before the delivery, it is to hear of nothing.
    """
    handlers = [each for each in _handlers_of(stage) if not _absent(stage, each)]
    if not handlers:
        return []
    post = _open_post(stage, handlers)
    return [f"{bound.task}: {fault}" for bound in handlers for fault in _tried(post, bound)]


def left_out(stage: Stage) -> list[str]:
    """Handlers that nobody can bring anything, for the plugin whose event it is does not run here."""
    absent = [each for each in _handlers_of(stage) if _absent(stage, each)]
    return [f"{each.task}: not tried, {_absent(stage, each)} is not installed" for each in absent]


def sample_of(kind: type[Event], find: Callable[[str], str]) -> Event:
    """An event of a kind with a plain value in every required field, and what the plugin's facts say of it.

    Args:
        kind: of event.
        find: gives an id for the name of a field.
    """
    told = facts_of(kind.NAME.partition(".")[0]).events.get(kind.NAME, {})
    made: Event = msgspec.convert({**msgspec.to_builtins(fill_struct(kind, find)), **told}, kind)
    return made


def _handlers_of(stage: Stage) -> list[BoundHandler]:
    return [BoundHandler(stage.name, each) for each in stage.own("event_handlers")]


def _absent(stage: Stage, bound: BoundHandler) -> str:
    """The plugin whose event it is, where it does not run here; else empty."""
    owner = bound.handler.event.NAME.partition(".")[0]
    return "" if owner in {"core", *(each.name for each in stage.plugins.plugins)} else owner


def _open_post(stage: Stage, handlers: list[BoundHandler]) -> _Post:
    at = Neighbourhood.filled(stage)
    mortals = {each.task: _Mortal(each.handler, at.own) for each in handlers}
    others = [each for each in stage.plugins.event_handlers if each.owner != stage.name]
    own = [Owned(stage.name, replace(each.handler, handle=mortals[each.task])) for each in handlers]
    plugins = replace(stage.plugins, event_handlers=(*others, *own))
    declare_handlers(BoundHandler(each.owner, each.item) for each in plugins.event_handlers)
    # What filling told is dealt with first: it is none of ours.
    JobRunner(at.house, Tasks.of(stage.plugins), pause=0.0).run_due()
    return _Post(at, JobRunner(at.house, Tasks.of(plugins), pause=0.0), mortals)


def _tried(post: _Post, bound: BoundHandler) -> list[str]:
    """What goes wrong when a handler is told of made-up events."""
    kind = bound.handler.event
    owner = kind.NAME.partition(".")[0]
    try:
        real = sample_of(kind, lambda name: post.row_id(owner, name))
        gone = sample_of(kind, _nobodys_id)
    except (msgspec.ValidationError, TypeError, ValueError) as error:
        hint = f"say in PluginFacts(events={{{kind.NAME!r}: …}}) what its fields hold"
        return [f"no {kind.NAME} can be made up ({error}); {hint}"]
    before = post.at.elsewhere()
    faults = _told(post, bound, real, gone)
    faults += strayed(before, post.at.elsewhere())
    return faults + _told_where_off(post, bound, gone)


def _told(post: _Post, bound: BoundHandler, real: Event, gone: Event) -> list[str]:
    mortal = post.mortals[bound.task]
    faults = []
    # In lanes of their own, so that one that fails holds up no other.
    for event, words, in_compound in (
        (real, "whose ids lead to rows", True),
        (gone, "whose rows are gone: there is nothing to do", False),
    ):
        event_id = post.tell(event, ON, in_compound=in_compound)
        post.runner.run_due()
        if error := post.error(event_id, bound):
            faults.append(f"failed on a {event.NAME} {words}: {error}")
        mortal.is_mortal = False
    if mortal.left:
        faults.append(
            f"a delivery that was lost before its commit left something in {mortal.left}, and comes again: write "
            "through the session that the handler is given, in no other transaction"
        )
    return faults


def _told_where_off(post: _Post, bound: BoundHandler, event: Event) -> list[str]:
    mortal = post.mortals[bound.task]
    before = mortal.calls
    post.tell(event, OFF)
    post.runner.run_due()
    faults = [f"called for a {event.NAME} of a community where the plugin is off"] if mortal.calls > before else []
    before = mortal.calls
    post.tell(event, ON, in_compound=True)
    with post.at.switched_off():
        post.runner.run_due()
    return faults + (
        [f"called for a {event.NAME} though the plugin was switched off meanwhile"] if mortal.calls > before else []
    )


def _nobodys_id(_name: str) -> str:
    return str(uuid4())
