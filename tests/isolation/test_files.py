"""Part E: bytes, thumbnails, uploads and exports of other people, of other communities and of other streets."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from statistics import median
from time import perf_counter
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, select
from tests.isolation.cabinet import AGE, HERE, SIBLING, THERE, Cabinet, gist, keeping, page, picture
from tests.residents.rosters import row, workbook

import linli
from linli.files.models import StoredFile
from linli.files.moving import move_files
from linli.files.service import open_file, remove_file, store_file
from linli.files.storage import BytesMissing, LocalStorage, MemoryStorage, Storage
from linli.files.sweeping import sweep_orphans
from linli.kit.actor import SYSTEM, Actor
from linli.kit.clock import now
from linli.kit.errors import NotFound
from linli.tasks import Task, Tasks, enqueue
from linli.tasks.run import JobRun
from linli.tasks.runner import JobRunner
from linli.testing.site import Route
from linli.testing.web import Browser
from linli.testing.world import WORLD
from linli.web.routing import PROVIDED

#: Who may not read a private file of the first community's administrator, and where they try.
STRANGERS: dict[str, tuple[UUID | None, Callable[..., str]]] = {
    "nobody": (None, lambda file, end: page(HERE, file, end)),
    "a resident there": (HERE.resident_account, lambda file, end: page(HERE, file, end)),
    "a steward there": (HERE.steward, lambda file, end: page(HERE, file, end)),
    "the neighbour's administrator, there": (SIBLING.administrator, lambda file, end: page(HERE, file, end)),
    "the neighbour's administrator, at home": (SIBLING.administrator, lambda file, end: page(SIBLING, file, end)),
    "the other street's administrator, there": (THERE.administrator, lambda file, end: page(HERE, file, end)),
    "the other street's administrator, at home": (THERE.administrator, lambda file, end: page(THERE, file, end)),
    "the owner, in the neighbour's portal": (HERE.administrator, lambda file, end: page(SIBLING, file, end)),
    "the owner, in the other street": (HERE.administrator, lambda file, end: page(THERE, file, end)),
}


class ListedMemory(MemoryStorage):
    """Tells what lies in it."""

    name = "listed"

    def all_keys(self) -> set[str]:
        return set(self._files)


@pytest.fixture
def cabinet(served, module_house) -> Iterator[Cabinet]:
    with keeping(module_house, ListedMemory()) as storage:
        yield Cabinet(module_house, served, storage)


def sweep_takes_only_ones_own(cabinet: Cabinet) -> None:
    """The sweep of one street, with files of both streets and an orphan of each."""
    mine, theirs = cabinet.put(HERE, None), cabinet.put(THERE, None)
    orphan, their_orphan = (
        cabinet.storage.write(street.id, io.BytesIO(b"orphan"), limit=9).key for street in WORLD.streets
    )
    with cabinet.house.database.unit_of_work(WORLD.here.scope) as session:
        swept = sweep_orphans(session, older_than=AGE)
    assert cabinet.has(theirs.storage_key), "the other street's file was swept away"
    assert cabinet.has(theirs.thumbnail_key or ""), "the other street's thumbnail was swept away"
    assert cabinet.has(their_orphan), "the other street's orphan was swept away"
    assert swept == 1, "control: one's own orphan goes"
    assert not cabinet.has(orphan), "control: one's own orphan goes"
    assert cabinet.has(mine.storage_key), "control: one's own file stays"


def a_row_opens_only_ones_own(cabinet: Cabinet) -> None:
    """A row of one's own street that names bytes of the other, as an injected statement could write it."""
    mine, theirs = cabinet.put(HERE, None, b"mine", name="a.txt"), cabinet.put(THERE, None, b"theirs", name="a.txt")
    with cabinet.house.database.unit_of_work(WORLD.here.scope) as session:
        with open_file(session, mine.id)[1] as source:
            assert source.read() == b"mine", "control: one's own is read"
        stolen = session.get(StoredFile, (WORLD.here.id, mine.id))
        assert stolen is not None
        stolen.storage_key = theirs.storage_key
    with cabinet.house.database.unit_of_work(WORLD.here.scope) as session:
        try:
            with open_file(session, mine.id)[1] as source:
                raise AssertionError(f"read {source.read()!r} of the other street")
        except NotFound:
            pass
    with cabinet.house.database.unit_of_work(WORLD.here.scope) as session:
        remove_file(session, SYSTEM, mine.id)
    assert cabinet.has(theirs.storage_key), "the other street's bytes were removed"


