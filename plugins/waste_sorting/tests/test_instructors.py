"""Instructors and publicity: written down, ended, struck out, shown to residents, and the two duties."""

from __future__ import annotations

import base64
import html
import re
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import select

from linli.sdk import SYSTEM, Conflict, Duration, Forbidden, Invalid, NotFound, Span, rule_value, today
from linli_waste_sorting.instructors import obligations, service
from linli_waste_sorting.instructors.models import Instructor
from linli_waste_sorting.instructors.personal import INSTRUCTOR_RETENTION
from linli_waste_sorting.instructors.rule_keys import INSTRUCTOR_EVERY, PUBLICITY_EVERY
from linli_waste_sorting.instructors.schemas import InstructorEnd, InstructorWrite, PublicityWrite

DAY = timedelta(days=1)
#: The smallest picture there is.
DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


@pytest.fixture(autouse=True)
def empty(module_house):
    """Takes away what a test of pages or of the API has written."""
    yield
    with psycopg.connect(module_house.addresses.superuser, autocommit=True) as connection:
        connection.execute("TRUNCATE plugin_waste_sorting.instructor, plugin_waste_sorting.publicity")


def name(session, community, actor=SYSTEM, **fields) -> Instructor:
    given = {"compound_id": community.compound, "name": "张老师", "starts_on": today() - 40 * DAY, **fields}
    return service.name_instructor(session, actor, community.id, InstructorWrite(**given))


def note(session, community, actor=SYSTEM, **fields):
    given = {"held_on": today(), "kind": "event", "title": "认桶", "reach": 30, **fields}
    return service.note_publicity(session, actor, community.id, PublicityWrite(**given))


class TestTerms:
    def test_who_holds_office_on_a_day(self, open_session, own) -> None:
        with open_session(own.scope) as session:
            name(session, own, ends_on=today() - DAY)
            second = name(session, own, name="李老师", starts_on=today())
            name(session, own, name="王老师", starts_on=today() + DAY)
            assert [each.id for each in service.instructors_on(session, [own.compound])] == [second.id]
            before = service.instructors_on(session, [own.compound], today() - DAY)
            assert [each.name for each in before] == ["张老师"]

    def test_a_term_ends_and_a_mistake_counts_nowhere(self, open_session, own) -> None:
        with open_session(own.scope) as session:
            row = name(session, own)
            with pytest.raises(Invalid) as error:
                service.end_instructor(session, SYSTEM, own.id, row.id, InstructorEnd(ends_on=row.starts_on - DAY))
            assert [each.field for each in error.value.errors] == ["ends_on"]
            with pytest.raises(Conflict):
                service.end_instructor(
                    session, SYSTEM, own.id, row.id, InstructorEnd(ends_on=today(), version=row.version + 1)
                )
            service.end_instructor(session, SYSTEM, own.id, row.id, InstructorEnd(ends_on=today()))
            assert len(service.instructors_on(session, [own.compound])) == 1
            service.undo_instructor(session, SYSTEM, own.id, row.id, "写错了")
            assert service.instructors_on(session, [own.compound]) == []
            assert [each.undone_reason for each in service.instructors_of(session, own.id)] == ["写错了"]
            with pytest.raises(Conflict):
                service.undo_instructor(session, SYSTEM, own.id, row.id, "再撤")

    def test_every_fault_is_named(self, open_session, world, own) -> None:
        other = world.here.communities[1]
        with open_session(own.scope) as session, pytest.raises(Invalid) as error:
            name(session, own, compound_id=other.compound, name=" ", ends_on=today() - 99 * DAY)
        assert sorted(each.field for each in error.value.errors) == ["compound_id", "ends_on", "name"]

    @pytest.mark.actor("auditor")
    def test_who_only_reads_writes_nothing(self, open_session, own, actor) -> None:
        with open_session(own.scope) as session:
            row, held = name(session, own), note(session, own)
            for act in (
                lambda: name(session, own, actor),
                lambda: note(session, own, actor),
                lambda: service.undo_instructor(session, actor, own.id, row.id, "x"),
                lambda: service.strike_publicity(session, actor, own.id, held.id, "x"),
            ):
                with pytest.raises(Forbidden):
                    act()

    def test_the_next_community_finds_none(self, open_session, world, own) -> None:
        with open_session(own.scope) as session:
            row = name(session, own)
        other = world.here.communities[1]
        with open_session(other.scope) as session:
            assert service.page_of_instructors(session, None)[0] == []
            with pytest.raises(NotFound):
                service.undo_instructor(session, SYSTEM, other.id, row.id, "x")

    def test_terms_that_ended_long_ago_are_deleted(self, open_session, world, own, clock) -> None:
        purge = INSTRUCTOR_RETENTION[0].purge
        with open_session(world.here.scope) as session:
            kept = name(session, own)
            gone = name(session, own, starts_on=today() - 2000 * DAY, ends_on=today() - 1500 * DAY)
            before = clock.now() - 1095 * DAY
            assert purge(session, before, 10, frozenset({own.id})) == []
            assert purge(session, before, 10, frozenset()) == [gone.id]
            assert list(session.scalars(select(Instructor.id))) == [kept.id]


