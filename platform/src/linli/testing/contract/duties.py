"""What a plugin declares of duties: rules that have values, evidence for many places at once, and none of others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import event

from linli.db.session import ScopedSession
from linli.kit.clock import today
from linli.plugins.obligations import Evidence, Obligation, Occasion, Span
from linli.rules.catalogue import book
from linli.testing.contract.stage import Stage
from linli.testing.planted import PLACES
from linli.testing.world import WORLD

#: Queries that one question may take, however many places it is about.
_MOST_QUERIES = 5
_YEAR = timedelta(days=366)


def faults_of_obligations(stage: Stage) -> list[str]:
    """Duties whose rules nobody values, whose evidence grows with the places, or tells of places beyond the wall."""
    faults: list[str] = []
    own: Sequence[Obligation] = stage.own("obligations")
    if own:
        _rows = stage.filled
    for each in own:
        known = book()
        faults += [
            f"{each.name}: no pack has a value of the rule {key}, so that the duty exists nowhere by itself"
            for key in each.rules
            if known.owners.get(key) == stage.name and not known.entries.get(key)
        ]
        if not each.help.strip():
            faults.append(f"{each.name}: say in help= what counts as done; people wonder why it is not green")
        try:
            faults += _asked(stage, each)
        except Exception as error:
            faults.append(
                f"{each.name}: its evidence raised {type(error).__name__} on a street with demo data: {error}"
            )
    return faults


def _asked(stage: Stage, each: Obligation) -> Iterator[str]:
    span = Span(today() - _YEAR, today())
    everywhere = _places(each, *WORLD.here.communities, *WORLD.there.communities)
    for name, ask, kind in (("evidence", each.evidence, Evidence), ("occasions", each.occasions, Occasion)):
        if ask is None:
            continue
        with (
            stage.house.database.unit_of_work(PLACES["here1"].scope, read_only=True) as session,
            _counted(session) as few,
        ):
            found = list(ask(session, everywhere[:1], span))
        with (
            stage.house.database.unit_of_work(PLACES["here1"].scope, read_only=True) as session,
            _counted(session) as many,
        ):
            list(ask(session, everywhere * 20, span))
        if len(many) > max(len(few), _MOST_QUERIES):
            yield f"{each.name}: its {name} asks {len(many)} queries for many places; ask once, with ANY (:places)"
        strange = [type(item).__name__ for item in found if not isinstance(item, kind)]
        if strange:
            yield f"{each.name}: its {name} gives {strange[0]} instead of {kind.__name__}"
        beyond = set(_places(each, *WORLD.there.communities, WORLD.here.communities[1]))
        for key in ("here2", "there1"):
            with stage.house.database.unit_of_work(PLACES[key].scope, read_only=True) as session:
                told = [item for item in ask(session, everywhere, span) if _place(item) in set(everywhere) - beyond]
            if told:
                yield f"{each.name}: asked within another community, its {name} tells of the first one's rows"


@contextmanager
def _counted(session: ScopedSession) -> Iterator[list[str]]:
    asked: list[str] = []

    def note(*given: Any) -> None:
        if " FROM " in given[2].replace("\n", " "):
            asked.append(given[2])

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(connection, "before_cursor_execute", note)


def _places(each: Obligation, *communities: Any) -> list[UUID]:
    return [one.compound if each.level == "compound" else one.id for one in communities]


def _place(item: Any) -> UUID | None:
    return getattr(item, "place", None)