def a_move_carries_only_ones_own(cabinet: Cabinet) -> None:
    """The move of one street while a row of it names the other's bytes."""
    mine, theirs = cabinet.put(HERE, None, b"mine", name="a.txt"), cabinet.put(THERE, None, b"theirs", name="a.txt")
    with cabinet.house.database.unit_of_work(WORLD.here.scope) as session:
        crossed = store_file(session, SYSTEM, b"theirs", owner="core", name="a.txt")
        session.flush()
        crossed.storage_key = theirs.storage_key
    target = MemoryStorage()

    def named(name: str) -> Storage:
        return target if name == target.name else cabinet.house.database.info["storages"](name)

    report = move_files(cabinet.house.database, WORLD.here.id, target, named=named)
    assert cabinet.has(theirs.storage_key), "the other street's bytes were carried away"
    assert [each.what for each in report.faults if each.file_id == crossed.id] == ["foreign"], "it was not noticed"
    target.open(mine.storage_key).close()
    assert not cabinet.has(mine.storage_key), "control: one's own is moved"
    with cabinet.house.database.unit_of_work(WORLD.here.scope) as session:
        for row_ in session.scalars(select(StoredFile).where(StoredFile.storage == target.name)):
            row_.removed_at = now()


class TestKeys:
    def test_e1_object_keys_are_not_guessed(self, cabinet: Cabinet) -> None:
        files = [cabinet.put(HERE, HERE.administrator) for _ in range(30)]
        keys = [key for file in files for key in (file.storage_key, file.thumbnail_key or "")]
        assert len(set(keys)) == 60
        for key in keys:
            street, fan, name = key.split("/")
            assert street == WORLD.here.id.hex, "a key begins with its street"
            assert re.fullmatch(r"[0-9a-f]{64}", name)
            assert name.startswith(fan)
        # 256 random bits: about half of them differ between any two, whatever the content and the moment.
        numbers = [int(key[-64:], 16) for key in keys]
        apart = [(one ^ other).bit_count() for one, other in pairwise(numbers)]
        assert min(apart) > 70
        assert not {str(file.id) for file in files} & set(keys)

    def test_e1_a_key_is_no_address_and_stands_in_no_answer(self, cabinet: Cabinet) -> None:
        file = cabinet.put(HERE, HERE.administrator, is_public=True)
        assert cabinet.ask(None, page(HERE, file.id)).status_code == 200, "control: its address is answered"
        for key in (file.storage_key, file.thumbnail_key or ""):
            for address in (page(HERE, key), f"/files/{key}", f"/static/{key}", f"/static/own/../../files/{key}"):
                assert cabinet.ask(HERE.administrator, address).status_code == 404
            for end in ("", "?inline=true", "/thumbnail"):
                answer = cabinet.ask(HERE.administrator, page(HERE, file.id, end))
                assert key[-64:] not in f"{answer.headers}"

    def test_e1_the_sweep_of_one_street_takes_nothing_of_the_other(self, cabinet: Cabinet) -> None:
        sweep_takes_only_ones_own(cabinet)

    def test_e1_a_row_that_names_others_bytes_opens_and_removes_nothing(self, cabinet: Cabinet) -> None:
        a_row_opens_only_ones_own(cabinet)

    def test_e1_a_row_that_names_others_bytes_moves_nothing(self, cabinet: Cabinet) -> None:
        a_move_carries_only_ones_own(cabinet)

    @pytest.mark.parametrize(
        "path", ["../secret.key", "..%2f..%2fsecret.key", "%2e%2e/%2e%2e/secret.key", "/etc/passwd", "%2fetc%2fpasswd"]
    )
    def test_e2_paths_lead_nowhere(self, cabinet: Cabinet, path: str, tmp_path: Path) -> None:
        file = cabinet.put(HERE, HERE.administrator)
        assert cabinet.ask(HERE.administrator, page(HERE, file.id)).status_code == 200, "control: its own address"
        for end in ("", "/thumbnail"):
            assert cabinet.ask(HERE.administrator, page(HERE, path, end)).status_code in (404, 422)
        (tmp_path / "secret.key").write_text("the key of the house")
        storage = LocalStorage(tmp_path / "files")
        kept = storage.write(WORLD.here.id, io.BytesIO(b"x"), limit=9).key
        storage.open(kept).close()
        for key in (
            path,
            f"{WORLD.here.id.hex}/{path}",
            f"{kept}/../../../../secret.key",
            str(tmp_path / "secret.key"),
        ):
            with pytest.raises(BytesMissing):
                storage.open(key)
            with pytest.raises(BytesMissing):
                storage.put(key, io.BytesIO(b"x"), limit=9)

    def test_e2_a_name_with_a_path_is_kept_without_it(self, cabinet: Cabinet) -> None:
        for name in ("../../etc/cron.d/照片.png", "/etc/照片.png", "C:\\Windows\\照片.png", "..\\..\\照片.png"):
            file = cabinet.put(HERE, HERE.administrator, name=name)
            assert file.name == "照片.png"
            sent = cabinet.ask(HERE.administrator, page(HERE, file.id)).headers["content-disposition"]
            assert ".." not in sent
            assert "/" not in sent.replace("UTF-8''", "")

    def test_e3_there_are_no_signed_addresses(self, cabinet: Cabinet, routes: list[Route]) -> None:
        file = cabinet.put(HERE, HERE.administrator)
        assert cabinet.ask(HERE.administrator, page(HERE, file.id)).status_code == 200, "control: with one's session"
        # Nothing in an address opens a file: it is the session or the token, asked anew for each request.
        of_files = [each for each in routes if "file_id" in each.parameters and each.handler.is_read]
        assert len(of_files) >= 10
        for route in of_files:
            assert set(route.query_parameters()) - PROVIDED <= {"inline"}
        for end in ("?token=x", "?signature=x&expires=9999999999", f"?X-Amz-Signature={'0' * 64}"):
            for host in ("linli.test", "other.example.cn"):
                answer = cabinet.ask(None, page(HERE, file.id, end), headers={"host": host})
                assert answer.status_code == 404
        # And the provider's own signatures are never asked for.
        for source in Path(linli.__file__).parent.rglob("*.py"):
            assert not re.search(r"obstore\.sign|generate_presigned|import sign\b", source.read_text(encoding="utf-8"))


