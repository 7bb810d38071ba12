"""What this room contributes: the register of people, its search, its roster, whole numbers as an act."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.text import listed
from linli.plugins.contributions import Act, DataClass, Found, PersonalData, RosterColumn, SearchProvider, TaskSpec
from linli.plugins.hookspecs import hookimpl
from linli.residents import tasks
from linli.residents.permissions import READ
from linli.residents.retention import DATA_CLASSES, PERSONAL_DATA
from linli.residents.roster.columns import COLUMNS, COMPOUND
from linli.residents.roster.leave import ACTS
from linli.residents.searching import search_residents
from linli.tasks.registry import specs_of
from linli.tenancy.overview import community_names


@hookimpl
def register_acts() -> Sequence[Act]:
    return ACTS


@hookimpl
def register_tasks() -> Sequence[TaskSpec]:
    return specs_of(tasks)


@hookimpl
def register_personal_data() -> Sequence[PersonalData]:
    return PERSONAL_DATA


@hookimpl
def register_retention() -> Sequence[DataClass]:
    return DATA_CLASSES


@hookimpl
def register_roster_columns() -> Sequence[RosterColumn]:
    return [COMPOUND, *COLUMNS]


def _residents(session: ScopedSession, actor: Actor, words: str, limit: int) -> Sequence[Found]:
    return [
        Found(
            each.name,
            f"residents/{each.id}",
            " · ".join(part for part in (listed(door.label for door in each.doors), each.phone_mask) if part),
            community_id=each.community_id,
        )
        for each in search_residents(session, actor, words, limit)
    ]


def _residents_of_street(session: ScopedSession, actor: Actor, words: str, limit: int) -> Sequence[Found]:
    found = _residents(session, actor, words, limit)
    names = community_names(session) if found else {}
    return [
        replace(each, summary=" · ".join(filter(None, (names.get(each.community_id), each.summary))))
        for each in found
        if each.community_id
    ]


@hookimpl
def register_search() -> Sequence[SearchProvider]:
    return [
        SearchProvider(name="core.residents", title="居民", portal="admin", find=_residents, needs=READ, order=10),
        SearchProvider(
            name="core.residents", title="居民", portal="console", find=_residents_of_street, needs=READ, order=30
        ),
    ]
