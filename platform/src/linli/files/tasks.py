"""The daily sweep: expired files let go, orphans removed, and the job's result says how many of which."""

from __future__ import annotations

from datetime import time
from typing import Any

from linli.audit import record
from linli.files.storage import Storage, StorageFailed
from linli.files.sweeping import ORPHANED_AFTER, batches, expire_files, require_whole_street, storages_of, sweep_batch
from linli.kit.text import gettext as _
from linli.tasks import JobRun, Schedule, task

_EXPIRED_AT_ONCE = 200


@task("core.sweep_files", title="清理附件", lease=600, schedule=Schedule.daily(time(3, 40)))
def sweep_files(run: JobRun) -> dict[str, Any]:
    """Let go of what has expired, then remove what no row holds; what cannot be reached is tried again."""
    expired = freed = 0
    while True:
        with run.unit_of_work() as session:
            require_whole_street(session)
            count, size = expire_files(session, _EXPIRED_AT_ONCE)
        if not count:
            break
        expired, freed = expired + count, freed + size
        run.progress(expired, note=_("已清理到期附件 {n} 个").format(n=expired))
    with run.unit_of_work(read_only=True) as session:
        storages = storages_of(session)
    orphans: dict[str, int] = {}
    failed: StorageFailed | None = None
    for storage in storages:
        try:
            orphans[storage.name] = _sweep(run, storage)
        except StorageFailed as error:
            failed = error
    result = {"expired": expired, "expired_bytes": freed, "orphans": orphans}
    if any(orphans.values()):
        with run.unit_of_work() as session:
            record(session, "core.file.sweep", ("street", run.scope.tenant_id), after={"orphans": orphans})
    if failed is not None:
        raise failed
    return result


def _sweep(run: JobRun, storage: Storage) -> int:
    removed = 0
    for keys in batches(storage.keys(run.scope.tenant_id, older_than=ORPHANED_AFTER)):
        with run.unit_of_work() as session:
            removed += sweep_batch(session, storage, keys)
    return removed
