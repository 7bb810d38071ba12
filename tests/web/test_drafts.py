"""Drafts of forms: for their writer alone, sealed, bounded, gone when the form is sent, and writing nothing else."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select, text, update

from linli.house import House
from linli.identity.retention import forget_account
from linli.kit.actor import Actor
from linli.kit.clock import now
from linli.plugins.contributions import Person
from linli.residents.models import Resident
from linli.testing.web import Browser
from linli.testing.world import CommunityWorld, World
from linli.web import drafts
from linli.web.drafts import MOST_BYTES, MOST_DRAFTS, draft_id, find_draft, keep_draft, open_draft
from linli.web.models import FormDraft
from linli.web.retention import DATA_CLASSES, PERSONAL_DATA

KEY = b"k" * 32
_DATA = next(each for each in PERSONAL_DATA if each.tables == ("core.form_draft",))
_CLASS = next(each for each in DATA_CLASSES if each.name == "core.form_drafts")


@pytest.fixture
def here(world: World) -> CommunityWorld:
    return world.here.communities[0]


@pytest.fixture
def admin(here: CommunityWorld) -> str:
    return f"/s/{here.street_code}/c/{here.code}/admin"


@pytest.fixture
def signed_in(browser: Browser, here: CommunityWorld, module_house: House) -> Browser:
    with module_house.database.unit_of_work(here.scope) as session:
        session.execute(text("DELETE FROM core.form_draft"))
    return browser.sign_in_as(here.administrator)


def save(browser: Browser, action: str, page: str, **typed: str):
    return browser.post(action, {"_draft": "save", "_back": page, **typed})


def count(house: House, here: CommunityWorld) -> int:
    with house.database.unit_of_work(here.scope) as session:
        return session.scalar(select(func.count()).select_from(FormDraft)) or 0


def person(account_id) -> Actor:
    return Actor(account_id=account_id, display_name="x")


class TestOnThePage:
    def test_it_is_offered_restored_and_gone_when_sent(
        self, signed_in: Browser, module_house: House, here: CommunityWorld, admin: str
    ) -> None:
        new = f"{admin}/residents/new"
        answer = save(signed_in, f"{admin}/residents", new, name="写到一半的人", remarks="备注<b>")
        assert answer.status_code == 303
        assert re.fullmatch(rf"{new}\?draft=[0-9a-f-]+", answer.headers["location"])
        with module_house.database.unit_of_work(here.scope) as session:
            assert session.scalar(select(func.count()).where(Resident.name == "写到一半的人")) == 0
        page = html.unescape(signed_in.get(new).text)
        assert "恢复填写的内容" in page
        assert 'value="写到一半的人"' not in page
        back = html.unescape(signed_in.get(re.search(rf"{new}\?draft=[0-9a-f-]+", page)[0]).text)
        assert 'value="写到一半的人"' in back
        assert "备注<b></textarea>" in back
        assert "已恢复您在" in back
        assert signed_in.post(f"{admin}/residents", {"_draft": "keep", "name": "写到一半的人"}).status_code == 303
        assert count(module_house, here) == 0
        assert "恢复填写的内容" not in html.unescape(signed_in.get(new).text)

    def test_a_form_that_is_refused_keeps_its_draft(self, signed_in, module_house, here, admin) -> None:
        save(signed_in, f"{admin}/residents", f"{admin}/residents/new", name="还要改的人")
        refused = signed_in.post(f"{admin}/residents", {"_draft": "keep", "name": "还要改的人", "phone": "12"})
        assert refused.status_code == 422
        assert count(module_house, here) == 1

    def test_it_is_thrown_away(self, signed_in, module_house, here, admin) -> None:
        save(signed_in, f"{admin}/residents", f"{admin}/residents/new", name="不要的人")
        gone = signed_in.post(f"{admin}/residents", {"_draft": "discard", "_back": f"{admin}/residents/new"})
        assert gone.headers["location"] == f"{admin}/residents/new"
        assert count(module_house, here) == 0

    def test_scripts_are_told_when(self, signed_in, module_house, here, admin) -> None:
        told = signed_in.post(
            f"{admin}/residents", {"_draft": "save", "name": "脚本"}, headers={"accept": "application/json"}
        )
        assert re.fullmatch(r"草稿已保存（\d\d:\d\d）", told.json()["told"])
        nothing = signed_in.post(
            f"{admin}/residents", {"_draft": "save", "name": " "}, headers={"accept": "application/json"}
        )
        assert nothing.json()["told"] == ""

    def test_the_forms_that_change_what_stands_say_if_it_was_changed_meanwhile(
        self, signed_in, module_house, here, admin
    ) -> None:
        edit = f"{admin}/residents/{here.residents[1]}/edit"
        version = re.search(r'name="version" value="(\d+)"', signed_in.get(edit).text)[1]
        location = save(signed_in, edit, edit, name="改到一半", version=version).headers["location"]
        with module_house.database.unit_of_work(here.scope) as session:
            session.execute(
                text("UPDATE core.resident SET version = version + 1 WHERE id = :id"), {"id": here.residents[1]}
            )
        page = html.unescape(signed_in.get(location).text)
        assert 'value="改到一半"' in page

    @pytest.mark.parametrize(
        "back", ["https://example.org/", "//example.org", "/account", "\\\\example.org", "/s/x//y", ""]
    )
    def test_it_leads_back_into_its_own_portal_alone(self, signed_in, admin, back) -> None:
        answer = save(signed_in, f"{admin}/residents", back, name="去哪里")
        assert answer.headers["location"].partition("?")[0] == admin

    def test_no_secret_and_no_file_is_kept(self, signed_in, module_house, here, admin) -> None:
        answer = signed_in.post(
            f"{admin}/residents",
            {
                "_draft": "save",
                "name": "有秘密",
                "id_number": "110101199001011234",
                "password": "geheim",
                "x_token": "t",
            },
            files={"file": ("a.txt", b"inhalt")},
        )
        assert answer.status_code == 303
        with module_house.database.unit_of_work(here.scope) as session:
            (row,) = session.scalars(select(FormDraft))
            kept = open_draft(session, person(here.administrator), row.id)
            assert dict(kept.values) == {"name": ["有秘密"]}
            assert "有秘密".encode() not in bytes(row.values_ct)

    def test_too_much_is_refused_in_words(self, signed_in, module_house, here, admin) -> None:
        answer = save(signed_in, f"{admin}/residents", "", name="长", remarks="x" * MOST_BYTES)
        assert answer.status_code == 422
        assert "草稿最多 64 KB" in html.unescape(answer.text)
        assert count(module_house, here) == 0


class TestWhose:
    def test_who_may_not_send_the_form_keeps_no_draft_of_it(self, browser, here, admin, module_house) -> None:
        browser.sign_in_as(here.resident_account)
        assert save(browser, f"{admin}/residents", "", name="不该写").status_code == 403
        browser.sign_out()
        assert save(browser, f"{admin}/residents", "", name="不该写").status_code in (303, 401, 403)

    def test_nobody_elses_is_offered_or_opened(self, signed_in, browser, world, here, admin, module_house) -> None:
        location = save(signed_in, f"{admin}/residents", f"{admin}/residents/new", name="只有我看").headers["location"]
        query = location.partition("?")[2]
        neighbour, stranger = world.here.communities[1], world.there.communities[0]
        for account, community in (
            (world.here.administrator, here),
            (neighbour.administrator, neighbour),
            (stranger.administrator, stranger),
        ):
            browser.sign_in_as(account)
            page = browser.get(f"/s/{community.street_code}/c/{community.code}/admin/residents/new?{query}")
            assert page.status_code in (200, 403)
            assert "只有我看" not in page.text
            assert "恢复填写的内容" not in html.unescape(page.text)

    def test_walls_stand_around_the_rows(self, module_house, world) -> None:
        own, neighbour, far = world.here.communities[0], world.here.communities[1], world.there.communities[0]
        writer = person(own.administrator)
        with module_house.database.unit_of_work(own.scope) as session:
            kept = keep_draft(KEY, session, writer, "/f", {"a": ["甲"]})
        for scope in (neighbour.scope, far.scope, world.there.scope):
            with module_house.database.unit_of_work(scope) as session:
                assert session.get(FormDraft, (own.tenant_id, kept.id)) is None
                assert open_draft(session, writer, kept.id) is None
        with module_house.database.unit_of_work(own.scope) as session:
            assert open_draft(session, person(own.steward), kept.id) is None
            assert find_draft(KEY, session, person(own.steward), "/f") is None
            assert open_draft(session, Actor(account_id=None, display_name=""), kept.id) is None
            assert open_draft(session, writer, kept.id).values == {"a": ["甲"]}
        with module_house.database.unit_of_work(world.here.scope) as session:
            # The same person in the street's console: another form's place, another draft.
            assert open_draft(session, writer, kept.id) is None
            assert draft_id(KEY, session, writer, "/f") != kept.id


class TestBounds:
    def test_the_oldest_gives_way(self, module_house, world) -> None:
        own = world.here.communities[1]
        writer = person(own.administrator)
        with module_house.database.unit_of_work(own.scope) as session:
            for n in range(MOST_DRAFTS + 3):
                keep_draft(KEY, session, writer, f"/f/{n}", {"a": [str(n)]})
                session.execute(
                    update(FormDraft)
                    .where(FormDraft.form == f"/f/{n}")
                    .values(updated_at=now() - timedelta(minutes=100 - n))
                )
            keep_draft(KEY, session, person(own.steward), "/f/0", {"a": ["x"]})
        with module_house.database.unit_of_work(own.scope) as session:
            forms = set(session.scalars(select(FormDraft.form).where(FormDraft.account_id == own.administrator)))
            assert forms == {f"/f/{n}" for n in range(3, MOST_DRAFTS + 3)}
            assert session.scalar(select(func.count()).where(FormDraft.account_id == own.steward)) == 1

    def test_what_nobody_typed_into_goes(self, module_house, world) -> None:
        own = world.there.communities[0]
        with module_house.database.unit_of_work(own.scope) as session:
            for account in (own.administrator, own.steward):
                keep_draft(KEY, session, person(account), "/old", {"a": ["x"]})
            keep_draft(KEY, session, person(own.administrator), "/new", {"a": ["x"]})
            session.execute(
                update(FormDraft).where(FormDraft.form == "/old").values(updated_at=now() - timedelta(days=15))
            )
        with module_house.database.unit_of_work(world.there.scope) as session:
            before = now() - timedelta(days=_CLASS.days)
            assert len(_CLASS.purge(session, before, 100, frozenset({own.steward}))) == 1
            assert len(_CLASS.purge(session, before, 100, frozenset())) == 1
            assert session.scalars(select(FormDraft.form)).all() == ["/new"]


class TestThePerson:
    def test_gets_a_copy_and_is_forgotten(self, module_house, world) -> None:
        own, neighbour = world.here.communities[0], world.here.communities[1]
        me = Person(resident_ids=(own.residents[0],), account_id=own.resident_account)
        for scope in (own.scope, neighbour.scope, world.here.scope):
            with module_house.database.unit_of_work(scope) as session:
                keep_draft(KEY, session, person(own.resident_account), "/mine", {"a": ["我写的"]})
                keep_draft(KEY, session, person(own.steward), "/mine", {"a": ["别人写的"]})
        with module_house.database.unit_of_work(own.scope) as session:
            (mine,) = [
                row for row in _DATA.export(session, me) if "我写的" in row["content"] and row["task"] == "/mine"
            ][:1]
            assert "别人写的" not in str(_DATA.export(session, me))
            assert mine["at"] is not None
            assert _DATA.erase(session, me).removed >= 1
        with module_house.database.unit_of_work(own.scope) as session:
            here = FormDraft.community_id == own.id
            assert session.scalar(select(func.count()).where(FormDraft.account_id == own.resident_account, here)) == 0
            assert session.scalar(select(func.count()).where(FormDraft.account_id == own.steward, here)) == 1

    def test_the_streets_own_go_with_the_account(self, module_house, world, monkeypatch) -> None:
        account = world.here.auditor
        with module_house.database.unit_of_work(world.here.scope) as session:
            keep_draft(KEY, session, person(account), "/street", {"a": ["x"]})
            assert forget_account(session, account) == "bound"
            assert session.scalar(select(func.count()).where(FormDraft.account_id == account)) == 1
            session.execute(text("DELETE FROM core.role_grant WHERE account_id = :a"), {"a": account})
            assert forget_account(session, account) != "bound"
            assert session.scalar(select(func.count()).where(FormDraft.account_id == account)) == 0


class TestSteps:
    """A form in several steps: forwards only when the step is right, each kept, sent as one."""

    @pytest.fixture
    def console(self, world: World) -> str:
        return f"/s/{world.here.code}/console/privacy/assessments"

    def test_from_the_first_to_the_last(self, browser, module_house, world, console) -> None:
        browser.sign_in_as(world.here.administrator)
        new = f"{console}/new"
        first = html.unescape(browser.get(new).text)
        assert "第 1 步，共 3 步" in first
        assert 'name="risks"' not in first
        step = {"_at": "0", "_step": "next", "_draft": "keep", "_back": new}
        wrong = browser.post(console, {**step, "title": "", "purpose": "为什么"})
        assert wrong.status_code == 422
        assert "第 1 步，共 3 步" in html.unescape(wrong.text)
        assert 'id="f-title-fault"' in wrong.text
        to = browser.post(console, {**step, "title": "分步的评估", "purpose": "为什么"}).headers["location"]
        assert to.startswith(f"{new}?draft=")
        assert to.endswith("&step=1")
        second = html.unescape(browser.get(to).text)
        assert "第 2 步，共 3 步" in second
        assert 'name="title"' not in second
        to = browser.post(console, {**step, "_at": "1", "risks": "会怎样"}).headers["location"]
        assert to.endswith("&step=2")
        back = browser.post(console, {**step, "_at": "2", "_step": "back", "assessors": "某人"}).headers["location"]
        assert back.endswith("&step=1")
        assert "会怎样" in browser.get(back).text
        sent = browser.post(console, {"_at": "2", "_draft": "keep", "_back": new, "assessors": "某人"})
        assert sent.status_code == 303, sent.text
        page = html.unescape(browser.get(sent.headers["location"]).text)
        for told in ("分步的评估", "为什么", "会怎样", "某人"):
            assert told in page
        assert "恢复填写的内容" not in html.unescape(browser.get(new).text)

    def test_a_fault_of_an_earlier_step_leads_there(self, browser, world, console) -> None:
        browser.sign_in_as(world.here.administrator)
        browser.post(console, {"_draft": "discard"})
        answer = browser.post(console, {"_at": "2", "_draft": "keep", "assessors": "某人"})
        assert answer.status_code == 422
        assert "第 1 步，共 3 步" in html.unescape(answer.text)

    @pytest.mark.parametrize("at", ["99", "-1", "x", "1٢"])
    def test_no_step_that_there_is_not(self, browser, world, console, at) -> None:
        browser.sign_in_as(world.here.administrator)
        answer = browser.post(console, {"_at": at, "_step": "next", "title": "t", "_back": f"{console}/new"})
        assert answer.status_code == 303
        query = answer.headers["location"].partition("?")[2]
        assert int(query.rpartition("step=")[2]) in (1, 2)
        assert browser.get(f"{console}/new?{urlencode({'step': at})}").status_code == 200


def test_the_key_is_no_other_key(browser: Browser) -> None:
    site = browser.client.app.state.site
    assert len({site.draft_key, site.idempotency_key, site.flash_key, site.csrf_key}) == 4
    assert drafts.MOST_DRAFTS < 100
