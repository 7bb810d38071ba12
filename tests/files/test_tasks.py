"""The daily sweep: what expired and what no row holds goes, and the job's result says so."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from tests.files.pictures import picture

from linli.audit.models import AuditEntry
from linli.files import sweeping
from linli.files import tasks as file_tasks
from linli.files.models import StoredFile
from linli.files.service import get_file, list_files, store_file
from linli.files.storage import MemoryStorage, StorageFailed
from linli.kit.actor import SYSTEM
from linli.kit.clock import now
from linli.kit.errors import NotFound
from linli.tasks.models import Job
from linli.tasks.registry import Tasks
from linli.tasks.runner import JobRunner
from linli.tasks.service import enqueue

NAME = "core.sweep_files"


class Named(MemoryStorage):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def age(self, by: timedelta) -> None:
        self._files = {key: (content, at - by.total_seconds()) for key, (content, at) in self._files.items()}

    def held(self) -> int:
        return len(self._files)


@pytest.fixture
def storages(house) -> dict[str, Named]:
    by_name = {name: Named(name) for name in ("memory", "local")}
    house.database.info |= {"files": by_name["memory"], "storages": by_name.__getitem__}
    return by_name


def run(house, street) -> Job:
    with house.database.unit_of_work(street.scope) as session:
        job_id = enqueue(session, NAME)
    JobRunner(house, Tasks()).run_due()
    with house.database.unit_of_work(street.scope) as session:
        return session.get(Job, (street.id, job_id))


def test_it_comes_round_every_night() -> None:
    (task,) = [each for each in Tasks().scheduled if each.name == NAME]
    assert task.schedule is not None
    assert task.schedule.title == "每天 3:40"


def test_nothing_to_do_is_told_as_nothing(house, storages, world) -> None:
    job = run(house, world.here)
    assert (job.state, job.result) == (
        "done",
        {"expired": 0, "expired_bytes": 0, "orphans": {"local": 0, "memory": 0}},
    )


def test_what_expired_goes_and_leaves_its_row(house, storages, world, monkeypatch) -> None:
    monkeypatch.setattr(file_tasks, "_EXPIRED_AT_ONCE", 2)
    here, there = (street.communities[0] for street in world.streets)
    moment, subject = now(), ("compound", here.compound)
    with house.database.unit_of_work(here.scope) as session:

        def put(**options) -> StoredFile:
            return store_file(session, SYSTEM, picture(), owner="core", name="图.png", subject=subject, **options)

        gone = [put(expires_at=moment - timedelta(seconds=k)) for k in range(1, 4)]
        kept = [put(expires_at=moment + timedelta(hours=1)).id, put().id]
        size = sum(file.size + file.thumbnail_size for file in gone)
        assert [each.id for each in list_files(session, "core", subject)] == kept
    with house.database.unit_of_work(there.scope) as session:
        store_file(session, SYSTEM, b"theirs", owner="core", name="a.txt", expires_at=moment - timedelta(days=9))
    job = run(house, world.here)
    assert (job.result["expired"], job.result["expired_bytes"]) == (3, size)
    assert storages["memory"].held() == 2 * len(kept) + 1
    with house.database.unit_of_work(here.scope) as session:
        for file in gone:
            row = session.get(StoredFile, (world.here.id, file.id))
            assert row.removed_at is not None
            with pytest.raises(NotFound):
                get_file(session, file.id)
        told = session.scalar(select(func.count()).where(AuditEntry.action == "core.file.expire"))
        assert told == 3
    with house.database.unit_of_work(there.scope) as session:
        assert session.scalar(select(func.count()).where(StoredFile.removed_at.is_not(None))) == 0


@pytest.mark.parametrize(
    ("age", "removed"), [(timedelta(hours=23, minutes=59), 0), (timedelta(hours=24, minutes=1), 1)]
)
def test_an_orphan_goes_once_no_transaction_can_still_claim_it(house, storages, world, age, removed) -> None:
    with house.database.unit_of_work(world.here.communities[0].scope) as session:
        store_file(session, SYSTEM, picture(), owner="core", name="图.png")
    storages["memory"].write(world.here.id, io.BytesIO(b"orphan"), limit=9)
    storages["memory"].write(world.there.id, io.BytesIO(b"theirs"), limit=9)
    storages["memory"].age(age)
    job = run(house, world.here)
    assert job.result["orphans"] == {"local": 0, "memory": removed}
    assert storages["memory"].held() == 4 - removed
    with house.database.unit_of_work(world.here.scope) as session:
        (file,) = session.scalars(select(StoredFile))
        for key in (file.storage_key, file.thumbnail_key):
            storages["memory"].open(key).close()


def test_orphans_of_every_storage_are_found(house, storages, world, monkeypatch) -> None:
    monkeypatch.setattr(sweeping, "BATCH", 2)
    for name, count in (("memory", 3), ("local", 5)):
        for _n in range(count):
            storages[name].write(world.here.id, io.BytesIO(b"orphan"), limit=9)
        storages[name].age(timedelta(days=2))
    assert run(house, world.here).result["orphans"] == {"local": 5, "memory": 3}
    with house.database.unit_of_work(world.here.scope) as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.n.desc())).first()
        assert (entry.action, entry.after) == ("core.file.sweep", {"orphans": {"local": 5, "memory": 3}})


def test_a_row_that_names_another_storage_holds_nothing_here(house, storages, world) -> None:
    with house.database.unit_of_work(world.here.scope) as session:
        file = store_file(session, SYSTEM, b"moved", owner="core", name="a.txt")
        session.flush()
        session.execute(update(StoredFile).where(StoredFile.id == file.id).values(storage="local"))
        storages["local"].put(file.storage_key, io.BytesIO(b"moved"), limit=9)
    for storage in storages.values():
        storage.age(timedelta(days=2))
    assert run(house, world.here).result["orphans"] == {"local": 0, "memory": 1}


def test_a_storage_that_is_away_is_tried_again_and_the_other_is_swept(house, storages, world, monkeypatch) -> None:
    storages["memory"].write(world.here.id, io.BytesIO(b"orphan"), limit=9)
    storages["memory"].age(timedelta(days=2))

    def away(*_given, **_named) -> None:
        raise StorageFailed("away")

    monkeypatch.setattr(storages["local"], "keys", away)
    job = run(house, world.here)
    assert (job.state, job.error) == ("queued", "StorageFailed")
    assert storages["memory"].held() == 0
