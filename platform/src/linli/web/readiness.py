"""Whether a process may serve: migrations, walls and storage, asked now and then and believed in between."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import structlog

from linli.db.embedded.versions import check_server_version
from linli.db.lint import lint
from linli.db.migrate import status
from linli.files.storage import StorageFailed
from linli.plugins.standing import not_set_up, unfit
from linli.tasks.bells import LATE, waiting_work

if TYPE_CHECKING:
    from linli.web.site import Site

log = structlog.get_logger("linli.health")

#: Seconds for which a good answer about migrations and walls is believed, and any about the storage of files.
_BELIEVED = 30


class Readiness:
    """What one process knows of the database and the storage it serves from."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._good_until = 0.0
        self._late: dict[str, int] = {}
        self._files = _FilesWatch(site)

    @property
    def is_believed(self) -> bool:
        """Whether the last answer was good and is young enough."""
        return time.monotonic() < self._good_until

    def look_at_files(self) -> None:
        """Ask the storage again where its last answer is old; returns at once."""
        self._files.look()

    def told(self) -> dict[str, Any]:
        """What operators should see to although people are served."""
        # People are sent here all the same: what waits is done as soon as a worker is back.
        overdue = {queue: seconds for queue, seconds in self._late.items() if seconds > LATE}
        return {**self._files.finding, **({"work_waits_seconds": overdue} if overdue else {})}

    def findings(self) -> list[str]:
        """What is wrong with migrations and walls; nothing means that this is believed for a while."""
        site = self._site
        with site.house.database.open_transaction() as connection:
            check_server_version(_version_num(connection))
            found = lint(connection)
            is_patient = site.house.settings.plugin_failure == "quarantine"
            # What has no tables at all is in nobody's hands: the others are served without it, patient or not.
            looks = unfit(connection, site.plugins, found) if is_patient else not_set_up(connection, site.plugins)
            site.put_aside(looks)
            lineages = [
                each for each in site.lineages if each.name == "core" or not (is_patient or each.name in site.aside)
            ]
            behind = [each.name for each in status(connection, lineages) if not each.is_current]
            faults = [f"migration: {name}" for name in behind]
            blocking = [each for each in found if not each.is_warning and (each.owner == "core" or not is_patient)]
            faults += [f"{finding.rule}: {finding.subject}" for finding in blocking]
            if not faults:
                self._late = {each.queue: round(each.seconds) for each in waiting_work(connection)}
                self._good_until = time.monotonic() + _BELIEVED
        return faults


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