def harmful_workbooks() -> dict[str, bytes]:
    """Rosters that would write elsewhere, or swell while they are read."""
    good = workbook([row("101", "甲")])

    def with_part(name: str, content: bytes) -> bytes:
        target = io.BytesIO(good)
        with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, content)
        return target.getvalue()

    def with_text(part: str, head: bytes) -> bytes:
        target = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(good)) as source, zipfile.ZipFile(target, "w") as archive:
            for each in source.infolist():
                content = source.read(each)
                if each.filename == part:
                    content = head + re.sub(rb"^<\?xml.*?\?>", b"", content)
                archive.writestr(each.filename, content)
        return target.getvalue()

    laughs = (
        b"<!DOCTYPE x [<!ENTITY a 'ha'>"
        + b"".join(b"<!ENTITY %c '%s'>" % (code, b"&%c;" % (code - 1) * 10) for code in range(ord("b"), ord("j")))
        + b"]>"
    )
    outside = b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"
    return {
        "a part above its folder": with_part("../../../tmp/linli-slipped.txt", b"slipped"),
        "a part with an absolute path": with_part("/tmp/linli-slipped.txt", b"slipped"),
        "a part with a drive": with_part("C:\\linli-slipped.txt", b"slipped"),
        "entities that laugh": with_text("xl/workbook.xml", laughs),
        "entities that read files": with_text("xl/worksheets/sheet1.xml", outside),
        "a document type far behind": with_text("xl/workbook.xml", b"<!--" + b" " * 2_000_000 + b"-->" + laughs),
        "a document type in the strings": with_text("xl/styles.xml", laughs),
        "a bomb": with_part("xl/media/image1.xml", b"\0" * 60_000_000),
    }


