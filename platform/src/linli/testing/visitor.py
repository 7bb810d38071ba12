"""People at the door: each with a session or token of their own, their acts undone afterwards where asked."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import psycopg
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import text

from linli.db.session import Database, JoinedDatabase
from linli.house import House
from linli.testing.catalogue import Table, run
from linli.testing.facts import all_facts
from linli.testing.houses import rolled_back
from linli.testing.planted import PLACES, Place, Planted, copy_row
from linli.testing.site import Route, flatten
from linli.testing.web import Api, Browser
from linli.testing.world import WORLD
from linli.web.csrf import FIELD

#: Headers that differ between any two requests.
_COUNTED = ("content-length", "date", "x-request-id", "ratelimit-remaining", "ratelimit-reset")
VARYING = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9A-Za-z_-]{20,}|\d\d:\d\d(:\d\d)?")


#: The tables that the transaction has written to so far, what it took back included.
_WRITTEN = text(
    "SELECT schemaname || '.' || relname FROM pg_stat_xact_user_tables WHERE n_tup_ins + n_tup_upd + n_tup_del > 0"
)


@dataclass(frozen=True)
class Answer:
    """What a visitor gets to see."""

    status: int
    text: str
    headers: dict[str, str]

    @property
    def is_refusal(self) -> bool:
        """Turned away, or led to the door."""
        return self.status in (401, 403, 404) or (
            self.status == 303 and "/account/sign-in" in self.headers.get("location", "")
        )

    @property
    def gist(self) -> tuple[int, str, tuple[tuple[str, str], ...]]:
        """All of it but what changes from one request to the next."""
        kept = {k: v for k, v in self.headers.items() if k not in _COUNTED}
        headers = tuple(sorted((k, VARYING.sub("…", v)) for k, v in kept.items()))
        return self.status, VARYING.sub("…", self.text), headers


def _readable(answer: httpx.Response) -> str:
    # A workbook is a compressed archive; which it is, not when it was made.
    if not answer.content.startswith(b"PK"):
        return answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        parts = [archive.read(name) for name in sorted(archive.namelist()) if "docProps" not in name]
    return b"".join(parts).decode(errors="replace")


class Visitor:
    """Sends requests as whoever is named."""

    def __init__(
        self, client: TestClient[Litestar], house: House, superuser: psycopg.Connection, planted: Planted
    ) -> None:
        self.client = client
        self.house = house
        self.superuser = superuser
        self.planted = planted
        self.tries = 0
        self._browsers: dict[UUID, Browser] = {}
        self._tokens: dict[tuple[UUID, UUID], dict[str, str]] = {}

    def ask(
        self,
        route: Route,
        place: Place,
        *,
        account: UUID | None = None,
        street: UUID | None = None,
        body: dict[str, Any] | None = None,
        query: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        **ids: Any,
    ) -> Answer:
        """One request to a route in a place.

        Args:
            account: who asks; ``None`` for nobody.
            street: whose token, for the API; the place's where it is not said.
        """
        self.tries += 1
        sent: dict[str, Any] = {"headers": dict(headers or {}), "params": query or {}, "follow_redirects": False}
        self.client.cookies.clear()
        if account and route.portal.is_api:
            sent["headers"] |= self._token(account, street or place.tenant_id)
        elif account:
            browser = self._browser(account)
            self.client.cookies.set("sid", browser._token or "")
            body = {FIELD: browser.csrf, **flatten(body or {})}
        if route.handler.method != "GET":
            sent["json" if route.portal.is_api else "data"] = body or {}
        got = self.client.request(route.handler.method, route.url(place, **ids), **sent)
        return Answer(got.status_code, _readable(got), dict(got.headers))

    def _browser(self, account: UUID) -> Browser:
        if account not in self._browsers:
            self._browsers[account] = Browser(self.client, self.house).sign_in_as(account)
        return self._browsers[account]

    def _token(self, account: UUID, street: UUID) -> dict[str, str]:
        if (account, street) not in self._tokens:
            self._tokens[account, street] = Api(self.client, self.house).token_for(account, street).headers
        return self._tokens[account, street]

    @contextmanager
    def undone(self) -> Iterator[Watch]:
        """Whatever the application writes inside is never committed."""
        kept = self.house.database
        with rolled_back(kept) as joined:
            self.house.database = joined
            try:
                yield Watch(kept, joined, self.planted)
            finally:
                self.house.database = kept

    def own_ids(self, table: str, place: Place) -> list[str]:
        """Some rows of a table in a place, the planted one first."""
        columns = self.planted.tables[table].columns
        if "tenant_id" not in columns:
            return [self.planted.rows[table, place.key]["id"]]
        where = "tenant_id = %s" + (" AND community_id IS NOT DISTINCT FROM %s" if "community_id" in columns else "")
        given = [place.tenant_id, place.community_id][: 2 if "community_id" in columns else 1]
        rows = run(self.superuser, f"SELECT id::text FROM {table} WHERE {where} LIMIT 9", given).fetchall()
        planted = self.planted.row_near(self.planted.tables[table], place)
        first = [planted["id"]] if planted and "id" in planted else []
        return list(dict.fromkeys([*first, *(row[0] for row in rows)]))


class Watch:
    """Sees whether somebody's rows have changed, inside the transaction that will be undone."""

    def __init__(self, kept: Database, joined: JoinedDatabase, planted: Planted) -> None:
        self._kept = kept
        self._joined = joined
        self._planted = planted

    def changed(self, *places: Place) -> list[str]:
        """The tables in which these places' rows are no longer as they stand outside of the transaction."""
        written = set(self._joined.connection.scalars(_WRITTEN))
        if not (tables := [each for each in self._planted.tenant_tables if each.name in written]):
            return []
        outside, inside = (self._print_of(database, tables, places) for database in (self._kept, self._joined))
        return sorted({row[0] for row in outside ^ inside})

    def _print_of(self, database: Database, tables: list[Table], places: Iterable[Place]) -> set[Any]:
        """A fingerprint of each table's rows of these places."""
        prints: set[Any] = set()
        for place in places:
            parts = [
                f"SELECT '{table.name}', md5(string_agg(t::text, '|' ORDER BY t::text)), '{place.key}' "
                f"FROM {table.name} t" + (f" WHERE community_id = '{place.community_id}'" if place.community_id else "")
                for table in tables
                if table.is_communitys or place.community_id is None
            ]
            if parts:
                with database.unit_of_work(place.scope) as session:
                    prints.update(tuple(row) for row in session.execute(text(" UNION ALL ".join(parts))))
        return prints


