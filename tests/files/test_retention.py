"""Rows of removed files go after their time, and a person's own uploads with the person."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from linli.files.models import StoredFile
from linli.files.retention import DATA_CLASSES, PERSONAL_DATA
from linli.files.service import remove_file, store_file
from linli.files.storage import MemoryStorage
from linli.kit.actor import SYSTEM, Actor
from linli.kit.clock import now
from linli.plugins.contributions import Person

PURGE = DATA_CLASSES[0].purge
NOBODY: frozenset = frozenset()


@pytest.fixture(autouse=True)
def memory(house) -> MemoryStorage:
    storage = MemoryStorage()
    house.database.info |= {"files": storage, "storages": {"memory": storage, "local": MemoryStorage()}.__getitem__}
    return storage


def put(session, actor=SYSTEM, **options) -> StoredFile:
    return store_file(session, actor, b"a text", owner="core", name="a.txt", **options)


class TestPurge:
    def test_takes_rows_removed_before_the_moment_and_no_others(self, house, world) -> None:
        moment = now()
        with house.database.unit_of_work(world.here.scope) as session:
            old, at, young, living = (put(session) for _ in range(4))
            for file, removed in ((old, moment - timedelta(seconds=1)), (at, moment), (young, moment + timedelta(1))):
                file.removed_at = removed
        with house.database.unit_of_work(world.here.scope) as session:
            assert len(PURGE(session, moment, 10, NOBODY)) == 1
            left = {file.id for file in (at, young, living) if session.get(StoredFile, (world.here.id, file.id))}
            assert left == {at.id, young.id, living.id}
            assert session.get(StoredFile, (world.here.id, old.id)) is None

    def test_takes_at_most_so_many_and_nothing_under_a_hold(self, house, world) -> None:
        own = world.here.communities[0]
        holder, thing = Actor(account_id=own.administrator), uuid4()
        with house.database.unit_of_work(own.scope) as session:
            for actor, subject in ((SYSTEM, None), (SYSTEM, None), (holder, None), (SYSTEM, ("thing", thing))):
                remove_file(session, SYSTEM, put(session, actor, subject=subject).id)
        later, held = now() + timedelta(days=1), frozenset({own.administrator, thing})
        with house.database.unit_of_work(world.here.scope) as session:
            assert [len(PURGE(session, later, 1, held)) for _ in range(3)] == [1, 1, 0]
            assert len(PURGE(session, later, 10, NOBODY)) == 2

    def test_leaves_the_other_street(self, house, world) -> None:
        with house.database.unit_of_work(world.there.scope) as session:
            file = put(session)
            remove_file(session, SYSTEM, file.id)
        with house.database.unit_of_work(world.here.scope) as session:
            assert len(PURGE(session, now() + timedelta(days=1), 10, NOBODY)) == 0
        with house.database.unit_of_work(world.there.scope) as session:
            assert session.get(StoredFile, (world.there.id, file.id)) is not None


class TestPerson:
    def test_gets_a_list_of_their_uploads_and_of_nobody_elses(self, house, world) -> None:
        own, sibling = world.here.communities
        who = Actor(account_id=own.resident_account)
        with house.database.unit_of_work(own.scope) as session:
            mine = put(session, who, subject=("ticket", uuid4()))
            put(session, Actor(account_id=own.steward))
        with house.database.unit_of_work(sibling.scope) as session:
            put(session, who)
        person = Person((), own.resident_account)
        with house.database.unit_of_work(own.scope) as session:
            (found,) = PERSONAL_DATA[0].export(session, person)
            assert (found["id"], found["name"], found["belongs_to"]) == (str(mine.id), "a.txt", "core.ticket")
            assert PERSONAL_DATA[0].export(session, Person((), None)) == []

    def test_erasure_takes_what_is_theirs_alone_and_says_what_stays(self, house, world, memory) -> None:
        own = world.here.communities[0]
        who = Actor(account_id=own.resident_account)
        with house.database.unit_of_work(own.scope) as session:
            alone, of_a_record = put(session, who), put(session, who, subject=("notice", uuid4()))
            others = put(session, Actor(account_id=own.steward))
        person = Person((), own.resident_account)
        with house.database.unit_of_work(own.scope) as session:
            erased = PERSONAL_DATA[0].erase(session, person)
            assert (erased.removed, erased.kept, bool(erased.reason)) == (1, 1, True)
        assert set(memory.keys(world.here.id, older_than=timedelta(0))) == {of_a_record.storage_key, others.storage_key}
        with house.database.unit_of_work(own.scope) as session:
            row = session.get(StoredFile, (world.here.id, alone.id))
            assert (row.name, row.created_by, row.removed_at is None) == ("-", None, False)
            again = PERSONAL_DATA[0].erase(session, person)
            assert (again.removed, again.kept) == (0, 1)
