"""The same act done twice: in a database that all share, and in one where its party is alone.

What a party is answered must be the same in both, whatever the others have done meanwhile: then it can neither be
hindered by them nor learn of them. Ids, which are made anew in each, are counted in the order of their first mention.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from linli.db.session import Database, ScopedSession
from linli.house import House
from linli.kit.ids import new_id
from linli.plugins.models import PluginEnablement
from linli.tasks.registry import Tasks
from linli.tasks.runner import JobRunner
from linli.tenancy.models import Building
from linli.testing.houses import rolled_back
from linli.testing.web import Api
from linli.testing.world import WORLD, CommunityWorld

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.\d]*(?:Z|[+-]\d\d:?\d\d)")
#: Keys of one-time links and of the next page are random, or hold ids.
_SECRET = re.compile(r"[A-Za-z0-9_-]{32,}={0,2}")


@dataclass(frozen=True)
class Party:
    """Somebody who works in one community; of the other street also in its console."""

    name: str
    community: CommunityWorld
    street_account: UUID | None = None

    def __repr__(self) -> str:
        return self.name

    @property
    def path(self) -> str:
        return f"/api/v1/s/{self.community.street_code}/c/{self.community.code}"

    @property
    def street_path(self) -> str:
        return f"/api/v1/s/{self.community.street_code}"


#: Two communities of one street, and another street with its office: each must be a closed book to the others.
PARTIES = (
    Party("here", WORLD.here.communities[0]),
    Party("sibling", WORLD.here.communities[1]),
    Party("there", WORLD.there.communities[0], WORLD.there.administrator),
)


@dataclass
class Stage:
    """One database with the application on it, and what each party has made there."""

    house: House
    client: TestClient[Litestar]
    tokens: dict[tuple[str, bool], dict[str, str]] = field(default_factory=dict)
    ids: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    known: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))

    def furnish(self) -> None:
        """Give every party a token, and the plugin to the community that has none."""
        sibling = WORLD.here.communities[1]
        with self.house.owner.unit_of_work(sibling.scope) as session:
            session.add(PluginEnablement(community_id=sibling.id, plugin="notices"))
        for party in PARTIES:
            accounts = {False: party.community.administrator, True: party.street_account}
            for is_street, account in accounts.items():
                if account is not None:
                    api = Api(self.client, self.house).token_for(account, party.community.tenant_id)
                    self.tokens[party.name, is_street] = api.headers

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Nothing that is done inside is kept."""
        kept = self.house.database
        self.ids.clear()
        self.known.clear()
        for party in PARTIES:
            world = party.community
            self.ids[party.name, "compound"] = [str(world.compound)]
            self.ids[party.name, "building"] = [str(world.building)]
            self.ids[party.name, "dwelling"] = [str(each) for each in world.dwellings]
            self.ids[party.name, "resident"] = [str(each) for each in world.residents]
        with rolled_back(kept) as joined:
            self.house.database = joined
            try:
                yield
            finally:
                self.house.database = kept

    def ask(
        self, party: Party, method: str, path: str, body: Any = None, *, of_street: bool = False, key: str = ""
    ) -> tuple[httpx.Response, Any]:
        """A request of the party, and its answer made comparable.

        Args:
            of_street: in the street's own place.
            key: an Idempotency-Key.
        """
        headers = self.tokens[party.name, of_street] | ({"Idempotency-Key": key} if key else {})
        prefix = party.street_path if of_street else party.path
        sent = {} if body is None else {"json": body}
        got = self.client.request(method, prefix + path, headers=headers, **sent)
        is_json = "json" in got.headers.get("content-type", "")
        told = got.json() if is_json and got.content else got.text
        if path.startswith("/audit") and got.is_success and party.street_account is None:
            # A street's record is one chain: by its numbers each community may learn how much the street records.
            told = [{key: value for key, value in each.items() if key != "n"} for each in told["items"]]
        return got, (got.status_code, self.plain(party, told))

    def plain(self, party: Party, told: Any) -> Any:
        """An answer without what is made anew each time."""
        if isinstance(told, dict):
            return {self.plain(party, key): self.plain(party, value) for key, value in told.items()}
        if isinstance(told, list):
            return [self.plain(party, each) for each in told]
        if isinstance(told, str):
            known = self.known[party.name]
            told = _UUID.sub(lambda found: f"<{known.setdefault(found[0], len(known))}>", told)
            return _SECRET.sub("…", _TIME.sub("a moment", told))
        return told

    def write_as_plugin(self, party: Party, compound_id: str, name: str) -> tuple[str, Any]:
        """A plugin that has forgotten every check writes a row that refers to a compound."""
        row = Building(
            id=new_id(),
            community_id=party.community.id,
            compound_id=UUID(compound_id),
            name=name,
            sort_key=name,
        )
        try:
            with self.house.database.unit_of_work(party.community.scope) as session:
                session.add(row)
                session.flush()
        except DBAPIError as error:
            return "", error.orig.sqlstate  # type: ignore[union-attr]
        return str(row.id), "written"

    def count_as_plugin(self, party: Party) -> Any:
        """A plugin that has forgotten every filter counts all that it sees."""
        with self.house.database.unit_of_work(party.community.scope, read_only=True) as session:
            return _counts(session)

    def work(self) -> None:
        """Do the background work that is due, of whoever has asked for it."""
        database: Database = self.house.database
        JobRunner(self.house, Tasks.of(self.client.app.state.site.plugins), pause=0.0).run_due()
        assert self.house.database is database


_COUNTED = (
    "core.compound", "core.building", "core.dwelling", "core.resident", "core.household", "core.setting",
    "core.file", "core.job", "core.outbox_event", "core.notification", "core.invitation", "core.role_grant",
    "plugin_notices.notice", "plugin_notices.notice_read", "plugin_notices.notice_snapshot",
)  # fmt: skip


def _counts(session: ScopedSession) -> dict[str, int]:
    there = set(session.scalars(text("SELECT schemaname || '.' || tablename FROM pg_tables")))
    parts = [f"SELECT '{name}', count(*) FROM {name}" for name in _COUNTED if name in there]
    return {row[0]: row[1] for row in session.execute(text(" UNION ALL ".join(parts)))}


@dataclass
class Lockstep:
    """The shared stage, and one for each party alone."""

    together: Stage
    alone: dict[str, Stage]
    #: How often each kind of request was carried out.
    done: Counter[str] = field(default_factory=Counter)

    @property
    def stages(self) -> list[Stage]:
        return [self.together, *self.alone.values()]

    def begin(self) -> ExitStack:
        """Start from the world again; closing the stack undoes whatever follows."""
        stack = ExitStack()
        for stage in self.stages:
            stack.enter_context(stage.undone())
        return stack

    def pair(self, party: Party) -> tuple[Stage, Stage]:
        return self.together, self.alone[party.name]
