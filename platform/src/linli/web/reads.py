"""Hot reads: who is calling and the query in one round trip; no row is handed out before the caller was let in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from litestar.connection import ASGIConnection

from linli.db.read_door import BoundQuery, Who
from linli.kit.clock import today
from linli.web.visit import Visit, count_app, settle

if TYPE_CHECKING:
    from linli.web.site import Site


class Reads:
    """Given to an asynchronous handler as ``read``: ``rows, = await read(QUERY.bind(dwelling_id=…))``."""

    def __init__(self, site: Site, visit: Visit, connection: ASGIConnection) -> None:
        self._site = site
        self._visit = visit
        self._connection = connection
        self._settled = False

    async def __call__(self, *queries: BoundQuery) -> list[Any]:
        """The rows of each query, as its structs.

        Raises:
            NotFound, Unauthenticated, Forbidden: as for every other request; the rows are then thrown away.
        """
        visit = self._visit
        who = None if self._settled else Who(visit.token, visit.kind, today())
        answer = await self._site.read_door.read(visit.scope, queries, who=who)
        if not self._settled:
            settle(visit, answer.asker, self._site)
            self._settled = True
            await count_app(self._connection, self._site, visit)
        return answer.rows

    async def settle(self) -> None:
        """Decide even for a handler that read nothing."""
        if not self._settled:
            await self()