def an_import_unpacks_no_trap(cabinet: Cabinet) -> None:
    """Rosters sent as a community's administrator sends them."""
    browser = Browser(cabinet.client, cabinet.house).sign_in_as(HERE.administrator)
    rosters = f"/s/{HERE.street_code}/c/{HERE.code}/admin/rosters"

    def send(content: bytes) -> int:
        files = {"file": ("名册.xlsx", content, "application/octet-stream")}
        answer = browser.post(rosters, {"compound_id": str(HERE.compound)}, files=files)
        assert "/etc/passwd" not in answer.text
        assert "root:" not in answer.text
        return answer.status_code

    keys = cabinet.storage.all_keys()  # type: ignore[attr-defined]
    took = {}
    for what, content in harmful_workbooks().items():
        began = perf_counter()
        assert send(content) == 422, what
        took[what] = perf_counter() - began
    assert max(took.values()) < 5, took
    assert cabinet.storage.all_keys() == keys, "something was kept"  # type: ignore[attr-defined]
    assert not Path("/tmp/linli-slipped.txt").exists()
    assert send(workbook([row("101", "甲")])) == 303, "control: a good one is taken"
    browser.sign_out()


class TestTransfer:
    def test_e4_an_import_unpacks_no_trap(self, cabinet: Cabinet) -> None:
        an_import_unpacks_no_trap(cabinet)

    def test_e5_an_export_is_fetched_by_whoever_asked_for_it(self, cabinet: Cabinet) -> None:
        def make_export(run: JobRun) -> dict[str, str]:
            with run.unit_of_work() as session:
                file = store_file(session, run.actor, b"names and numbers", owner="core", name="名册.csv")
            return {"file_id": str(file.id)}

        tasks = Tasks({"core.make_export": Task("core.make_export", make_export)})
        asker = Actor(account_id=HERE.administrator, display_name="社区管理员")
        with cabinet.house.database.unit_of_work(HERE.scope, asker) as session:
            job = enqueue(session, "core.make_export")
        JobRunner(cabinet.house, tasks).run_due()
        address = f"/s/{HERE.street_code}/c/{HERE.code}/jobs/{job}"
        mine = cabinet.ask_api(HERE.administrator, WORLD.here.id, address)
        assert mine.json()["state"] == "done", "control: the asker sees the job"
        file_id = mine.json()["result"]["file_id"]
        sent = cabinet.ask(HERE.administrator, page(HERE, file_id))
        assert sent.content == b"names and numbers", "control: and fetches the export"
        for who, (account, address_of) in STRANGERS.items():
            got, nothing = (cabinet.ask(account, address_of(each, "")) for each in (file_id, uuid4()))
            assert (got.status_code, gist(got)) == (404, gist(nothing)), who
        for stranger in (HERE.resident_account, HERE.steward, SIBLING.administrator):
            assert cabinet.ask_api(stranger, WORLD.here.id, address).status_code == 404

    def test_e5_an_import_and_its_marked_file_stay_with_those_who_may_import(self, cabinet: Cabinet) -> None:
        browser = Browser(cabinet.client, cabinet.house).sign_in_as(HERE.administrator)
        portal = f"/s/{HERE.street_code}/c/{HERE.code}/admin"
        faulty = workbook([row("101", "甲", "no phone")])
        files = {"file": ("名册.xlsx", faulty, "application/octet-stream")}
        to = browser.post(f"{portal}/rosters", {"compound_id": str(HERE.compound)}, files=files).headers["location"]
        JobRunner(cabinet.house, Tasks()).run_due()
        with cabinet.house.database.unit_of_work(HERE.scope) as session:
            statement = select(StoredFile).where(
                StoredFile.subject_type == "roster_import", StoredFile.size == len(faulty)
            )
            (uploaded,) = session.scalars(statement)
        assert cabinet.ask(HERE.administrator, f"{to}/errors").content.startswith(b"PK"), "control: the importer's"
        assert cabinet.ask(HERE.administrator, page(HERE, uploaded.id)).content == faulty, "control: the importer's"
        own = f"{HERE.street_code}/c/{HERE.code}"
        elsewhere = [to.replace(own, f"{each.street_code}/c/{each.code}") for each in (SIBLING, THERE)]
        for account in (HERE.resident_account, HERE.steward, SIBLING.administrator, THERE.administrator):
            for address in (to, *elsewhere):
                assert cabinet.ask(account, f"{address}/errors").status_code in (403, 404)
            assert cabinet.ask(account, page(HERE, uploaded.id)).status_code == 404

    def test_e6_no_temporary_file_is_left_even_by_a_crash(self, tmp_path: Path) -> None:
        killed = {}
        for writer in ("ours", "theirs"):
            folder = tmp_path / writer
            folder.mkdir()
            process = subprocess.Popen(
                [sys.executable, "-c", HALF_AN_EXPORT, writer],
                stdout=subprocess.PIPE,
                env={**os.environ, "TMPDIR": str(folder)},
            )
            try:
                assert process.stdout is not None
                assert process.stdout.readline() == b"half\n"
            finally:
                os.kill(process.pid, signal.SIGKILL)
                process.wait()
                process.stdout.close()  # type: ignore[union-attr]
            killed[writer] = [path.name for path in folder.iterdir()]
        assert killed["ours"] == []
        assert len(killed["theirs"]) == 1, "control: openpyxl's own way leaves a file"

    def test_e6_exports_and_uploads_leave_nothing_behind(self, cabinet: Cabinet, tmp_path: Path, monkeypatch) -> None:
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        browser = Browser(cabinet.client, cabinet.house).sign_in_as(HERE.administrator)
        portal = f"/s/{HERE.street_code}/c/{HERE.code}/admin"
        for form in ("xlsx", "csv"):
            answer = browser.post(f"{portal}/rosters/export", {"file_format": form})
            assert answer.status_code == 200, "control: there is an export"
            assert len(answer.content) > 100
        browser.get(f"{portal}/rosters/template")
        with pytest.raises(Exception, match="有误"):
            cabinet.put(HERE, HERE.administrator, b"\x89PNG\r\n\x1a\n" + bytes(3_000_000))
        cabinet.put(HERE, HERE.administrator, picture())
        browser.sign_out()
        assert list(tmp_path.iterdir()) == []


