"""How the plugins fare in one street: versions, tables, circuits, what failed last, how slow they were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from linli.audit import record
from linli.db.migrate import revisions
from linli.kit.actor import Actor
from linli.kit.clock import now
from linli.kit.errors import Forbidden, NotFound
from linli.kit.text import gettext as _
from linli.plugins.containment.circuits import close
from linli.plugins.containment.kinds import KINDS, PARTS
from linli.plugins.models import PluginCircuit
from linli.plugins.registry import Plugins
from linli.plugins.repository import known_versions
from linli.plugins.standing import GONE, NOT_SET_UP, left_behind

#: ``fault``: it does not run here at all; ``open``: a part is left out in this street; ``tried``: its pause is over.
State = Literal["ok", "tried", "open", "fault"]

_BUDGETS = {kind.name: kind for kind in KINDS}
_WORST: tuple[State, ...] = ("open", "tried", "ok")


@dataclass(frozen=True, slots=True)
class Failure:
    """One call that failed, in the plugin's own words.

    Attributes:
        at: when.
        error: the type of the error.
        kind: what was called, in the reader's language.
        where: which of the plugin's implementations.
    """

    at: datetime
    error: str
    kind: str
    where: str


@dataclass(frozen=True, slots=True)
class PartHealth:
    """One circuit of a plugin in this street.

    Attributes:
        part: ``calls``, ``pages`` or ``jobs``.
        state: of the circuit.
        open_until: when it is tried again by itself; ``None`` while it is closed.
        failures: since the plugin was installed.
        slowest_ms: of the calls that took longer than their budget; 0 when none did.
        budget_ms: of that call.
        errors: the last five, newest first.
    """

    part: str
    title: str
    state: State
    open_until: datetime | None
    failures: int
    slowest_ms: int
    slowest_at: datetime | None
    slowest_kind: str
    slowest_where: str
    budget_ms: int
    errors: list[Failure]


@dataclass(frozen=True, slots=True)
class PluginHealth:
    """One plugin in this street.

    Attributes:
        version: of the installed distribution; empty when it could not be loaded or is gone.
        migrated_version: the version that the database was last migrated for; empty without tables.
        revision: of its tables in the database; ``None`` without tables.
        wanted_revision: of its tables as its code wants them.
        fault: why it does not run, for operators; empty when it runs.
        warning: what its authors should see to soon, for operators; empty when nothing.
    """

    name: str
    title: str
    version: str
    migrated_version: str
    revision: str | None
    wanted_revision: str | None
    fault: str
    state: State
    parts: list[PartHealth] = field(default_factory=list)
    warning: str = ""

    @property
    def is_migrated(self) -> bool:
        return self.revision == self.wanted_revision


def health_of(session: Session, plugins: Plugins, aside: Mapping[str, str] | None = None) -> list[PluginHealth]:
    """Every plugin of this installation and those it has tables of, in trouble first; four queries for any number.

    Args:
        session: of the street.
        plugins: of this process, the faulty ones included.
        aside: what this process has put aside since it started, and why.
    """
    circuits: dict[str, list[PluginCircuit]] = {}
    for row in session.scalars(select(PluginCircuit).order_by(PluginCircuit.plugin, PluginCircuit.part)):
        circuits.setdefault(row.plugin, []).append(row)
    versions = known_versions(session)
    found = revisions(session.connection(), [each.lineage for each in plugins.plugins if each.lineage is not None])
    faults = {fault.plugin: fault.message for fault in plugins.faults} | dict(aside or {})
    loaded = {each.name: each for each in plugins.plugins}
    for plugin in plugins.plugins:
        if plugin.lineage is not None and plugin.name not in found:
            faults.setdefault(plugin.name, NOT_SET_UP)
    for name in left_behind(versions, plugins):
        faults[name] = GONE.format(name=name)
    items = []
    for name in dict.fromkeys([*plugins.names, *faults]):
        plugin = loaded.get(name)
        parts = [_part(row) for row in circuits.get(name, ())]
        fault = faults.get(name, "")
        version = next((each.version for each in plugins.faults if each.plugin == name), "")
        items.append(
            PluginHealth(
                name=name,
                title=_(plugin.manifest.title) if plugin else name,
                version=plugin.version if plugin else version,
                migrated_version=versions[name].version if name in versions else "",
                revision=found.get(name),
                wanted_revision=plugin.lineage.head if plugin and plugin.lineage else None,
                fault=fault,
                state="fault" if fault else _worst(parts),
                parts=parts,
                warning=plugin.warning if plugin else "",
            )
        )
    order: tuple[State, ...] = ("fault", *_WORST)
    return sorted(items, key=lambda each: (order.index(each.state), each.name))


def _worst(parts: Sequence[PartHealth]) -> State:
    states = {each.state for each in parts}
    for state in _WORST:
        if state in states:
            return state
    return "ok"


def _part(row: PluginCircuit) -> PartHealth:
    kind = _BUDGETS.get(row.slowest_kind)
    errors = [
        Failure(datetime.fromisoformat(each["at"]), each["error"], _kind(each["kind"]), each["where"])
        for each in row.errors
    ]
    return PartHealth(
        part=row.part,
        title=_(PARTS[row.part]),
        state=_state(row),
        open_until=row.open_until,
        failures=row.failures,
        slowest_ms=row.slowest_ms if kind and row.slowest_ms > kind.budget * 1000 else 0,
        slowest_at=row.slowest_at,
        slowest_kind=_kind(row.slowest_kind),
        slowest_where=row.slowest_where,
        budget_ms=int(kind.budget * 1000) if kind else 0,
        errors=errors,
    )


def _state(row: PluginCircuit) -> State:
    if row.open_until is None:
        return "ok"
    return "open" if row.open_until > now() else "tried"


def _kind(name: str) -> str:
    return _(_BUDGETS[name].title) if name in _BUDGETS else name


def resume(session: Session, actor: Actor, plugins: Plugins, plugin: str) -> bool:
    """Let a plugin's calls through again at once, by somebody's hand; what failed stays on the page.

    Returns:
        Whether any of its parts was left out; asking twice is harmless.

    Raises:
        NotFound: no such plugin runs here.
        Forbidden: the actor does not hold ``core.plugin.allow``.
    """
    if not actor.can("core.plugin.allow"):
        raise Forbidden
    if plugin not in plugins:
        raise NotFound(_("没有安装名为“{name}”的插件").format(name=plugin))
    wanted = select(PluginCircuit).where(PluginCircuit.plugin == plugin, PluginCircuit.open_until.is_not(None))
    rows = session.scalars(wanted.with_for_update()).all()
    at = now()
    for row in rows:
        close(row, at)
    session.flush()
    if rows:
        record(session, "core.plugin.resume", ("plugin", plugin), after={"part": [row.part for row in rows]})
    return bool(rows)