class TestDuties:
    def test_the_rules_say_how_often(self, open_session, own) -> None:
        with open_session(own.scope) as session:
            assert rule_value(session, INSTRUCTOR_EVERY).value == Duration(1, "months")
            assert rule_value(session, PUBLICITY_EVERY).value == Duration(3, "months")

    def test_each_month_in_which_somebody_holds_office_is_met(self, open_session, world, own) -> None:
        first = today().replace(day=1)
        last_month = (first - DAY).replace(day=1)
        with open_session(own.scope) as session:
            name(session, own, starts_on=last_month + 9 * DAY, ends_on=first - DAY)
            row = name(session, own, starts_on=first, ends_on=None)
            other = world.here.communities[1].compound
            span = Span(last_month - 40 * DAY, today())
            found = list(obligations.named(session, [own.compound, other], span))
            assert [(each.place, each.day) for each in found] == [
                (own.compound, last_month + 9 * DAY),
                (own.compound, first),
            ]
            assert "张老师" not in "".join(each.title for each in found)
            service.undo_instructor(session, SYSTEM, own.id, row.id, "错")
            assert [each.day for each in obligations.named(session, [own.compound], span)] == [last_month + 9 * DAY]

    def test_a_long_term_meets_every_month(self, open_session, own) -> None:
        with open_session(own.scope) as session:
            name(session, own, starts_on=today() - 200 * DAY)
            found = list(obligations.named(session, [own.compound], Span(today() - 100 * DAY, today())))
        months = {each.day.replace(day=1) for each in found}
        assert len(months) == len(found)
        assert found[0].day == today() - 100 * DAY
        assert max(months) == today().replace(day=1)

    def test_an_activity_counts_on_its_day_until_it_is_struck_out(self, open_session, world, own) -> None:
        with open_session(own.scope) as session:
            row = note(session, own, held_on=today() - DAY)
            note(session, own, held_on=today() - 9 * DAY)
            span = Span(today() - 3 * DAY, today())
            [found] = obligations.publicised(session, [own.id, world.here.communities[1].id], span)
            assert (found.place, found.day, found.title) == (own.id, today() - DAY, "认桶")
            service.strike_publicity(session, SYSTEM, own.id, row.id, "记错了")
            assert list(obligations.publicised(session, [own.id], span)) == []
            with pytest.raises(Conflict):
                service.strike_publicity(session, SYSTEM, own.id, row.id, "再划")

    def test_what_has_not_been_held_is_not_noted(self, open_session, own) -> None:
        with open_session(own.scope) as session:
            note(session, own, held_on=today())
            with pytest.raises(Invalid) as error:
                note(session, own, held_on=today() + DAY, title=" ")
        assert sorted(each.field for each in error.value.errors) == ["held_on", "title"]

    def test_where_nothing_is_sorted_nobody_is_to_instruct(self, open_session, own, make_station) -> None:
        with open_session(own.scope) as session:
            assert obligations.with_stations(session, [own.compound]) == set()
            make_station(session, own)
            assert obligations.with_stations(session, [own.compound]) == {own.compound}


