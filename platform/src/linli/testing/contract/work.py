"""What runs by itself: tasks and handlers of events have words, do their work, and keep to where the plugin is on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import msgspec
import psycopg
from sqlalchemy import text

from linli.events.service import emit
from linli.house import House
from linli.kit.actor import SYSTEM
from linli.kit.clock import frozen, now
from linli.kit.scope import Scope
from linli.plugins.events import BoundHandler, Event, declare_handlers
from linli.tasks.registry import Task, Tasks
from linli.tasks.runner import JobRunner
from linli.tasks.service import enqueue
from linli.testing.catalogue import read_tables
from linli.testing.contract.stage import Stage
from linli.testing.facts import facts_of
from linli.testing.site import fill_struct, table_named
from linli.testing.world import WORLD, CommunityWorld

#: The plugin is on in the first of them alone.
ON, OFF = WORLD.here.communities
#: Days after which most of what a plugin watches has become old.
_LATER = timedelta(days=370)
_DIGEST = "SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), ''))"


def faults_of_tasks(stage: Stage) -> list[str]:
    """Tasks and handlers without a title, daily work that fails, and rows that it leaves where it has no business."""
    bound = [BoundHandler(stage.name, each) for each in stage.own("event_handlers")]
    untitled = [each.name for each in stage.own("tasks") if not each.title.strip()]
    untitled += [each.task for each in bound if not each.title.strip()]
    return [f"{name}: give it a title; people read it in the list of jobs" for name in untitled] + _daily(stage)


def _daily(stage: Stage) -> list[str]:
    scheduled = [each for each in stage.own("tasks") if each.when is not None]
    if not scheduled:
        return []
    house = _filled_everywhere(stage)
    faults = []
    for each in scheduled:
        task = Task(each.name, each.handler, each.title, each.lease)
        before = _elsewhere(stage, house)
        if error := _run(stage, house, task):
            faults.append(f"{each.name}: failed on a street with demo data: {error}")
        # Again when a year has gone by and there is something to do; that it may fail then is its own affair.
        with frozen(now() + _LATER):
            _run(stage, house, task)
        faults += [f"{each.name}: {change}" for change in _changes(before, _elsewhere(stage, house))]
    return faults


def _run(stage: Stage, house: House, task: Task) -> str:
    """Why it did not end well; empty when it did."""
    with house.database.unit_of_work(WORLD.here.scope) as session:
        job_id = enqueue(session, task.name, {}, owner=stage.name, max_attempts=1)
    JobRunner(house, Tasks({task.name: task}), pause=0.0).run_due()
    return _error_of(house, "id = :given", job_id)


def faults_of_handlers(stage: Stage) -> list[str]:
    """Handlers that fail on an event of their kind, or that write where the plugin is off.

    Each is brought two events in a community with demo rows: one whose ids lead to rows, one whose ids lead nowhere, as
    when the row was deleted before the delivery.
    """
    handlers = [BoundHandler(stage.name, each) for each in stage.own("event_handlers")]
    if not handlers:
        return []
    house = _filled_everywhere(stage)
    tables = _tables(house)
    declare_handlers(BoundHandler(each.owner, each.item) for each in stage.plugins.event_handlers)
    runner = JobRunner(house, Tasks.of(stage.plugins), pause=0.0)
    # What filling told is dealt with first: it is none of ours.
    runner.run_due()
    faults = []
    for bound in handlers:
        before = _elsewhere(stage, house)
        # In lanes of their own, so that one that fails holds up no other.
        faults += _brought(house, runner, bound, "whose ids lead to rows", partial(_row_id, house, tables, bound), ON)
        faults += _brought(house, runner, bound, "whose rows are gone: there is nothing to do", _nobodys_id, None)
        faults += [f"{bound.task}: {change}" for change in _changes(before, _elsewhere(stage, house))]
    return faults


def _brought(
    house: House,
    runner: JobRunner,
    bound: BoundHandler,
    what: str,
    find: Callable[[str], str],
    compound_of: CommunityWorld | None,
) -> list[str]:
    """What goes wrong when a handler is told of one made-up event."""
    kind = bound.handler.event
    try:
        event = sample_of(kind, find)
    except (msgspec.ValidationError, TypeError, ValueError) as error:
        hint = f"say in PluginFacts(events={{{kind.NAME!r}: …}}) what its fields hold"
        return [f"{bound.task}: no {kind.NAME} can be made up ({error}); {hint}"]
    with house.database.unit_of_work(ON.scope) as session:
        emit(session, event, community_id=ON.id, compound_id=compound_of.compound if compound_of else None)
    with house.database.unit_of_work(ON.scope, read_only=True) as session:
        newest = text("SELECT id FROM core.event WHERE name = :name ORDER BY created_at DESC, id DESC LIMIT 1")
        event_id = session.execute(newest, {"name": kind.NAME}).scalar_one()
    runner.run_due()
    error = _error_of(house, "event_id = :given AND consumer = :consumer", event_id, consumer=bound.task)
    return [f"{bound.task}: failed on a {kind.NAME} {what}: {error}"] if error else []


def _nobodys_id(_name: str) -> str:
    return str(uuid4())


def sample_of(kind: type[Event], find: Callable[[str], str]) -> Event:
    """An event of a kind with a plain value in every required field, and what the plugin's facts say of it.

    Args:
        kind: of event.
        find: gives an id for the name of a field.
    """
    told = facts_of(kind.NAME.partition(".")[0]).events.get(kind.NAME, {})
    made: Event = msgspec.convert({**msgspec.to_builtins(fill_struct(kind, find)), **told}, kind)
    return made


def _row_id(house: House, tables: Mapping[str, Any], bound: BoundHandler, name: str) -> str:
    """A row of the community where the plugin is on, of the table that a field is named after; else nobody's id."""
    owner = bound.handler.event.NAME.partition(".")[0]
    table = table_named(name, dict(tables), owner)
    if table is None:
        return _nobodys_id(name)
    with house.database.unit_of_work(ON.scope, read_only=True) as session:
        found = session.scalar(text(f"SELECT id FROM {table} ORDER BY id LIMIT 1"))
    return str(found) if found else _nobodys_id(name)


