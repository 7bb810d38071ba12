"""A street in which the plugin is on in one community alone, and what its rows are elsewhere, before and after work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

import psycopg
from psycopg import sql

from linli.house import House
from linli.kit.actor import SYSTEM
from linli.kit.scope import Scope
from linli.testing.catalogue import Table, read_tables
from linli.testing.contract.stage import Stage
from linli.testing.planted import plant
from linli.testing.world import WORLD, CommunityWorld, StreetWorld

#: The plugin is on in the first of them alone.
ON, OFF = WORLD.here.communities
#: What the runner itself keeps. A job in a community where its plugin is off is cancelled when its turn comes.
_OF_THE_RUNNER = frozenset({"core.job", "core.job_lane", "core.job_doorbell"})
_DIGEST = "md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), ''))"

#: Table to what its rows are.
Digests = Mapping[str, str]


@dataclass(frozen=True)
class Neighbourhood:
    """A database of its own, with rows of the plugin in the communities where it is on and off, and in another street.

    Attributes:
        house: on it.
        plugin: the name of the plugin under test.
    """

    house: House
    plugin: str

    @classmethod
    def filled(cls, stage: Stage) -> Neighbourhood:
        """With the plugin's demo rows in every place."""
        _served = stage.client
        house = stage.fresh_house()
        for street in WORLD.streets:
            places: list[tuple[Scope, UUID | None]] = [(street.scope, None)]
            places += [(each.scope, each.id) for each in street.communities]
            places.append((street.scope, None))
            for demo in stage.own("demo_data"):
                for scope, community_id in places:
                    with house.database.unit_of_work(scope) as session:
                        demo.fill(session, SYSTEM, community_id)
        return cls(house, stage.name)

    @classmethod
    def planted(cls, stage: Stage) -> Neighbourhood:
        """With a row of every table in every place; they need make no sense."""
        made = cls(stage.fresh_house(), stage.name)
        with made.superuser() as connection:
            plant(connection)
            connection.execute("SET session_replication_role = replica")
            # Nobody does what a planted job asks for.
            connection.execute("UPDATE core.job SET state = 'done'")
        return made

    @contextmanager
    def superuser(self) -> Iterator[psycopg.Connection]:
        """Sees all, and changes what it likes."""
        with psycopg.connect(self.house.addresses.superuser or "", autocommit=True) as connection:
            yield connection

    @cached_property
    def tables(self) -> dict[str, Table]:
        """Every table, by name."""
        with self.superuser() as connection:
            return read_tables(connection)

    @contextmanager
    def switched_off(self) -> Iterator[None]:
        """While it lasts, the plugin is on nowhere."""
        rename = "UPDATE core.plugin_enablement SET plugin = %s WHERE plugin = %s"
        with self.superuser() as connection:
            connection.execute(rename, [f"{self.plugin}_off", self.plugin])
            try:
                yield
            finally:
                connection.execute(rename, [self.plugin, f"{self.plugin}_off"])

    def elsewhere(self) -> Mapping[str, Digests]:
        """Where the plugin has no business: place, in words, to its rows."""
        found = self._rows_of
        return {
            "a community where the plugin is off (ask is_enabled for each)": found(self._of_communities, OFF),
            "another street": found([name for name, each in self.tables.items() if each.is_tenants], WORLD.there),
        }

    def own(self) -> Digests:
        """The plugin's own rows where it is on."""
        return self._rows_of([each for each in self._of_communities if each.startswith(f"plugin_{self.plugin}.")], ON)

    @property
    def _of_communities(self) -> list[str]:
        return [name for name, each in self.tables.items() if each.is_communitys and each.is_tenants]

    def _rows_of(self, tables: list[str], place: CommunityWorld | StreetWorld) -> Digests:
        column = "community_id" if isinstance(place, CommunityWorld) else "tenant_id"
        looks = [
            f"SELECT '{name}', {_DIGEST} FROM {name} t WHERE {column} = '{place.id}'"
            for name in tables
            if name not in _OF_THE_RUNNER and name.startswith(("core.", f"plugin_{self.plugin}."))
        ]
        if not looks:
            return {}
        with self.superuser() as connection:
            return dict(connection.execute(sql.SQL(" UNION ALL ".join(looks))).fetchall())  # type: ignore[arg-type]


def changed(before: Digests, after: Digests) -> str:
    """The tables whose rows are not what they were; empty where all are."""
    return ", ".join(name for name, digest in before.items() if after.get(name) != digest)


def strayed(before: Mapping[str, Digests], after: Mapping[str, Digests]) -> list[str]:
    """What became other where the plugin has no business."""
    found = {place: changed(rows, after[place]) for place, rows in before.items()}
    return [f"changed rows of {tables} in {place}" for place, tables in found.items() if tables]
