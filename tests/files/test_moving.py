"""Bytes carried from the folder to a bucket: whole, once, and never without their row."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from sqlalchemy import select
from tests.files.pictures import picture

from linli.audit.models import AuditEntry
from linli.files.models import StoredFile
from linli.files.moving import held_by_storage, move_files, verify_files
from linli.files.sealing import MAGIC, is_sealed
from linli.files.service import open_file, open_thumbnail, remove_file, store_file
from linli.files.storage import LocalStorage, StorageFailed
from linli.kit.actor import SYSTEM
from linli.testing.databases import MASTER

TEXT = "邻里的说明\n".encode() * 20


@pytest.fixture
def attic(house, service, tmp_path, world) -> SimpleNamespace:
    """Two files and a picture of one street and one file of the other, in the folder."""
    local = LocalStorage(tmp_path / "data" / "files")
    bucket = service.storage()
    by_name = {each.name: each for each in (local, bucket)}
    house.database.info |= {"files": local, "storages": by_name.__getitem__}
    place = SimpleNamespace(house=house, local=local, bucket=bucket, named=by_name.__getitem__, ids=[])
    for street in world.streets:
        with house.database.unit_of_work(street.communities[0].scope) as session:
            names = (
                [("说明.txt", TEXT)]
                if street is world.there
                else [("一.txt", TEXT), ("二.txt", TEXT), ("图.png", picture())]
            )
            place.ids += [store_file(session, SYSTEM, content, owner="core", name=name).id for name, content in names]
    return place


def move(attic, street, **options):
    return move_files(attic.house.database, street.id, attic.bucket, named=attic.named, **options)


def lying(storage, street) -> set[str]:
    return set(storage.keys(street.id, older_than=timedelta(0)))


def rows(attic, street) -> list[StoredFile]:
    with attic.house.database.unit_of_work(street.scope) as session:
        return list(session.scalars(select(StoredFile).order_by(StoredFile.id)))


def test_older_files_are_read_after_the_setting_has_changed(attic, world) -> None:
    attic.house.database.info["files"] = attic.bucket
    with attic.house.database.unit_of_work(world.here.scope) as session:
        new = store_file(session, SYSTEM, TEXT, owner="core", name="新.txt")
        assert new.storage == attic.bucket.name
        for file_id in (attic.ids[0], new.id):
            with open_file(session, file_id)[1] as source:
                assert source.read() == TEXT
        remove_file(session, SYSTEM, attic.ids[0])
    assert len(lying(attic.local, world.here)) == 3
    assert len(lying(attic.bucket, world.here)) == 1


def test_moves_every_file_and_thumbnail_and_takes_the_old_bytes_away(attic, world) -> None:
    before = [(each.id, each.storage_key, each.sha256) for each in rows(attic, world.here)]
    told: list[tuple[int, int]] = []
    report = move(attic, world.here, tell=lambda done, total: told.append((done, total)))
    assert (report.files, report.faults) == (3, [])
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert lying(attic.local, world.here) == set()
    assert len(lying(attic.bucket, world.here)) == 4
    after = rows(attic, world.here)
    assert [(each.id, each.storage_key, each.sha256) for each in after] == before
    assert {each.storage for each in after} == {attic.bucket.name}
    with attic.house.database.unit_of_work(world.here.scope) as session:
        for file in after:
            with open_file(session, file.id)[1] as source:
                assert len(source.read()) == file.size
        with open_thumbnail(session, after[2]) as source:
            assert source.read(4) == b"RIFF"
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.n.desc())).first()
        assert (entry.action, entry.after["files"]) == ("core.file.move", 3)


def test_the_other_street_is_left_alone(attic, world) -> None:
    theirs = lying(attic.local, world.there)
    move(attic, world.here)
    assert lying(attic.local, world.there) == theirs
    assert lying(attic.bucket, world.there) == set()
    assert held_by_storage(attic.house.database, world.there.id)[0].storage == "local"


def test_a_second_run_does_nothing(attic, world) -> None:
    move(attic, world.here)
    assert move(attic, world.here).files == 0


@pytest.mark.parametrize("at", [0, 1, 2])
def test_what_was_broken_off_is_gone_on_with(attic, world, at, monkeypatch) -> None:
    put, calls = type(attic.bucket).put, []

    def breaks(storage, key, source, *, limit):
        calls.append(key)
        if len(calls) == at + 1:
            raise StorageFailed("away")
        return put(storage, key, source, limit=limit)

    with monkeypatch.context() as patched:
        patched.setattr(type(attic.bucket), "put", breaks)
        with pytest.raises(StorageFailed):
            move(attic, world.here)
    sound = verify_files(attic.house.database, world.here.id, named=attic.named)
    assert (sound.files, sound.faults) == (3, [])
    assert move(attic, world.here).files == 3 - at
    assert verify_files(attic.house.database, world.here.id, named=attic.named).files == 3
    assert lying(attic.local, world.here) == set()


def test_bytes_that_changed_on_the_way_stay_where_they_are(attic, world, monkeypatch) -> None:
    put = type(attic.bucket).put

    def spoils(storage, key, source, *, limit):
        written = put(storage, key, source, limit=limit)
        put(storage, key, io.BytesIO(b"other bytes"), limit=99)
        return written

    monkeypatch.setattr(type(attic.bucket), "put", spoils)
    report = move(attic, world.here)
    assert (report.files, [each.what for each in report.faults]) == (0, ["damaged"] * 3)
    assert lying(attic.bucket, world.here) == set()
    assert verify_files(attic.house.database, world.here.id, named=attic.named).files == 3


def test_lost_and_damaged_bytes_are_told_and_the_others_move(attic, world, tmp_path) -> None:
    first, second, _third = rows(attic, world.here)
    attic.local.remove(first.storage_key)
    (tmp_path / "data" / "files" / second.storage_key).write_bytes(b"x" * second.size)
    report = move(attic, world.here)
    assert report.files == 1
    assert [(each.file_id, each.what) for each in report.faults] == [(first.id, "missing"), (second.id, "damaged")]
    assert {each.storage for each in rows(attic, world.here)[:2]} == {"local"}


class TestSealed:
    """Sealed files are compared by what they say, not by the bytes that lie there."""

    @pytest.fixture
    def roster(self, attic, world):
        with attic.house.database.unit_of_work(world.here.communities[0].scope) as session:
            options = {"owner": "core", "name": "名册.csv", "subject": ("roster_import", uuid4())}
            file = store_file(session, SYSTEM, TEXT, **options)
            assert is_sealed("core", "roster_import")
            return file.id, file.storage_key

    def test_one_moves_as_it_lies_and_is_read_there(self, attic, world, roster) -> None:
        file_id, key = roster
        with attic.local.open(key) as stored:
            sealed = stored.read()
        assert sealed.startswith(MAGIC)
        assert verify_files(attic.house.database, world.here.id, named=attic.named).faults == []
        report = move(attic, world.here)
        assert (report.files, report.faults) == (4, [])
        assert lying(attic.local, world.here) == set()
        with attic.bucket.open(key) as stored:
            assert stored.read() == sealed
        assert verify_files(attic.house.database, world.here.id, named=attic.named).files == 4
        with attic.house.database.unit_of_work(world.here.scope) as session, open_file(session, file_id)[1] as source:
            assert source.read() == TEXT

    @pytest.mark.parametrize("what", ["altered", "cut", "unsealed"])
    def test_a_damaged_one_stays(self, attic, world, roster, tmp_path, what) -> None:
        file_id, key = roster
        path = tmp_path / "data" / "files" / key
        sealed = path.read_bytes()
        made = {"altered": sealed[:-1] + bytes([sealed[-1] ^ 1]), "cut": sealed[:-1], "unsealed": TEXT[:-1]}
        path.write_bytes(made[what])
        for report in (
            verify_files(attic.house.database, world.here.id, named=attic.named),
            move(attic, world.here),
        ):
            assert [(each.file_id, each.what) for each in report.faults] == [(file_id, "damaged")]
        assert key not in lying(attic.bucket, world.here)


def test_a_file_removed_while_it_moves_leaves_no_copy(attic, world, monkeypatch) -> None:
    put = type(attic.bucket).put

    def removes(storage, key, source, *, limit):
        written = put(storage, key, source, limit=limit)
        with attic.house.database.unit_of_work(world.there.scope) as session:
            remove_file(session, SYSTEM, attic.ids[3])
        return written

    monkeypatch.setattr(type(attic.bucket), "put", removes)
    assert move(attic, world.there).files == 0
    assert lying(attic.bucket, world.there) == lying(attic.local, world.there) == set()


def test_a_reader_finds_a_file_that_moved_under_its_feet(attic, world) -> None:
    with attic.house.database.unit_of_work(world.here.scope) as session:
        session.get(StoredFile, (world.here.id, attic.ids[0]))
        move(attic, world.here)
        with open_file(session, attic.ids[0])[1] as source:
            assert source.read() == TEXT


class TestCommands:
    @pytest.fixture
    def linli(self, attic, service, tmp_path):
        import base64

        from click.testing import CliRunner

        from linli.cli import cli

        environment = {
            "LINLI_ENV": "development",
            "LINLI_DATA_DIR": str(tmp_path / "data"),
            "LINLI_SECRET_KEY": base64.b64encode(MASTER).decode(),
            "LINLI_DATABASE_URL": attic.house.addresses.app,
            "LINLI_DATABASE_OWNER_URL": attic.house.addresses.owner,
            "LINLI_PORT": "18498",
            **service.environment,
        }

        def run(*words: str, expect: int = 0, **variables: str | None):
            result = CliRunner().invoke(cli, list(words), env={**environment, **variables})
            assert result.exit_code == expect, result.output
            assert "Traceback" not in result.output
            return result

        return run

    def test_status_tells_where_files_lie(self, linli, attic, world) -> None:
        found = json.loads(linli("files", "status", "--json").stdout)
        assert found["current"] == attic.bucket.name
        held = {each["street"]: each["held"] for each in found["streets"]}
        assert [(each["storage"], each["files"]) for each in held[world.here.code]] == [("local", 3)]
        assert "还有 4 个附件" in linli("files", "status").stdout

    def test_move_shows_its_plan_first_and_then_moves(self, linli, attic, world) -> None:
        assert "试运行" in linli("files", "move", "--dry-run").stdout
        assert len(lying(attic.local, world.here)) == 4
        result = linli("files", "move")
        assert f"{world.here.code}  3/3" in result.stderr
        assert f"{world.there.code}  1/1" in result.stderr
        assert lying(attic.local, world.here) == lying(attic.local, world.there) == set()
        assert json.loads(linli("files", "verify", "--json").stdout)["ok"]

    def test_move_of_one_street_leaves_the_others(self, linli, attic, world) -> None:
        linli("files", "move", "--street", world.there.code)
        assert len(lying(attic.local, world.here)) == 4

    def test_a_fault_ends_with_its_code(self, linli, attic, world) -> None:
        attic.local.remove(rows(attic, world.here)[0].storage_key)
        found = json.loads(linli("files", "verify", "--json", expect=1).stdout)
        assert [each["fault"] for street in found["streets"] for each in street["faults"]] == ["missing"]
        assert "内容不见了" in linli("files", "move", expect=1).stdout

    def test_a_bucket_that_is_away_is_told_in_words(self, linli, attic, world) -> None:
        result = linli("files", "move", expect=1, LINLI_FILES_ENDPOINT="http://127.0.0.1:9")
        assert "连不上存储桶" in result.stderr
        assert "secret" not in result.output

    def test_moving_back_asks_for_the_setting_first(self, linli) -> None:
        assert "LINLI_FILES_URL" in linli("files", "move", "--to", "local", expect=1).stderr

    def test_back_into_the_folder(self, linli, attic, world) -> None:
        linli("files", "move")
        linli("files", "move", "--to", "local", LINLI_FILES_URL=None)
        assert len(lying(attic.local, world.here)) == 4
        assert lying(attic.bucket, world.here) == set()

    def test_the_doctor_writes_to_the_bucket(self, linli) -> None:
        def finding(**variables: str) -> dict:
            result = json.loads(linli("doctor", "--json", expect=1 if variables else 0, **variables).stdout)
            return next(each for each in result["checks"] if each["check"] == "files")

        assert finding()["status"] == "ok"
        for wrong in ({"LINLI_FILES_URL": "s3://no-such-bucket"}, {"LINLI_FILES_ENDPOINT": "http://127.0.0.1:9"}):
            found = finding(**wrong)
            assert (found["status"], "LINLI_FILES" in found["way_out"]) == ("fault", True)
            assert "secret" not in json.dumps(found)
