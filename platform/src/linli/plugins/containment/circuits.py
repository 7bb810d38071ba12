"""The circuit breaker of a plugin in one street: what failed is counted in the database, for all processes together.

Requests learn which circuits are open from ``core.resolve_request``, which every request asks anyway; rows are written
when something failed or was slow, and when a plugin works again, never while all is well.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from linli.audit import record
from linli.db.session import Database, ScopedSession
from linli.kit.clock import now
from linli.kit.scope import Scope
from linli.kit.tidings import Tiding
from linli.plugins.containment.kinds import Kind
from linli.plugins.models import PluginCircuit

log = structlog.get_logger("linli.plugins")

#: So many failures within ``WINDOW`` open a circuit.
MOST_FAILURES = 5
WINDOW = timedelta(minutes=10)
#: How long a circuit stays open the first time; doubled each further time, up to ``LONGEST_PAUSE``.
PAUSE = timedelta(seconds=60)
LONGEST_PAUSE = timedelta(minutes=15)
_LONGEST_TEXT = 200

#: Told in the transaction that opens a circuit for the first time since it was closed.
circuit_opened: Tiding[ScopedSession, PluginCircuit] = Tiding()


@dataclass(frozen=True, slots=True)
class Circuits:
    """The circuits of one street that are not closed, each as ``<plugin>.<part>``.

    Attributes:
        open: nothing goes through.
        tried: their pause is over: calls go through, and the first answer decides.
    """

    open: frozenset[str] = frozenset()
    tried: frozenset[str] = frozenset()

    @classmethod
    def read(cls, names: Iterable[str] | None, aside: Iterable[str] = ()) -> Circuits:
        """What ``core.resolve_request`` answered; a question mark says that the pause is over.

        Args:
            names: its ``broken``.
            aside: plugins that this process has put aside: open in every street.
        """
        told = list(names or ())
        away = [f"{plugin}.{part}" for plugin in aside for part in ("calls", "pages")]
        if not told and not away:
            return NO_CIRCUITS
        over = frozenset(each[:-1] for each in told if each.endswith("?"))
        return cls(frozenset([*(each for each in told if not each.endswith("?")), *away]), over)

    def without(self, plugin: str) -> Circuits:
        """The same with a plugin left out altogether."""
        return Circuits(self.open | {f"{plugin}.{part}" for part in ("calls", "pages")}, self.tried)

    def is_open(self, plugin: str, part: str) -> bool:
        return bool(self.open) and f"{plugin}.{part}" in self.open

    def is_tried(self, plugin: str, part: str) -> bool:
        return bool(self.tried) and f"{plugin}.{part}" in self.tried


NO_CIRCUITS = Circuits()


def circuits_here(session: ScopedSession) -> Circuits:
    """The circuits of the session's street, for background work, which no request has asked for them; one query."""
    rows = session.execute(
        select(PluginCircuit.plugin, PluginCircuit.part, PluginCircuit.open_until).where(
            PluginCircuit.open_until.is_not(None)
        )
    )
    at = now()
    return Circuits.read(f"{row.plugin}.{row.part}" + ("" if row.open_until > at else "?") for row in rows)


@dataclass(frozen=True, slots=True)
class Report:
    """One call that is worth noting.

    Attributes:
        error: the name of the error's type; empty for a call that went well, but slowly or after a pause.
    """

    plugin: str
    kind: Kind
    where: str
    seconds: float
    error: str = ""


def reported(database: Database, tenant_id: UUID, report: Report) -> None:
    """Write a report into the plugin's circuit in one street, in a transaction of its own; raises nothing."""
    try:
        with database.unit_of_work(Scope.of_street(tenant_id)) as session:
            note(session, report)
    except SQLAlchemyError as error:
        # Whoever called is answered all the same; the next report counts again.
        log.warning("a report on a plugin was lost", plugin=report.plugin, error=type(error).__name__)


def note(session: ScopedSession, report: Report) -> PluginCircuit:
    """Count a report, and open or close the circuit where that is due.

    Args:
        session: of the street.
        report: what happened.
    """
    row = _circuit(session, report)
    at = now()
    if report.seconds * 1000 > row.slowest_ms:
        row.slowest_ms, row.slowest_at = int(report.seconds * 1000), at
        row.slowest_where, row.slowest_kind = _short(report.where), report.kind.name
    if report.error:
        _count(session, row, report, at)
    elif row.open_until is not None and row.open_until <= at:
        close(row, at)
    session.flush()
    return row


def _circuit(session: ScopedSession, report: Report) -> PluginCircuit:
    key = {"plugin": report.plugin, "part": report.kind.part}
    session.execute(insert(PluginCircuit).values(**key).on_conflict_do_nothing())
    wanted = select(PluginCircuit).where(PluginCircuit.plugin == report.plugin, PluginCircuit.part == report.kind.part)
    return session.scalars(wanted.with_for_update()).one()


def _count(session: ScopedSession, row: PluginCircuit, report: Report, at: datetime) -> None:
    entry = {
        "at": at.isoformat(),
        "error": _short(report.error),
        "kind": report.kind.name,
        "where": _short(report.where),
    }
    row.errors = [entry, *row.errors][:MOST_FAILURES]
    row.failures += 1
    if row.part == "jobs" or (row.open_until is not None and row.open_until > at):
        # Background work has its own tries and its parking place; what was under way when it opened changes nothing.
        return
    is_further = row.open_until is not None
    is_far_too_slow = report.error == "Overrun" and report.kind.holds_up
    if is_further or is_far_too_slow or _failed_often(row, at):
        row.openings = min(row.openings + 1, 30)
        row.opened_at = row.opened_at or at
        row.open_until = at + min(PAUSE * 2 ** (row.openings - 1), LONGEST_PAUSE)
        log.error("plugin switched off", plugin=row.plugin, part=row.part, street=str(session.scope.tenant_id))
        if not is_further:
            record(session, "core.plugin.suspend", ("plugin", row.plugin), after={"part": row.part})
            _tell(session, row)


def _tell(session: ScopedSession, row: PluginCircuit) -> None:
    try:
        with session.begin_nested():
            circuit_opened.tell(session, row)
    except Exception as error:
        # It is left out whether or not somebody can be told.
        log.error("nobody could be told of a plugin that is left out", plugin=row.plugin, error=type(error).__name__)


def _failed_often(row: PluginCircuit, at: datetime) -> bool:
    since = max(at - WINDOW, row.closed_at) if row.closed_at else at - WINDOW
    return sum(datetime.fromisoformat(each["at"]) > since for each in row.errors) >= MOST_FAILURES


def close(row: PluginCircuit, at: datetime) -> None:
    """Let everything through again; what failed before is told, and counts no more."""
    row.open_until = row.opened_at = None
    row.closed_at, row.openings = at, 0


def _short(words: Any) -> str:
    return str(words)[:_LONGEST_TEXT]
