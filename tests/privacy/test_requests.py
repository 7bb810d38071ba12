"""Requests: answered in time by the calendar, one copy a day that is its person's alone, corrections, and the walls."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select
from tests.privacy.conftest import street_officer
from tests.residents.actors import community_administrator, resident

from linli.files.models import StoredFile
from linli.files.service import get_file, may_read, open_file
from linli.files.storage import MemoryStorage
from linli.kit.actor import SYSTEM
from linli.kit.clock import SHANGHAI, frozen, now
from linli.kit.errors import Conflict, Forbidden, Invalid, NotFound, TooMany
from linli.notifications.models import Notification
from linli.plugins.contributions import PersonalData
from linli.plugins.personal import declare_personal_data, declared_personal_data
from linli.privacy import decisions
from linli.privacy import requests as asking
from linli.privacy.inbox import RequestFilter, get_request, list_requests, load_by_community
from linli.privacy.models import PrivacyRequest
from linli.privacy.schemas import CorrectionAsk, Decision, ErasureAsk, OfficeAsk
from linli.residents.models import Resident
from linli.testing.houses import activate_plugins

PHONE = "19900000110"


@pytest.fixture(autouse=True)
def plugins() -> Iterator[None]:
    activate_plugins()
    yield
    activate_plugins()


def at(year: int, month: int, day: int, hour: int = 9, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=SHANGHAI)


class TestTheDeadline:
    @pytest.mark.parametrize(
        ("asked_on", "due_on"),
        [
            # The three days of Mid-Autumn and the seven of National Day are free; Saturday the 10th is worked.
            (date(2026, 9, 24), date(2026, 10, 22)),
            # No holiday between: three weeks.
            (date(2026, 11, 2), date(2026, 11, 23)),
            # The calendar of the next year is not published: weekends alone.
            (date(2026, 12, 21), date(2027, 1, 11)),
        ],
    )
    def test_counts_working_days_after_the_day_itself(self, open_session, here, asked_on, due_on) -> None:
        with open_session(here.scope) as session:
            assert asking.due_day(session, asked_on) == due_on

    def test_is_missed_on_the_day_after_and_not_on_the_last(self, open_session, here, office, me) -> None:
        with frozen(at(2026, 9, 24)), open_session(here.scope, me) as session:
            asking.ask_for_erasure(session, me, ErasureAsk())
        for moment, late in ((at(2026, 10, 22, 23, 59), False), (at(2026, 10, 23, 0, 0), True)):
            with frozen(moment), open_session(here.scope, office) as session:
                (found,), _more = list_requests(session, office, here.id, RequestFilter(state="pending"))
                overdue, _more = list_requests(session, office, here.id, RequestFilter(is_overdue=True))
                assert (found.is_overdue, bool(overdue)) == (late, late)

    def test_the_street_sees_which_community_is_late(self, open_session, world, here, me) -> None:
        with frozen(at(2026, 9, 24)), open_session(here.scope, me) as session:
            asking.ask_for_erasure(session, me, ErasureAsk())
        with frozen(at(2026, 10, 23)), open_session(world.here.scope, street_officer(world.here)) as session:
            first, second = load_by_community(session)
        assert (first.community_id, first.open, first.overdue) == (here.id, 1, 1)
        assert (second.open, second.overdue) == (0, 0)


def copy_of(house, here, actor, work) -> PrivacyRequest:
    with house.database.unit_of_work(here.scope, actor) as session:
        asked = asking.ask_for_copy(session, actor)
        job = session.scalar(select(PrivacyRequest.job_id).where(PrivacyRequest.id == asked.id))
    work(house, here.tenant_id, job)
    with house.database.unit_of_work(here.scope, actor) as session:
        return session.scalar(select(PrivacyRequest).where(PrivacyRequest.id == asked.id))


def content_of(house, here, file_id) -> zipfile.ZipFile:
    with house.database.unit_of_work(here.scope) as session:
        _file, source = open_file(session, file_id)
        with source:
            return zipfile.ZipFile(io.BytesIO(source.read()))


class TestACopy:
    @pytest.fixture(autouse=True)
    def memory(self, house) -> None:
        storage = MemoryStorage()
        house.database.info |= {"files": storage, "storages": {"memory": storage}.__getitem__}

    def test_is_a_page_for_people_and_the_same_for_programs(self, house, here, me, work) -> None:
        made = copy_of(house, here, me, work)
        assert made.state == "done"
        archive = content_of(house, here, made.file_id)
        page, data = archive.read("index.html").decode(), json.loads(archive.read("data.json"))
        sections = {each["title"]: each for each in data["sections"]}
        assert sections["居民登记"]["rows"][0]["name"] == "测试居民1"
        assert sections["居民登记"]["rows"][0]["phone"] == PHONE, "their own number, whole"
        assert sections["居住记录"]["rows"][0]["dwelling"] == "1号楼 1单元 101"
        assert {"公告阅读记录", "异议和意见", "收到的消息", "登录账号"} <= set(sections), "core and plugins"
        assert all(each["purpose"] and each["basis"] for each in sections.values())
        assert "测试居民1" in page
        assert PHONE in page
        assert "测试居民2" not in page, "nobody else's name"

    def test_names_a_plugin_that_fails_and_holds_the_rest(self, house, here, me, work) -> None:
        def export(session, person):
            raise RuntimeError("secret words of a fault")

        part = PersonalData(title="坏的部分", purpose="测试", basis="测试", export=export, erase=lambda s, p: None)
        declare_personal_data([*declared_personal_data(), ("broken", part)])
        made = copy_of(house, here, me, work)
        assert [each["owner"] for each in made.outcome["parts"] if each["fault"]] == ["broken"]
        archive = content_of(house, here, made.file_id)
        sections = {each["title"]: each for each in json.loads(archive.read("data.json"))["sections"]}
        assert sections["坏的部分"]["fault"] == "RuntimeError"
        assert sections["居民登记"]["rows"], "the rest is there"
        assert "secret words" not in archive.read("index.html").decode()

    def test_is_its_persons_alone(self, house, world, here, me, office, work) -> None:
        made = copy_of(house, here, me, work)
        neighbour = replace(resident(here, here.residents[1]), account_id=here.steward)
        with house.database.unit_of_work(here.scope, me) as session:
            file = get_file(session, made.file_id)
            assert may_read(session, me, file)
            assert not may_read(session, neighbour, file)
            assert not may_read(session, office, file)
            assert not may_read(session, street_officer(world.here), file)
        for scope in (world.here.communities[1].scope, world.there.communities[0].scope):
            with house.database.unit_of_work(scope) as session, pytest.raises(NotFound):
                get_file(session, made.file_id)

    def test_ends_after_seven_days(self, house, here, me, work) -> None:
        made = copy_of(house, here, me, work)
        with house.database.unit_of_work(here.scope) as session:
            expires_at = session.scalar(select(StoredFile.expires_at).where(StoredFile.id == made.file_id))
            with frozen(expires_at - timedelta(seconds=1)):
                get_file(session, made.file_id)
            with frozen(expires_at), pytest.raises(NotFound):
                get_file(session, made.file_id)
        assert timedelta(days=6, hours=23) < expires_at - now() <= timedelta(days=7)

    def test_one_a_day_and_the_next_at_midnight(self, house, here, me, work) -> None:
        with frozen(at(2026, 11, 25, 23, 0)), house.database.unit_of_work(here.scope, me) as session:
            first = asking.ask_for_copy(session, me)
            assert asking.ask_for_copy(session, me).id == first.id, "a second click is the same request"
            job = session.scalar(select(PrivacyRequest.job_id).where(PrivacyRequest.id == first.id))
        with frozen(at(2026, 11, 25, 23, 1)):
            work(house, here.tenant_id, job)
            with house.database.unit_of_work(here.scope, me) as session, pytest.raises(TooMany) as refused:
                asking.ask_for_copy(session, me)
            assert refused.value.retry_after == 59 * 60 + 1
        with frozen(at(2026, 11, 26, 0, 0)), house.database.unit_of_work(here.scope, me) as session:
            assert asking.ask_for_copy(session, me).id != first.id

    def test_tells_its_person_when_it_is_ready(self, house, here, me, work) -> None:
        made = copy_of(house, here, me, work)
        with house.database.unit_of_work(here.scope) as session:
            told = session.scalar(
                select(func.count()).where(
                    Notification.kind == "core.personal_copy_made", Notification.subject_id == made.id
                )
            )
        assert told == 1


class TestACorrection:
    def test_takes_effect_once_the_office_agrees(self, open_session, here, office, me) -> None:
        with open_session(here.scope, me) as session:
            asked = asking.ask_for_correction(session, me, CorrectionAsk(name="改名居民", phone="19955501111"))
            assert session.get_one(Resident, (here.tenant_id, here.residents[0])).name == "测试居民1"
        with open_session(here.scope, office) as session:
            seen = get_request(session, office, asked.id)
            assert {each.field: each.after for each in seen.changes} == {"name": "改名居民", "phone": "19955501111"}
            decisions.decide(session, office, asked.id, Decision(version=asked.version, accept=True, reason="核对无误"))
        with open_session(here.scope, me) as session:
            changed = session.get_one(Resident, (here.tenant_id, here.residents[0]), populate_existing=True)
            assert (changed.name, changed.phone_mask) == ("改名居民", "199****1111")
            assert asking.own_request(session, me, asked.id).state == "done"

    def test_that_changes_nothing_is_not_taken(self, open_session, here, me) -> None:
        with open_session(here.scope, me) as session, pytest.raises(Invalid):
            asking.ask_for_correction(session, me, CorrectionAsk(name="测试居民1"))

    def test_that_is_refused_changes_nothing(self, open_session, here, office, me) -> None:
        with open_session(here.scope, me) as session:
            asked = asking.ask_for_correction(session, me, CorrectionAsk(name="改名居民"))
        with open_session(here.scope, office) as session:
            decisions.decide(
                session, office, asked.id, Decision(version=asked.version, accept=False, reason="证件不符")
            )
            assert session.get_one(Resident, (here.tenant_id, here.residents[0])).name == "测试居民1"

    def test_an_office_that_read_an_older_state_decides_nothing(self, open_session, here, office, me) -> None:
        with open_session(here.scope, me) as session:
            asked = asking.ask_for_correction(session, me, CorrectionAsk(name="改名居民"))
        with open_session(here.scope, office) as session, pytest.raises(Conflict):
            decisions.decide(session, office, asked.id, Decision(version=asked.version - 1, accept=True, reason="好"))


class TestTheWalls:
    def test_a_neighbouring_community_and_another_street_see_no_request(
        self, open_session, world, here, office, me
    ) -> None:
        with open_session(here.scope, me) as session:
            asked = asking.ask_for_erasure(session, me, ErasureAsk())
        with open_session(here.scope, office) as session:
            assert list_requests(session, office, here.id, RequestFilter())[0], "control"
        for place in (world.here.communities[1], *world.there.communities):
            stranger = community_administrator(place, frozenset({"core.privacy.read", "core.privacy.handle"}))
            with open_session(place.scope, stranger) as session:
                assert list_requests(session, stranger, place.id, RequestFilter())[0] == []
                with pytest.raises(Forbidden):
                    list_requests(session, stranger, here.id, RequestFilter())
                with pytest.raises(NotFound):
                    get_request(session, stranger, asked.id)
                with pytest.raises(NotFound):
                    decisions.decide(session, stranger, asked.id, Decision(version=1, accept=False, reason="越权"))

    def test_another_resident_sees_none_of_it(self, open_session, here, me) -> None:
        with open_session(here.scope, me) as session:
            asked = asking.ask_for_erasure(session, me, ErasureAsk())
        neighbour = resident(here, here.residents[1])
        with open_session(here.scope, neighbour) as session:
            assert asking.own_requests(session, neighbour.resident_ids) == []
            for act in (asking.own_request, asking.withdraw):
                with pytest.raises(NotFound):
                    act(session, neighbour, asked.id)

    def test_a_copy_at_the_counter_needs_a_reason(self, open_session, here, office) -> None:
        with open_session(here.scope, office) as session:
            with pytest.raises(Invalid):
                asking.make_copy_at_counter(session, office, here.residents[1], OfficeAsk(reason=" "))
            made = asking.make_copy_at_counter(session, office, here.residents[1], OfficeAsk(reason="本人到场"))
        assert (made.state, made.channel) == ("working", "office")
        with open_session(here.scope, SYSTEM) as session:
            assert session.scalar(select(func.count()).select_from(PrivacyRequest)) == 1
