"""Which street or community an address means: a cache in each process, asked on every request."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from sqlalchemy import select

from linli.db.session import Database
from linli.kit.scope import Scope
from linli.tenancy.models import Community, Domain, Tenant

#: Seconds after which what is known is read again.
KEPT_FOR = 30.0
#: Seconds between two readings that an unknown name causes.
LEAST_BETWEEN_MISSES = 3.0

T = TypeVar("T")
E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class StreetEntry:
    """A street office as addresses know it. ``status`` is ``active`` or ``vanished``."""

    id: UUID
    slug: str
    code: str
    name: str
    status: str

    @property
    def scope(self) -> Scope:
        return Scope.of_street(self.id)


@dataclass(frozen=True, slots=True)
class CommunityEntry:
    """A community as addresses know it. ``status`` is ``active`` or ``vanished``."""

    id: UUID
    tenant_id: UUID
    slug: str
    code: str
    name: str
    status: str

    @property
    def scope(self) -> Scope:
        return Scope.of_communities(self.tenant_id, self.id)


class Directory:
    """Names to ids, read from the database at most every few seconds; safe to share between threads.

    A street answers to its slug and to its code, a community likewise within its street.
    """

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing is read before the first question.

        Args:
            database: of the runtime role.
            clock: seconds that only grow; tests set it.
        """
        self._database = database
        self._clock = clock
        self.forget()

    def street(self, slug_or_code: str) -> StreetEntry | None:
        """The street office with this slug or code; ``None`` when there is none."""
        return self._streets.find(lambda known: known.by_name.get(slug_or_code))

    def by_host(self, host: str) -> StreetEntry | None:
        """The street office with this custom domain, a port left aside; ``None`` for any other host."""
        name = host.partition(":")[0].rstrip(".").lower()
        # Every request has a host, and most hosts belong to no street: no reading on a miss.
        return self._streets.get(KEPT_FOR).by_host.get(name)

    def community(self, street: StreetEntry, slug_or_code: str) -> CommunityEntry | None:
        """The community of this street with this slug or code; ``None`` when there is none."""
        return self._communities_of(street).find(lambda known: known.get(slug_or_code))

    def communities(self, street: StreetEntry) -> list[CommunityEntry]:
        """The communities of this street that exist, by code."""
        known = self._communities_of(street).get(KEPT_FOR)
        found = {each.id: each for each in known.values() if each.status == "active"}
        return sorted(found.values(), key=lambda each: each.code)

    def forget(self) -> None:
        """Read everything again at the next question; for whoever has just changed a street or community."""
        self._streets = _Kept(self._read_streets, self._clock)
        self._communities: dict[UUID, _Kept[dict[str, CommunityEntry]]] = {}

    def _communities_of(self, street: StreetEntry) -> _Kept[dict[str, CommunityEntry]]:
        found = self._communities.get(street.id)
        if found is None:
            fresh = _Kept(lambda: self._read_communities(street), self._clock)
            found = self._communities.setdefault(street.id, fresh)
        return found

    def _read_streets(self) -> _Streets:
        columns = (Tenant.id, Tenant.slug, Tenant.code, Tenant.name, Tenant.status)
        with self._database.open_transaction() as connection:
            entries = [StreetEntry(*row) for row in connection.execute(select(*columns))]
            hosts = connection.execute(select(Domain.host, Domain.tenant_id)).all()
        by_id = {entry.id: entry for entry in entries}
        return _Streets(
            {name: entry for entry in entries for name in (entry.slug, entry.code)},
            {host.lower(): by_id[tenant] for host, tenant in hosts if tenant in by_id},
        )

    def _read_communities(self, street: StreetEntry) -> dict[str, CommunityEntry]:
        columns = (
            Community.id,
            Community.tenant_id,
            Community.slug,
            Community.code,
            Community.name,
            Community.status,
        )
        with self._database.unit_of_work(street.scope, read_only=True) as session:
            entries = [CommunityEntry(*row) for row in session.execute(select(*columns))]
        return {name: entry for entry in entries for name in (entry.slug, entry.code)}


@dataclass(frozen=True, slots=True)
class _Streets:
    by_name: dict[str, StreetEntry]
    by_host: dict[str, StreetEntry]


class _Kept(Generic[T]):
    """One snapshot, exchanged as a whole. Who finds it too old reads anew; the others go on with the old."""

    def __init__(self, read: Callable[[], T], clock: Callable[[], float]) -> None:
        self._read = read
        self._clock = clock
        self._lock = threading.Lock()
        self._held: tuple[float, T] | None = None

    def find(self, pick: Callable[[T], E | None]) -> E | None:
        """What ``pick`` finds; an unknown name is looked for once more in a fresher snapshot."""
        return pick(self.get(KEPT_FOR)) or pick(self.get(LEAST_BETWEEN_MISSES))

    def get(self, no_older_than: float) -> T:
        held = self._held
        if held is not None and self._clock() - held[0] < no_older_than:
            return held[1]
        # Only where there is nothing to go on with does anybody wait for the reader.
        is_mine = self._lock.acquire(blocking=held is None or no_older_than < KEPT_FOR)
        if held is not None and not is_mine:
            return held[1]
        try:
            if self._held is held or self._held is None:
                moment = self._clock()
                self._held = (moment, self._read())
            return self._held[1]
        finally:
            self._lock.release()
