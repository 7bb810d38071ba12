"""The proof of the record in the console and over the API: verified, signed, held against what was kept."""

from __future__ import annotations

import base64
import json
import time
from datetime import timedelta

import psycopg
import pytest

from linli.audit import record
from linli.kit.clock import now
from linli.tasks.models import Job
from linli.testing.web import Api, Browser, serving
from linli.upkeep.auditing import VERIFY

pytestmark = pytest.mark.requirement("PLT-007")


@pytest.fixture
def client(house):
    with serving(house) as client:
        yield client


@pytest.fixture
def street(client, house, world) -> Browser:
    for n in range(3):
        with house.database.unit_of_work(world.here.scope) as session:
            record(session, "core.test.act", ("thing", n))
    return Browser(client, house).sign_in_as(world.here.administrator)


@pytest.fixture
def program(client, house, world, street) -> Api:
    return Api(client, house).token_for(world.here.administrator, world.here.id)


@pytest.fixture
def spoil(house):
    def run(*statements: str) -> None:
        with psycopg.connect(house.addresses.superuser, autocommit=True) as connection:
            for table in ("audit_entry", "audit_anchor"):
                connection.execute(f"ALTER TABLE core.{table} DISABLE TRIGGER USER")
            for each in statements:
                connection.execute(each)

    return run


def proof(world, path: str = "") -> str:
    return f"/s/{world.here.code}/console/audit/proof{path}"


def verified(street: Browser, world) -> str:
    assert street.post(proof(world, "/verify")).status_code == 303
    return until(lambda: street.get(proof(world)).text, lambda page: "正在核对" not in page)


def until(ask, is_done):
    """The first answer that is wanted: the application's own runner does the work meanwhile."""
    for _try in range(200):
        answer = ask()
        if is_done(answer):
            return answer
        time.sleep(0.05)
    raise AssertionError(f"never came: {answer}")


