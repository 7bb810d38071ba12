"""What is said of a form's fields: asked for with another's value, checked beyond the type, told when they are left."""

from __future__ import annotations

import html
from typing import Annotated, Literal

import msgspec
import pytest
from msgspec import Meta
from sqlalchemy import func, select

from linli.kit.errors import Invalid
from linli.residents.models import Resident
from linli.residents.wording import required_phone
from linli.testing.web import Browser
from linli.testing.world import CommunityWorld, World
from linli.web.fields import UNDRAFTED, Check, When, asked_when, draftable
from linli.web.forms import Form


class Visit(msgspec.Struct, kw_only=True):
    """A form with fields that hang on others, one of them in turn."""

    kind: Literal["call", "visit"] = "call"
    day: Annotated[str, When("kind", ("visit",), "只在上门时填写。", required=True)] = ""
    is_far: Annotated[bool, When("kind", ("visit",))] = False
    car: Annotated[str, When("is_far", ("1",), required=True), Meta(max_length=3)] = ""
    phone: Annotated[str, Check(required_phone)] = ""
    secret_word: Annotated[str, UNDRAFTED] = ""


def form(**values: str) -> Form:
    return Form(values={name: [text] for name, text in values.items()})


def faults(sent: Form) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        sent.bind(Visit)
    return {each.field: each.message for each in refused.value.errors}


class TestBinding:
    def test_what_is_not_asked_for_has_its_default_whatever_was_typed(self) -> None:
        bound = form(kind="call", day="2026-01-01", is_far="1", car="much too long").bind(Visit)
        assert (bound.day, bound.is_far, bound.car) == ("", False, "")

    def test_what_is_asked_for_must_be_there(self) -> None:
        assert faults(form(kind="visit", is_far="1")) == {"day": "必须填写", "car": "必须填写"}
        assert faults(form(kind="visit", day=" ")) == {"day": "必须填写"}
        assert form(kind="visit", day="x").bind(Visit).day == "x"

    def test_a_field_hangs_on_one_that_hangs(self) -> None:
        assert form(kind="call", is_far="1").bind(Visit).car == ""
        assert faults(form(kind="visit", day="x", is_far="1", car="long")) == {"car": "太长"}

    def test_the_default_of_the_other_counts_where_it_was_not_sent(self) -> None:
        assert form().bind(Visit).kind == "call"

    def test_checks_and_types_are_told_at_once(self) -> None:
        found = faults(form(kind="nothing", phone="12"))
        assert found["kind"] == "不在可选范围内"
        assert found["phone"] == "电话号码不正确"
        assert form(phone="13800138000").bind(Visit).phone == "13800138000"

    def test_pages_are_told(self) -> None:
        asked = asked_when(Visit)
        assert asked.keys() == {"day", "is_far", "car"}
        assert (asked["day"].field, asked["day"].listed, asked["day"].told) == ("kind", '["visit"]', "只在上门时填写。")

    def test_drafts_are_told(self) -> None:
        typed = {"kind": ["call"], "secret_word": ["x"], "new_password": ["x"], "_csrf": ["x"], "phone": ["12"]}
        assert draftable(Visit, typed) == {"kind": ["call"], "phone": ["12"]}
        assert draftable(None, typed).keys() == {"kind", "phone"}


@pytest.fixture
def here(world: World) -> CommunityWorld:
    return world.here.communities[0]


@pytest.fixture
def people(here: CommunityWorld) -> str:
    return f"/s/{here.street_code}/c/{here.code}/admin/residents"


def check(browser: Browser, address: str, **typed: str):
    return browser.post(address, typed, headers={"x-form-check": "name"})


class TestChecking:
    """A field is judged where the form is judged, in the same words, and nothing is done."""

    def test_in_the_words_of_the_page(self, browser: Browser, here, people, module_house) -> None:
        browser.sign_in_as(here.administrator)
        wrong = {"name": "", "phone": "12", "born_on": "gestern"}
        told = check(browser, people, **wrong).json()["faults"]
        assert told.keys() == {"name", "phone", "born_on"}
        page = html.unescape(browser.post(people, wrong).text)
        for name, text in told.items():
            assert text in page.partition(f'id="f-{name}-fault"')[2].partition("</p>")[0]

    def test_nothing_is_done_when_all_is_right(self, browser: Browser, here, people, module_house) -> None:
        browser.sign_in_as(here.administrator)
        assert check(browser, people, name="nur geprüft").json() == {"faults": {}}
        with module_house.database.unit_of_work(here.scope) as session:
            assert session.scalar(select(func.count()).where(Resident.name == "nur geprüft")) == 0

    def test_in_the_readers_language(self, browser: Browser, here, people) -> None:
        browser.sign_in_as(here.administrator)
        browser.client.cookies.set("lang", "en")
        told = check(browser, people, name="").json()["faults"]
        browser.client.cookies.delete("lang")
        assert told["name"] == "This is required"

    def test_only_for_who_may_send_it_and_with_the_token(self, browser: Browser, here, people) -> None:
        browser.sign_in_as(here.resident_account)
        assert check(browser, people, name="").status_code == 403
        browser.sign_in_as(here.administrator)
        assert check(browser, people, name="", _csrf="").status_code == 403

    @pytest.mark.parametrize("address", ["/account/sign-in", "/account/password"])
    def test_where_there_is_no_street_nothing_is_done_either(self, browser: Browser, here, address) -> None:
        browser.sign_in_as(here.administrator)
        typed = {"identifier": "nobody", "password": "wrong", "current": "x", "new": "y"}
        answer = check(browser, address, **typed)
        assert answer.status_code == 200
        assert set(answer.json()) == {"faults"}

    def test_what_no_text_can_hold_is_told(self, browser: Browser, here, people) -> None:
        browser.sign_in_as(here.administrator)
        assert check(browser, people, name="a\0b").json()["faults"].keys() == {"name"}


class TestOnThePage:
    def test_fields_that_hang_on_others_stand_with_an_explanation(self, browser: Browser, here, people) -> None:
        browser.sign_in_as(here.administrator)
        page = html.unescape(browser.get(f"{people}/{here.residents[0]}/edit").text)
        box = page.partition('data-when="remove_phone"')[2]
        assert box.startswith(' data-when-is="[""]"')
        assert "删除电话时不用填。" in box[:700]

    def test_a_number_typed_where_it_is_to_be_removed_is_no_fault(
        self, browser: Browser, here, people, module_house
    ) -> None:
        browser.sign_in_as(here.administrator)
        edit = f"{people}/{here.residents[2]}/edit"
        page = browser.get(edit).text
        version = page.partition('name="version" value="')[2].partition('"')[0]
        sent = {"version": version, "name": "号码去掉", "phone": "12", "remove_phone": "1"}
        assert browser.post(edit, sent).status_code == 303
        with module_house.database.unit_of_work(here.scope) as session:
            assert session.get(Resident, (here.tenant_id, here.residents[2])).phone_mask == ""