def furnish(house: House, connection: psycopg.Connection, planted: Planted) -> None:
    """Give the site what its handlers can answer to: files with bytes and an owner, and what each plugin asks for."""
    # Whatever waits is nobody's business here: tests that run the work want their own alone.
    connection.execute("UPDATE core.job SET state = 'done', dedup_key = NULL, leased_until = NULL")
    for place in (PLACES[key] for name, key in planted.rows if name == "core.roster_row"):
        row = UUID(planted.rows["core.roster_row", place.key]["id"])
        cells = json.dumps({"v": {"name": place.canary, "building": "1", "door": "1"}, "w": {}})
        with house.owner.unit_of_work(place.scope) as session:
            sealed = house.vault.encrypt(session, "roster_row", "cells", row, cells)
        connection.execute("UPDATE core.roster_row SET cells_ct = %s WHERE id = %s", [sealed, row])
    for place in PLACES.values():
        world = WORLD.here if place.key.startswith("here") else WORLD.there
        people, community = [world.administrator], world.communities[(int(place.key[-1]) or 1) - 1]
        if place.community_id:
            people = [community.administrator, community.resident_account]
        file = planted.rows["core.file", place.key]
        files = [file["id"], *(copy_row(connection, "core.file", file, {"removed_at": None}) for _ in people)]
        for file_id, person in zip(files, [None, *people], strict=True):
            written = house.files.write(place.tenant_id, io.BytesIO(place.canary.encode()), limit=1000)
            connection.execute(
                "UPDATE core.file SET storage_key = %s, size = %s, media_type = 'text/plain', created_by = %s, "
                "owner = 'core', subject_type = '', subject_id = NULL WHERE id = %s",
                [written.key, written.size, person, file_id],
            )
        for person in people:
            mine = {"account_id": person, "resident_id": None}
            copy_row(connection, "core.notification", planted.rows["core.notification", place.key], mine)
        if place.community_id:
            connection.execute(
                "UPDATE core.privacy_request SET resident_id = %s WHERE id = %s",
                [community.residents[0], planted.rows["core.privacy_request", place.key]["id"]],
            )
        for facts in all_facts().values():
            if facts.furnish is not None:
                facts.furnish(connection, planted, place)