class TestThePage:
    def test_says_that_nothing_was_verified_yet(self, street: Browser, world) -> None:
        page = street.get(proof(world)).text
        assert "还没有核对过" in page
        assert "还没有存证。" in page
        assert "它证明什么" in page

    def test_a_verification_is_shown_when_done(self, street: Browser, world) -> None:
        assert "记录完整：4 条全部相符" in verified(street, world)

    def test_one_that_is_going_on_shows_how_far(self, house, street: Browser, world) -> None:
        with house.database.unit_of_work(world.here.scope) as session:
            job = Job(task=VERIFY, owner="core", state="running", done=50_000, total=200_000, attempts=1)
            job.leased_until = now() + timedelta(minutes=5)
            session.add(job)
        page = street.get(proof(world)).text
        assert "已核对 50,000 条，共 200,000 条" in page
        assert 'value="25"' in page
        assert "现在核对" not in page

    def test_a_fault_is_shown_with_what_to_do(self, street: Browser, world, spoil) -> None:
        spoil("UPDATE core.audit_entry SET reason = 'x' WHERE n = 2")
        page = verified(street, world)
        assert "第 2 条被改动过" in page
        assert "请不要改动数据库" in page

    def test_an_anchor_is_made_downloaded_and_agrees(self, street: Browser, world, house) -> None:
        for message in ("已存证到第 3 条", "上次存证以后没有新的记录"):
            assert street.post(proof(world, "/anchors")).status_code == 303
            assert message in street.get(proof(world)).text
        file = self.download(street, world)
        assert file["public_key"] in street.get(proof(world)).text
        assert street.post(proof(world, "/check"), files=self.upload(file)).status_code == 303
        page = street.get(proof(world)).text
        assert "相符：第 3 条和您保存的存证一致" in page

    def test_a_kept_anchor_convicts(self, street: Browser, world, spoil) -> None:
        street.post(proof(world, "/anchors"))
        file = self.download(street, world)
        spoil(
            "DELETE FROM core.audit_anchor",
            "DELETE FROM core.audit_entry WHERE n = 3",
            "UPDATE core.audit_head h SET n = 2, hash = e.hash FROM core.audit_entry e "
            "WHERE e.tenant_id = h.tenant_id AND e.n = 2",
        )
        answer = street.post(proof(world, "/check"), files=self.upload(file))
        assert answer.status_code == 422
        assert "末尾被截断" in answer.text

    def test_a_broken_chain_is_not_signed(self, street: Browser, world, spoil) -> None:
        spoil("UPDATE core.audit_entry SET reason = 'x' WHERE n = 2")
        answer = street.post(proof(world, "/anchors"))
        assert answer.status_code == 409
        assert "没有存证" in answer.text

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"n": 2}, "签名不对"),
            ({"signature": "00" * 64}, "签名不对"),
            ({"key_id": "0" * 16}, "不是用本系统的签名密钥"),
            ({"tenant_id": "00000000-0000-0000-0000-000000000001"}, "另一个街道"),
            ({"format": "x"}, "不是存证文件"),
            ({"n": "x"}, "不是存证文件"),
        ],
    )
    def test_a_false_file_is_refused(self, street: Browser, world, change, message) -> None:
        street.post(proof(world, "/anchors"))
        file = self.download(street, world) | change
        answer = street.post(proof(world, "/check"), files=self.upload(file))
        assert answer.status_code == 422
        assert message in answer.text

    def test_no_file_is_told(self, street: Browser, world) -> None:
        assert "请选择文件" in street.post(proof(world, "/check")).text

    def test_another_streets_anchor_is_not_there(self, client, house, street: Browser, world) -> None:
        with house.database.unit_of_work(world.there.scope) as session:
            record(session, "core.test.act", ("thing", 1))
        other = Browser(client, house).sign_in_as(world.there.administrator)
        place = f"/s/{world.there.code}/console/audit/proof"
        other.post(f"{place}/anchors")
        link = other.get(place).text.partition("/anchors/")[2].partition("/")[0]
        assert other.get(f"{place}/anchors/{link}/file").status_code == 200
        street.sign_in_as(world.here.administrator)
        assert street.get(proof(world, f"/anchors/{link}/file")).status_code == 404

    def test_is_closed_to_who_may_not_verify(self, client, house, world) -> None:
        someone = Browser(client, house).sign_in_as(world.here.communities[0].administrator)
        assert someone.get(proof(world)).status_code == 403

    def download(self, street: Browser, world) -> dict:
        link = street.get(proof(world)).text.partition("/anchors/")[2].partition("/")[0]
        return json.loads(street.get(proof(world, f"/anchors/{link}/file")).content)

    def upload(self, file: dict) -> dict:
        return {"file": ("a.anchor.json", json.dumps(file).encode(), "application/json")}


class TestTheApi:
    def test_verifies_in_the_background(self, program: Api, world) -> None:
        place = f"/api/v1/s/{world.here.code}/audit"
        assert program.get(f"{place}/verification").json()["ok"] is None
        started = program.post(f"{place}/verification")
        assert started.status_code == 202
        found = until(lambda: program.get(f"{place}/verification").json(), lambda each: each["ok"] is not None)
        assert (found["ok"], found["rows"], found["fault"], found["job_id"]) == (True, 4, "", None)

    def test_anchors_are_made_listed_and_checked(self, house, program: Api, world) -> None:
        place = f"/api/v1/s/{world.here.code}/audit/anchors"
        made = program.post(place).json()
        assert made["n"] == 3
        assert program.post(place).json() == made
        with house.database.unit_of_work(world.here.scope) as session:
            record(session, "core.test.act", ("thing", 9))
        assert program.post(place).json()["n"] == 4
        first = program.get(f"{place}?limit=1").json()
        assert [each["n"] for each in first["items"]] == [4]
        assert [each["n"] for each in program.get(f"{place}?after={first['next']}").json()["items"]] == [3]
        content = program.get(f"{place}/{made['id']}/file").content
        checked = program.post(f"{place}/check", {"content": base64.b64encode(content).decode()}).json()
        assert checked == {"n": 3, "ok": True, "fault": ""}
        assert program.post(f"{place}/check", {"content": base64.b64encode(b"{}").decode()}).status_code == 422

    def test_a_token_without_the_permission_is_refused(self, client, house, world) -> None:
        reader = Api(client, house).token_for(world.here.administrator, world.here.id, "core.audit.read")
        assert reader.get(f"/api/v1/s/{world.here.code}/audit/anchors").status_code == 403