def _tables(house: House) -> Mapping[str, Any]:
    with psycopg.connect(house.addresses.superuser or "", autocommit=True) as connection:
        return read_tables(connection)


def _error_of(house: House, which: str, given: UUID, **more: Any) -> str:
    with house.database.unit_of_work(WORLD.here.scope, read_only=True) as session:
        row = session.execute(
            text(f"SELECT state, error FROM core.job WHERE {which}"),
            {"given": given, **more},
        ).one_or_none()
    if row is None:
        return "it was not told"
    return "" if row.state == "done" else str(row.error or row.state)


def _filled_everywhere(stage: Stage) -> House:
    """A database of its own, with demo rows in both streets, and in the community where the plugin is off, too."""
    _served = stage.client
    house = stage.fresh_house()
    for street in WORLD.streets:
        places: list[tuple[Scope, UUID | None]] = [(street.scope, None)]
        places += [(each.scope, each.id) for each in street.communities]
        for demo in stage.own("demo_data"):
            for scope, community_id in places:
                with house.database.unit_of_work(scope) as session:
                    demo.fill(session, SYSTEM, community_id)
    return house


def _elsewhere(stage: Stage, house: House) -> dict[str, dict[str, str]]:
    """Where the plugin has no business: place to table to what its rows are."""
    places: dict[str, tuple[Scope, CommunityWorld | None]] = {
        "a community where the plugin is off (ask is_enabled for each)": (OFF.scope, OFF),
        "another street": (WORLD.there.scope, None),
    }
    found: dict[str, dict[str, str]] = {}
    for words, (scope, community) in places.items():
        with house.database.unit_of_work(scope, read_only=True) as session:
            found[words] = {
                table: session.scalar(
                    text(f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) {rows}")
                )
                for table, rows in _rows_of(session, stage.schema, community)
            }
    return found


def _rows_of(session: Any, schema: str, community: CommunityWorld | None) -> Iterator[tuple[str, str]]:
    tables = session.execute(
        text(
            "SELECT format('%I.%I', t.schemaname, t.tablename), EXISTS (SELECT FROM information_schema.columns c "
            "WHERE c.table_schema = t.schemaname AND c.table_name = t.tablename AND c.column_name = 'community_id') "
            "FROM pg_tables t WHERE t.schemaname = :s ORDER BY 1"
        ),
        {"s": schema},
    ).all()
    for table, is_communitys in tables:
        if community is None:
            yield table, f"FROM {table} t"
        elif is_communitys:
            yield table, f"FROM {table} t WHERE community_id = '{community.id}'"


def _changes(before: dict[str, dict[str, str]], after: dict[str, dict[str, str]]) -> list[str]:
    return [
        f"changed rows of {table} in {place}"
        for place, tables in before.items()
        for table, digest in tables.items()
        if after[place].get(table) != digest
    ]