#: Writes a roster with openpyxl's own workbook or with ours, and waits in the middle.
HALF_AN_EXPORT = """
import contextlib, sys, tempfile, time
import openpyxl
from linli.residents.roster import export

if sys.argv[1] == "theirs":
    export.StreamedWorkbook = lambda: contextlib.closing(openpyxl.Workbook(write_only=True))

def rows():
    for number in range(30_000):
        yield {"name": f"居民{number}", "phone": "13800000000", "door": str(number)}
    print("half", flush=True)
    time.sleep(60)

export._write_xlsx(tempfile.SpooledTemporaryFile(max_size=1 << 20), export.COLUMNS, rows())
"""


def an_upload_tells_nothing_of_others(cabinet: Cabinet, record: Callable[[str, object], None] | None = None) -> None:
    """The same content uploaded where it exists already and where it does not."""
    content = picture(201)
    first = cabinet.put(THERE, THERE.administrator, content)
    again = [cabinet.put(where, None, content) for where in (THERE, HERE, SIBLING, HERE)]
    keys = {each.storage_key for each in (first, *again)} | {each.thumbnail_key for each in (first, *again)}
    assert len(keys) == 10, "the same bytes share a key"
    work: list[tuple[int, int]] = []
    times: dict[str, list[float]] = {"known": [], "new": []}
    for k in range(12):
        for kind, sent in (("known", content), ("new", picture(k))):
            statements: list[str] = []

            def count(_connection, _cursor, statement, *_more, statements=statements) -> None:
                statements.append(statement)

            before = len(cabinet.storage.all_keys())  # type: ignore[attr-defined]
            event.listen(cabinet.house.database.engine, "before_cursor_execute", count)
            began = perf_counter()
            file = cabinet.put(HERE, HERE.administrator, sent)
            times[kind].append(perf_counter() - began)
            event.remove(cabinet.house.database.engine, "before_cursor_execute", count)
            work.append((len(statements), len(cabinet.storage.all_keys()) - before))  # type: ignore[attr-defined]
            assert file.storage == cabinet.storage.name
    assert len(set(work)) == 1, f"known content takes other work: {set(work)}"
    with cabinet.house.database.unit_of_work(WORLD.there.scope) as session:
        remove_file(session, SYSTEM, first.id)
    for file in again:
        assert cabinet.has(file.storage_key), "control: a copy of one's own outlives the other's"
    if record is not None:
        record("known_ms", round(median(times["known"]) * 1000, 2))
        record("new_ms", round(median(times["new"]) * 1000, 2))


