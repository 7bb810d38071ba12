"""Whether this process lives, and whether it may be sent people."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import structlog
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from linli.db.embedded.versions import check_server_version
from linli.db.lint import lint
from linli.db.migrate import status
from linli.files.storage import StorageFailed
from linli.plugins.standing import unfit
from linli.tasks.bells import LATE, waiting_work
from linli.web.site import Site

log = structlog.get_logger("linli.health")

#: Seconds for which a good answer about migrations and walls is believed, and any about the storage of files.
_BELIEVED = 30


def health_routes(site: Site) -> list[HTTPRouteHandler]:
    """``/health/live`` answers while the process runs; ``/health/ready`` when migrations and walls are in order."""
    good_until = 0.0
    files = _FilesWatch(site)
    late: dict[str, int] = {}

    def findings() -> list[str]:
        with site.house.database.open_transaction() as connection:
            check_server_version(_version_num(connection))
            found = lint(connection)
            is_patient = site.house.settings.plugin_failure == "quarantine"
            if is_patient:
                site.put_aside(unfit(connection, site.plugins, found))
            lineages = [each for each in site.lineages if each.name == "core" or not is_patient]
            behind = [each.name for each in status(connection, lineages) if not each.is_current]
            faults = [f"migration: {name}" for name in behind]
            blocking = [each for each in found if not each.is_warning and (each.owner == "core" or not is_patient)]
            faults += [f"{finding.rule}: {finding.subject}" for finding in blocking]
            if not faults:
                late.clear()
                late.update((each.queue, round(each.seconds)) for each in waiting_work(connection))
        return faults

    def told() -> dict[str, Any]:
        # People are sent here all the same: what waits is done as soon as a worker is back.
        overdue = {queue: seconds for queue, seconds in late.items() if seconds > LATE}
        return {**files.finding, **({"work_waits_seconds": overdue} if overdue else {})}

    @get("/health/live", include_in_schema=False, sync_to_thread=False)
    def live() -> dict[str, str]:
        return {"status": "ok"}

    @get("/health/ready", include_in_schema=False)
    async def ready() -> Response[dict[str, Any]]:
        nonlocal good_until
        files.look()
        if time.monotonic() < good_until:
            return Response({"status": "ok", **told()})
        try:
            faults = await site.in_thread(findings)
        except Exception as error:
            log.warning("not ready", error=str(error))
            return Response({"status": "unavailable", "findings": ["database"]}, status_code=503)
        if faults:
            log.error("not ready", findings=faults)
            return Response({"status": "refused", "findings": faults}, status_code=503)
        good_until = time.monotonic() + _BELIEVED
        faulty = {each.plugin: "fault" for each in site.plugins.faults} | dict.fromkeys(site.aside, "fault")
        return Response({"status": "ok", "plugins": faulty, **told()})

    return [live, ready]


class _FilesWatch:
    """Whether the storage of files answers, asked beside the request.

    A bucket that is away is told, and people are sent here all the same: all but attachments works without it, and a
    probe that waited for it would take every process out of service.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._asked_at: float | None = None
        self._task: asyncio.Task[None] | None = None
        self.finding: dict[str, str] = {}

    def look(self) -> None:
        """Ask again where the last answer is old; returns at once."""
        is_due = self._asked_at is None or time.monotonic() - self._asked_at >= _BELIEVED
        if is_due and (self._task is None or self._task.done()):
            self._asked_at = time.monotonic()
            self._task = asyncio.create_task(self._ask())

    async def _ask(self) -> None:
        try:
            await self._site.in_thread(self._site.house.files.reach)
        except StorageFailed as error:
            log.error("the storage of files does not answer", error=str(error))
            self.finding = {"files": "unavailable"}
        else:
            self.finding = {}


def _version_num(connection: Any) -> int:
    return int(connection.exec_driver_sql("SHOW server_version_num").scalar())