class TestPages:
    @pytest.fixture
    def root(self, own) -> str:
        return f"/s/{own.street_code}/c/{own.code}"

    @pytest.mark.requirement("ENV-006")
    def test_staff_write_down_and_residents_see(self, browser, own, root) -> None:
        staff = browser.sign_in_as(own.administrator)
        admin = f"{root}/admin/waste_sorting"
        sent = {"compound_id": str(own.compound), "name": "张老师", "starts_on": str(today()), "contact": "居委会"}
        assert staff.post(f"{admin}/instructors", {**sent, "name": ""}).status_code == 422
        assert staff.post(f"{admin}/instructors", sent).status_code == 303
        shown = html.unescape(staff.get(f"{admin}/instructors").text)
        row = re.findall(r"/instructors/([0-9a-f-]{36})/end", shown)[0]
        activity = {"held_on": str(today()), "kind": "talk", "title": "讲讲厨余", "reach": "25"}
        assert staff.post(f"{admin}/publicity", {**activity, "reach": "-1"}).status_code == 422
        assert staff.post(f"{admin}/publicity", activity).status_code == 303
        assert "讲讲厨余" in staff.get(f"{admin}/publicity").text
        told = browser.sign_in_as(own.resident_account).get(f"{root}/waste_sorting/instructors").text
        assert "张老师" in told
        assert "讲讲厨余" in told
        staff = browser.sign_in_as(own.administrator)
        ended = {"ends_on": str(today()), "version": "1"}
        assert staff.post(f"{admin}/instructors/{row}/end", ended).status_code == 303
        assert staff.post(f"{admin}/instructors/{row}/undo", {"reason": "写错了"}).status_code == 303
        assert "已撤销：写错了" in html.unescape(staff.get(f"{admin}/instructors").text)
        noted = html.unescape(staff.get(f"{admin}/publicity").text)
        activity_id = re.findall(r"/publicity/([0-9a-f-]{36})/strike", noted)[0]
        assert staff.post(f"{admin}/publicity/{activity_id}/strike", {"reason": "没办"}).status_code == 303
        told = browser.sign_in_as(own.resident_account).get(f"{root}/waste_sorting/instructors").text
        assert "张老师" not in told
        assert "讲讲厨余" not in told

    @pytest.mark.actor("community_administrator")
    def test_the_api_does_the_same(self, api, own, root) -> None:
        here = f"/api/v1{root}/waste_sorting"
        sent = {"compound_id": str(own.compound), "name": "张老师", "starts_on": str(today())}
        row = api.post(f"{here}/instructors", sent).json()
        assert [each["id"] for each in api.get(f"{here}/instructors").json()["items"]] == [row["id"]]
        path = f"{here}/instructors/{row['id']}"
        ended = api.post(f"{path}/end", {"ends_on": str(today()), "version": row["version"]}).json()
        assert ended["ends_on"] == str(today())
        assert api.post(f"{path}/undo", {"reason": "错"}).json()["undone_reason"] == "错"
        photo = {"name": "a.png", "content": base64.b64encode(DOT).decode()}
        activity = {"held_on": str(today()), "kind": "event", "title": "认桶", "reach": 9, "photos": [photo]}
        made = api.post(f"{here}/publicity", activity).json()
        assert len(made["photos"]) == 1
        assert api.get(made["photos"][0]["path"]).content[:4] == DOT[:4]
        wrong = {**activity, "photos": [{"name": "a.txt", "content": "aGVsbG8="}]}
        assert api.post(f"{here}/publicity", wrong).status_code == 422
        assert api.post(f"{here}/publicity/{made['id']}/strike", {"reason": "错"}).json()["struck_reason"] == "错"
        assert len(api.get(f"{here}/publicity").json()["items"]) == 1