class TestContent:
    def test_e7_an_upload_does_not_tell_that_the_content_exists(self, cabinet: Cabinet, record_property) -> None:
        an_upload_tells_nothing_of_others(cabinet, record_property)


def thumbnails_stay_with_their_files(cabinet: Cabinet) -> None:
    """The small picture of a private file, asked for by everybody who may not see the file."""
    file = cabinet.put(HERE, HERE.administrator)
    first = cabinet.ask(HERE.administrator, page(HERE, file.id, "/thumbnail"))
    mark = first.headers.get("etag", "")
    for who, (account, address_of) in STRANGERS.items():
        for headers in ({}, {"if-none-match": mark}, {"if-none-match": "*"}):
            got, nothing = (
                cabinet.ask(account, address_of(each, "/thumbnail"), headers=headers) for each in (file.id, uuid4())
            )
            assert (got.status_code, gist(got)) == (404, gist(nothing)), f"{who} {headers}"
            assert "etag" not in got.headers
    for stranger, street in ((HERE.steward, WORLD.here.id), (THERE.administrator, WORLD.there.id)):
        got = cabinet.ask_api(stranger, street, page(HERE, file.id, "/thumbnail"))
        assert got.status_code in (401, 403, 404), "in the API"
    assert first.status_code == 200, "control: its owner sees it"
    assert "private" in first.headers["cache-control"], "control: and no proxy keeps it"
    again = cabinet.ask(HERE.administrator, page(HERE, file.id, "/thumbnail"), headers={"if-none-match": mark})
    assert again.status_code == 304, "control: and need not fetch it twice"
    with cabinet.house.database.unit_of_work(WORLD.here.scope) as session:
        remove_file(session, SYSTEM, file.id)
    assert cabinet.ask(HERE.administrator, page(HERE, file.id, "/thumbnail")).status_code == 404
    assert not cabinet.has(file.thumbnail_key or ""), "it outlives its file"


class TestThumbnails:
    def test_e12_thumbnails_stay_with_their_files(self, cabinet: Cabinet) -> None:
        thumbnails_stay_with_their_files(cabinet)

    def test_e12_a_public_thumbnail_stays_behind_its_walls(self, cabinet: Cabinet) -> None:
        file = cabinet.put(HERE, HERE.administrator, is_public=True)
        assert cabinet.ask(None, page(HERE, file.id, "/thumbnail")).status_code == 200, "control: it is public there"
        for where in (SIBLING, THERE):
            got, nothing = (cabinet.ask(None, page(where, each, "/thumbnail")) for each in (file.id, uuid4()))
            assert (got.status_code, gist(got)) == (404, gist(nothing))
