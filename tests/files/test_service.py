"""Files: rows behind the walls, bytes that follow their row's transaction, and answers that a browser cannot run."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

import pytest
from PIL import Image
from sqlalchemy import func, select
from tests.files.pictures import from_a_telephone, picture

from linli.audit.models import AuditEntry
from linli.files.models import StoredFile
from linli.files.sending import download_headers
from linli.files.service import (
    file_reader,
    get_file,
    may_read,
    open_file,
    open_thumbnail,
    remove_file,
    store_file,
)
from linli.files.storage import BytesMissing, LocalStorage, MemoryStorage, StorageFailed, TooLarge
from linli.files.sweeping import sweep_orphans
from linli.kit.actor import PUBLIC, SYSTEM, Actor
from linli.kit.errors import Invalid, NotFound

TEXT = "邻里的说明\n".encode() * 20


@pytest.fixture
def folder(house, tmp_path) -> Path:
    house.database.info["files"] = LocalStorage(tmp_path / "files")
    return tmp_path / "files"


class Undo(Exception):
    """Ends a transaction without keeping it."""


@contextmanager
def undone(transaction: AbstractContextManager[Any]) -> Iterator[Any]:
    with suppress(Undo), transaction as opened:
        yield opened
        raise Undo


def lying(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def put(session, name="说明.txt", content: bytes | BinaryIO = TEXT, **options) -> StoredFile:
    return store_file(session, session.actor, content, owner="core", name=name, **options)


class TestStore:
    def test_gives_back_what_was_stored(self, house, folder, world) -> None:
        own = world.here.communities[0]
        who = Actor(account_id=own.administrator, display_name="社区管理员")
        with house.database.unit_of_work(own.scope, who) as session:
            stored = put(session, media_type="text/plain", subject=("compound", own.compound))
        with house.database.unit_of_work(own.scope) as session:
            file, source = open_file(session, stored.id)
            with source:
                assert source.read() == TEXT
            assert (file.name, file.media_type, file.size) == ("说明.txt", "text/plain", len(TEXT))
            assert (file.community_id, file.created_by, file.subject_id) == (own.id, own.administrator, own.compound)
            entry = session.scalars(select(AuditEntry).order_by(AuditEntry.n.desc())).first()
            assert (entry.action, entry.subject_id) == ("core.file.store", str(stored.id))

    def test_keeps_bytes_from_other_users_of_the_machine(self, house, folder, world) -> None:
        with house.database.unit_of_work(world.here.communities[0].scope) as session:
            put(session)
        (path,) = lying(folder)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.joinpath(world.here.id.hex).stat().st_mode) & 0o077 == 0
        assert "说明" not in str(path)

    def test_takes_a_stream_that_cannot_go_back(self, house, folder, world) -> None:
        read, write = os.pipe()
        os.write(write, TEXT)
        os.close(write)
        with house.database.unit_of_work(world.here.scope) as session, os.fdopen(read, "rb") as source:
            assert put(session, content=source).size == len(TEXT)

    @pytest.mark.asvs("V5.2.1")
    @pytest.mark.parametrize("stream", [False, True])
    def test_refuses_a_byte_too_many_and_keeps_nothing(self, house, folder, world, stream) -> None:
        content = io.BytesIO(TEXT) if stream else TEXT
        with house.database.unit_of_work(world.here.scope) as session, pytest.raises(Invalid) as raised:
            put(session, content=content, limit=len(TEXT) - 1)
        assert raised.value.errors[0].field == "file"
        assert lying(folder) == []
        with house.database.unit_of_work(world.here.scope) as session:
            put(session, content=TEXT, limit=len(TEXT))
        assert len(lying(folder)) == 1

    def test_a_rolled_back_transaction_leaves_no_bytes(self, house, folder, world) -> None:
        with undone(house.database.unit_of_work(world.here.scope)) as session:
            put(session)
            assert len(lying(folder)) == 1
        assert lying(folder) == []

    def test_an_undone_savepoint_takes_its_own_files_only(self, house, folder, world) -> None:
        with house.database.unit_of_work(world.here.scope) as session:
            kept = put(session)
            with session.begin_nested():
                also_kept = put(session)
            with undone(session.begin_nested()):
                put(session)
        assert len(lying(folder)) == 2
        with house.database.unit_of_work(world.here.scope) as session:
            for file in (kept, also_kept):
                open_file(session, file.id)[1].close()


class TestImages:
    def test_what_is_kept_and_hashed_is_the_clean_picture(self, house, folder, world) -> None:
        sent = from_a_telephone()
        with house.database.unit_of_work(world.here.scope) as session:
            file = put(session, name="照片.jpg", content=sent)
            assert (file.width, file.height, file.media_type) == (48, 64, "image/jpeg")
            with open_file(session, file.id)[1] as source:
                kept = source.read()
            assert b"SECRET" not in kept
            assert (file.size, file.sha256) == (len(kept), hashlib.sha256(kept).digest())
            with open_thumbnail(session, file) as source:
                small = source.read()
            assert (file.thumbnail_size, file.thumbnail_sha256) == (len(small), hashlib.sha256(small).digest())
            assert Image.open(io.BytesIO(small)).format == "WEBP"
        assert len(lying(folder)) == 2
        assert all(path.relative_to(folder).parts[0] == world.here.id.hex for path in lying(folder))

    def test_a_broken_picture_is_refused_by_its_field_and_leaves_nothing(self, house, folder, world) -> None:
        with house.database.unit_of_work(world.here.scope) as session, pytest.raises(Invalid) as raised:
            put(session, name="照片.jpg", content=from_a_telephone()[:300], field="photo")
        assert raised.value.errors[0].field == "photo"
        assert lying(folder) == []

    def test_a_rolled_back_transaction_takes_the_thumbnail_too(self, house, folder, world) -> None:
        with undone(house.database.unit_of_work(world.here.scope)) as session:
            put(session, name="照片.png", content=picture())
            assert len(lying(folder)) == 2
        assert lying(folder) == []

    def test_the_thumbnail_is_removed_with_its_file(self, house, folder, world) -> None:
        with house.database.unit_of_work(world.here.scope) as session:
            file_id = put(session, name="照片.png", content=picture()).id
        with house.database.unit_of_work(world.here.scope) as session:
            remove_file(session, SYSTEM, file_id)
        assert lying(folder) == []

    @pytest.mark.parametrize("over", [-1, 0, 1])
    def test_the_limit_is_for_what_was_sent(self, house, folder, world, over) -> None:
        sent = from_a_telephone()
        with house.database.unit_of_work(world.here.scope) as session:
            if over < 0:
                with pytest.raises(Invalid) as raised:
                    put(session, name="照片.jpg", content=sent, limit=len(sent) + over)
                assert raised.value.errors[0].message == "文件太大"
            else:
                put(session, name="照片.jpg", content=sent, limit=len(sent) + over)

    def test_other_files_have_no_thumbnail(self, house, folder, world) -> None:
        with house.database.unit_of_work(world.here.scope) as session:
            file = put(session)
            assert (file.has_thumbnail, file.is_image, file.width) == (False, False, None)
            with pytest.raises(NotFound):
                open_thumbnail(session, file)


class TestStorageFailures:
    def test_a_full_disk_is_told_and_leaves_nothing(self, house, folder, world, monkeypatch) -> None:
        def full(_descriptor: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(StorageFailed, match="磁盘满了"), house.database.unit_of_work(world.here.scope) as session:
            put(session)
        monkeypatch.undo()
        assert lying(folder) == []
        with house.database.unit_of_work(world.here.scope) as session:
            put(session)

    def test_what_cannot_be_removed_now_is_removed_by_the_sweep(self, house, folder, world, monkeypatch) -> None:
        with house.database.unit_of_work(world.here.scope) as session:
            file_id = put(session).id

        def away(_storage: LocalStorage, _key: str) -> None:
            raise StorageFailed("away")

        with monkeypatch.context() as patched:
            patched.setattr(LocalStorage, "remove", away)
            with house.database.unit_of_work(world.here.scope) as session:
                remove_file(session, SYSTEM, file_id)
        assert len(lying(folder)) == 1
        with house.database.unit_of_work(world.here.scope) as session:
            assert sweep_orphans(session, older_than=timedelta(0)) == 1


class TestWalls:
    def test_another_community_and_another_street_find_nothing(self, house, folder, world) -> None:
        own, sibling = world.here.communities
        with house.database.unit_of_work(own.scope) as session:
            file_id = put(session, is_public=True).id
        for scope in (own.scope, world.here.scope):
            with house.database.unit_of_work(scope) as session:
                assert get_file(session, file_id).id == file_id
        for scope in (sibling.scope, world.there.scope):
            with house.database.unit_of_work(scope) as session:
                with pytest.raises(NotFound):
                    open_file(session, file_id)
                with pytest.raises(NotFound):
                    remove_file(session, SYSTEM, file_id)
                assert session.scalar(select(func.count()).select_from(StoredFile)) == 0

    def test_a_file_that_is_nowhere_gives_the_same_answer(self, house, folder, world) -> None:
        own, sibling = world.here.communities
        with house.database.unit_of_work(own.scope) as session:
            file_id = put(session).id
        messages = set()
        with house.database.unit_of_work(sibling.scope) as session:
            for each in (file_id, uuid4()):
                with pytest.raises(NotFound) as raised:
                    open_file(session, each)
                messages.add(str(raised.value))
        assert len(messages) == 1


class TestMayRead:
    def test_public_own_or_let_in_by_the_subjects_reader(self, house, folder, world) -> None:
        own = world.here.communities[0]
        storer = Actor(account_id=own.administrator)
        other = Actor(account_id=own.steward)
        allowed = {own.steward}
        file_reader("core", "test_subject")(lambda session, actor, file: actor.account_id in allowed)
        with house.database.unit_of_work(own.scope, storer) as session:
            plain = put(session)
            public = put(session, is_public=True)
            read_by_some = put(session, subject=("test_subject", own.compound))
            assert [may_read(session, who, plain) for who in (storer, other, PUBLIC)] == [True, False, False]
            assert [may_read(session, who, public) for who in (storer, other, PUBLIC)] == [True, True, True]
            assert [may_read(session, who, read_by_some) for who in (storer, other, PUBLIC)] == [True, True, False]


class TestRemove:
    def test_removes_bytes_after_the_commit_and_keeps_the_trace(self, house, folder, world) -> None:
        with house.database.unit_of_work(world.here.scope) as session:
            file_id = put(session).id
        with undone(house.database.unit_of_work(world.here.scope)) as session:
            remove_file(session, SYSTEM, file_id)
        assert len(lying(folder)) == 1
        with house.database.unit_of_work(world.here.scope) as session:
            remove_file(session, SYSTEM, file_id)
            assert len(lying(folder)) == 1
        assert lying(folder) == []
        with house.database.unit_of_work(world.here.scope) as session:
            with pytest.raises(NotFound):
                open_file(session, file_id)
            assert session.get(StoredFile, (world.here.id, file_id)).removed_at is not None

    def test_lost_bytes_are_not_found(self, house, folder, world) -> None:
        with house.database.unit_of_work(world.here.scope) as session:
            file_id = put(session).id
        lying(folder)[0].unlink()
        with house.database.unit_of_work(world.here.scope) as session, pytest.raises(NotFound):
            open_file(session, file_id)


class TestSweep:
    def test_removes_what_no_row_holds_in_this_street(self, house, folder, world) -> None:
        own = world.here.communities[0]
        storage = house.database.info["files"]
        with house.database.unit_of_work(own.scope) as session:
            kept = put(session).id
        orphan = storage.write(world.here.id, io.BytesIO(TEXT), limit=1000)
        neighbours = storage.write(world.there.id, io.BytesIO(TEXT), limit=1000)
        draft = folder / world.here.id.hex / "ab" / "ab.part"
        draft.parent.mkdir(exist_ok=True)
        draft.write_bytes(b"half")
        with house.database.unit_of_work(world.here.scope) as session:
            assert sweep_orphans(session, older_than=timedelta(hours=1)) == 0
            assert len(lying(folder)) == 4
            assert sweep_orphans(session, older_than=timedelta(0)) == 1
            open_file(session, kept)[1].close()
        assert not draft.exists()
        with pytest.raises(BytesMissing):
            storage.open(orphan.key)
        storage.open(neighbours.key).close()

    def test_refuses_a_scope_that_does_not_see_every_row(self, house, folder, world) -> None:
        one = world.here.communities[0].scope
        with house.database.unit_of_work(one) as session, pytest.raises(ValueError, match="whole street"):
            sweep_orphans(session)


class TestStorages:
    @pytest.fixture(params=["local", "memory"])
    def storage(self, request, tmp_path):
        return LocalStorage(tmp_path) if request.param == "local" else MemoryStorage()

    def test_write_open_remove(self, storage, world) -> None:
        written = storage.write(world.here.id, io.BytesIO(TEXT), limit=len(TEXT))
        with storage.open(written.key) as source:
            assert source.read() == TEXT
        assert list(storage.keys(world.here.id, older_than=timedelta(0))) == [written.key]
        assert list(storage.keys(world.there.id, older_than=timedelta(0))) == []
        storage.remove(written.key)
        storage.remove(written.key)
        with pytest.raises(BytesMissing):
            storage.open(written.key)

    def test_too_large_keeps_nothing(self, storage, world) -> None:
        with pytest.raises(TooLarge):
            storage.write(world.here.id, io.BytesIO(TEXT), limit=len(TEXT) - 1)
        assert list(storage.keys(world.here.id, older_than=timedelta(0))) == []

    @pytest.mark.asvs("V5.3.2")
    @pytest.mark.parametrize("key", ["../../etc/passwd", "/etc/passwd", "", "a" * 32 + "/../" + "b" * 64])
    def test_a_key_leads_nowhere_else(self, storage, key) -> None:
        with pytest.raises(BytesMissing):
            storage.open(key)


class TestHeaders:
    @pytest.mark.asvs("V5.4.2")
    def test_keep_the_file_apart_from_the_portal(self) -> None:
        file = StoredFile(name='名册;"1".xlsx', media_type="text/plain", size=3, is_public=False)
        headers = download_headers(file)
        assert headers["content-disposition"] == (
            "attachment; filename=\"____1_.xlsx\"; filename*=UTF-8''%E5%90%8D%E5%86%8C%3B%221%22.xlsx"
        )
        assert headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in headers["content-security-policy"]
        assert headers["cache-control"] == "private, no-store"

    def test_show_only_images_in_a_page(self) -> None:
        def shown(kind: str) -> str:
            file = StoredFile(name="a", media_type=kind, size=3, sha256=b"\x01" * 32, is_public=True)
            return download_headers(file, inline=True)["content-disposition"].partition(";")[0]

        assert shown("image/png") == "inline"
        assert shown("application/pdf") == shown("text/plain") == "attachment"
