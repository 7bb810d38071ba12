"""What follows for a household: suggested, done by a person, told in private, objected to, settled."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date, timedelta

import pytest
from PIL import Image
from sqlalchemy import select, text

from linli.sdk import SYSTEM, Conflict, Forbidden, Invalid, NotFound, Photo, ScopedSession, today
from linli.testing.choices import settle_rule
from linli.testing.clock import frozen
from linli.testing.world import CommunityWorld
from linli_waste_sorting.inspections import appeals, followup, service
from linli_waste_sorting.inspections import own as private
from linli_waste_sorting.inspections.letter import make_letter, results_behind
from linli_waste_sorting.inspections.models import Finding, Step
from linli_waste_sorting.inspections.photos import FINDING, may_read_finding
from linli_waste_sorting.inspections.schemas import AppealCreate, AppealDecide, ServiceCreate, StepCreate
from linli_waste_sorting.photos import keep_photos, kept_photos

UPHELD = AppealDecide(verdict="upheld", answer="核实不是您家投的")
REJECTED = AppealDecide(verdict="rejected", answer="照片里有您家的快递单")


def ago(days: int) -> date:
    return today() - timedelta(days=days)


def fields(error: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [each.field for each in error.value.errors]


@pytest.fixture
def wrong(walk):
    """Walks a round for each of some days, on each of which a household was wrong; the findings."""

    def make(session: ScopedSession, community: CommunityWorld, *days: int, n: int = 0) -> list[Finding]:
        return [finding for each in days for finding in walk(session, community, ago(each), ("wrong", n))[1]]

    return make


@pytest.fixture
def admin(own, staff):
    """The community's administrator."""
    return staff("community_administrator", own)


@pytest.fixture
def take_over(own, staff):
    """Another administrator of the community, who walked no round."""
    return staff("community_administrator", own, number=2)


def take(session: ScopedSession, actor, community: CommunityWorld, kind: str, day: date, **more: str) -> Step:
    data = StepCreate(kind=kind, done_on=day, **more)  # type: ignore[arg-type]
    return followup.take_step(session, actor, community.id, community.dwellings[0], data)


def suggested(session: ScopedSession, actor, community: CommunityWorld) -> str:
    found = followup.get_case(session, actor, community.id, community.dwellings[0]).suggestion
    return found.kind if found else ""


class TestSuggesting:
    def test_the_household_is_found_and_no_other(self, open_session, own, admin, wrong) -> None:
        with open_session(own.scope) as session:
            wrong(session, own, 9, 5)
            wrong(session, own, 3, n=1)
            [case] = followup.cases_of(session, admin, own.id)
            assert (case.dwelling_id, case.door) == (own.dwellings[0], "1号楼 1单元 101")
            assert case.suggestion is not None
            assert (case.suggestion.kind, case.suggestion.counted, case.suggestion.needed) == ("dissuade", 2, 2)
            assert followup.suggestions(session, own.id) == 1

    def test_the_numbers_are_rules_of_the_compound(self, open_session, own, world, admin, wrong) -> None:
        with open_session(own.scope) as session:
            wrong(session, own, 9)
        with open_session(world.here.scope) as session:
            settle_rule(session, "waste_sorting_followup.dissuade_after", 1, compound_id=own.compound)
            assert followup.suggestions(session, own.id) == 1
            settle_rule(session, "waste_sorting_followup.dissuade_within", "8 days", compound_id=own.compound)
            assert followup.suggestions(session, own.id) == 0

    def test_open_rounds_correct_bags_and_what_is_struck_out_do_not_count(
        self, open_session, own, admin, walk, wrong
    ) -> None:
        with open_session(own.scope) as session:
            walk(session, own, ago(3), ("correct", 0))
            [first, _second] = wrong(session, own, 9, 5)
            service.strike_finding(session, SYSTEM, own.id, first.id, "看错了")
            walk(session, own, ago(1), ("wrong", 0), finish=False)
            assert followup.cases_of(session, admin, own.id) == []

    def test_the_next_household_does_not_answer_for_the_last(self, open_session, own, admin, wrong, household) -> None:
        with open_session(own.scope) as session:
            wrong(session, own, 9, 5, 4)
            take(session, admin, own, "dissuade", ago(5))
            moved = {"day": ago(2), "id": own.households[0]}
            session.execute(text("UPDATE core.household_member SET moved_in_on = :day WHERE household_id = :id"), moved)
            session.execute(text("UPDATE core.household SET started_on = :day WHERE id = :id"), moved)
            case = followup.get_case(session, admin, own.id, own.dwellings[0])
            assert (case.since, case.suggestion, case.steps) == (ago(2), None, [])
            assert private.own_findings(session, household(own), own.id) == []
            assert private.own_steps(session, household(own), own.id) == []

    def test_where_nobody_lives_nothing_is_suggested(self, open_session, own, admin, wrong) -> None:
        with open_session(own.scope) as session:
            wrong(session, own, 9, 5)
            gone = {"day": ago(1), "id": own.residents[0]}
            session.execute(text("UPDATE core.household_member SET moved_out_on = :day WHERE resident_id = :id"), gone)
            session.execute(text("UPDATE core.ownership SET ended_on = :day WHERE resident_id = :id"), gone)
            assert followup.suggestions(session, own.id) == 0

    def test_only_the_community_administrator_knows(self, open_session, own, world, staff, wrong) -> None:
        with open_session(own.scope) as session:
            wrong(session, own, 9, 5)
            for role in ("building_steward", "property_staff", "committee_chair", "street_staff", "auditor"):
                actor = staff(role, own)
                for act in (
                    lambda actor=actor: followup.cases_of(session, actor, own.id),
                    lambda actor=actor: followup.get_case(session, actor, own.id, own.dwellings[0]),
                    lambda actor=actor: take(session, actor, own, "dissuade", today()),
                    lambda actor=actor: appeals.page_of_appeals(session, actor, own.id),
                ):
                    with pytest.raises(Forbidden):
                        act()
        neighbour = world.here.communities[1]
        with open_session(neighbour.scope) as session:
            assert followup.suggestions(session, neighbour.id) == 0
            with pytest.raises(NotFound):
                followup.get_case(session, SYSTEM, neighbour.id, own.dwellings[0])


class TestStepping:
    def test_step_after_step_to_city_management_and_no_further(self, open_session, own, admin, wrong) -> None:
        with open_session(own.scope) as session:
            wrong(session, own, 40, 38)
            take(session, admin, own, "dissuade", ago(37), note="上门说明")
            assert suggested(session, admin, own) == ""
            wrong(session, own, 30)
            take(session, admin, own, "report", ago(29), reference="街报〔2026〕3号")
            wrong(session, own, 20)
            take(session, admin, own, "warning", ago(19))
            wrong(session, own, 10)
            with pytest.raises(Invalid) as error:
                take(session, admin, own, "handover", ago(9))
            assert fields(error) == ["reference"]
            last = take(session, admin, own, "handover", ago(9), reference="城管2026-15")
            assert (last.counted, last.needed, last.reference) == (5, 5, "城管2026-15")
            wrong(session, own, 3, 2, 1)
            assert suggested(session, admin, own) == ""

    def test_only_the_step_that_is_due_on_that_day(self, open_session, own, admin, wrong) -> None:
        with open_session(own.scope) as session:
            wrong(session, own, 9, 5)
            for kind, day in (("report", today()), ("warning", today()), ("dissuade", ago(6))):
                with pytest.raises(Conflict):
                    take(session, admin, own, kind, day, reference="1")
            with pytest.raises(Invalid) as error:
                take(session, admin, own, "dissuade", today() + timedelta(days=1))
            assert fields(error) == ["done_on"]
            assert take(session, admin, own, "dissuade", ago(5)).counts_from == ago(9)

    def test_a_second_click_makes_no_second_step(self, open_session, own, admin, wrong) -> None:
        with open_session(own.scope) as session:
            wrong(session, own, 9, 5)
            first = take(session, admin, own, "dissuade", ago(4), note="上门")
            assert take(session, admin, own, "dissuade", ago(4), note="上门").id == first.id
            assert len(session.scalars(select(Step)).all()) == 1

    def test_those_at_home_are_told_in_private(self, open_session, own, admin, wrong) -> None:
        with open_session(own.scope) as session:
            wrong(session, own, 9, 5)
            step = take(session, admin, own, "dissuade", ago(4))
            told = session.execute(
                text("SELECT account_id, link FROM core.notification WHERE subject_id = :id"), {"id": step.id}
            ).all()
            assert [row.account_id for row in told] == [own.resident_account]
            assert told[0].link.endswith("/waste_sorting/inspections")

    def test_a_mistake_is_taken_back_the_latest_first(self, open_session, own, admin, wrong) -> None:
        with open_session(own.scope) as session:
            wrong(session, own, 40, 38)
            first = take(session, admin, own, "dissuade", ago(37))
            wrong(session, own, 30)
            second = take(session, admin, own, "report", ago(29))
            with pytest.raises(Conflict, match="最近"):
                followup.undo_step(session, admin, own.id, first.id, "登记错了")
            with pytest.raises(Invalid):
                followup.undo_step(session, admin, own.id, second.id, " ")
            followup.undo_step(session, admin, own.id, second.id, "登记错了")
            assert second.taken_back_cause == "mistake"
            assert suggested(session, admin, own) == "report"

    def test_service_settles_what_was_before(self, open_session, own, admin, wrong) -> None:
        served = ServiceCreate(done_on=ago(3), note="桶前值守 2 小时")
        with open_session(own.scope) as session:
            wrong(session, own, 9)
            with pytest.raises(Conflict, match="了结"):
                followup.settle_by_service(session, admin, own.id, own.dwellings[0], served)
            wrong(session, own, 5)
            step = followup.settle_by_service(session, admin, own.id, own.dwellings[0], served)
            again = followup.settle_by_service(session, admin, own.id, own.dwellings[0], served)
            assert (step.kind, again.id) == ("service", step.id)
            assert suggested(session, admin, own) == ""
            wrong(session, own, 2)
            assert suggested(session, admin, own) == ""
            wrong(session, own, 1)
            assert suggested(session, admin, own) == "dissuade"

    def test_the_letter_names_what_was_found_and_no_person(self, open_session, own, admin, wrong) -> None:
        with open_session(own.scope) as session:
            wrong(session, own, 40, 38)
            first = take(session, admin, own, "dissuade", ago(37))
            wrong(session, own, 30)
            take(session, admin, own, "report", ago(29))
            wrong(session, own, 20)
            step = take(session, admin, own, "warning", ago(19))
            assert [each.day for each in results_behind(session, step)] == [ago(20), ago(30), ago(38), ago(40)]
            assert make_letter(session, step).content.startswith(b"%PDF")
            with pytest.raises(NotFound):
                make_letter(session, first)
            followup.undo_step(session, admin, own.id, step.id, "登记错了")
            with pytest.raises(NotFound):
                make_letter(session, step)


class TestOwn:
    def test_a_household_sees_its_own_and_nobody_elses(self, open_session, own, admin, wrong, household, walk) -> None:
        with open_session(own.scope) as session:
            [first, second] = wrong(session, own, 9, 5)
            [other] = wrong(session, own, 3, n=1)
            walk(session, own, ago(1), ("wrong", 0), finish=False)
            step = take(session, admin, own, "dissuade", ago(4))
            me, neighbour = household(own), household(own, 1)
            assert [each.row.id for each in private.own_findings(session, me, own.id)] == [second.id, first.id]
            assert [each.row.id for each in private.own_steps(session, me, own.id)] == [step.id]
            assert [each.row.id for each in private.own_findings(session, neighbour, own.id)] == [other.id]
            assert private.own_steps(session, neighbour, own.id) == []
            for look in (
                lambda: private.own_finding(session, neighbour, own.id, first.id),
                lambda: private.own_step(session, neighbour, own.id, step.id),
                lambda: appeals.appeal_finding(session, neighbour, own.id, first.id, AppealCreate(body="不是")),
            ):
                with pytest.raises(NotFound):
                    look()

    def test_who_lets_a_dwelling_does_not_see_its_lessees(self, open_session, own, wrong, household) -> None:
        with open_session(own.scope) as session:
            wrong(session, own, 9, n=1)
            session.execute(
                text(
                    "INSERT INTO core.ownership (community_id, dwelling_id, resident_id, started_on) "
                    "VALUES (:community, :dwelling, :resident, '2025-01-01')"
                ),
                {"community": own.id, "dwelling": own.dwellings[1], "resident": own.residents[0]},
            )
            assert private.own_findings(session, household(own), own.id) == []


class TestAppealing:
    @pytest.mark.parametrize(("days", "in_time"), [(14, True), (15, True), (16, False)])
    def test_until_so_many_days_after_the_round(
        self, open_session, own, wrong, household, clock, days, in_time
    ) -> None:
        with open_session(own.scope) as session:
            [finding] = wrong(session, own, 0)
            with frozen(clock + timedelta(days=days)):
                assert private.own_finding(session, household(own), own.id, finding.id).may_appeal is in_time
                said = AppealCreate(body="不是我家的")
                if in_time:
                    assert appeals.appeal_finding(session, household(own), own.id, finding.id, said).state == "open"
                    return
                with pytest.raises(Invalid) as error:
                    appeals.appeal_finding(session, household(own), own.id, finding.id, said)
                assert fields(error) == ["body"]

    def test_how_long_is_a_rule(self, open_session, own, world, wrong, household) -> None:
        with open_session(own.scope) as session:
            [finding] = wrong(session, own, 0)
            assert private.own_finding(session, household(own), own.id, finding.id).last_day == ago(-15)
        with open_session(world.here.scope) as session:
            settle_rule(session, "waste_sorting_followup.appeal", "20 days")
            assert private.own_finding(session, household(own), own.id, finding.id).last_day == ago(-20)

    def test_once_for_each_and_not_for_what_was_right(self, open_session, own, walk, wrong, household) -> None:
        me = household(own)
        with open_session(own.scope) as session:
            _row, [right] = walk(session, own, ago(3), ("correct", 0))
            [finding] = wrong(session, own, 1)
            said = AppealCreate(body="不是我家的")
            first = appeals.appeal_finding(session, me, own.id, finding.id, said)
            assert appeals.appeal_finding(session, me, own.id, finding.id, said).id == first.id
            with pytest.raises(Conflict):
                appeals.appeal_finding(session, me, own.id, finding.id, AppealCreate(body="再说一遍"))
            with pytest.raises(Invalid):
                appeals.appeal_finding(session, me, own.id, right.id, said)
            assert (first.resident_id, first.dwelling_id) == (own.residents[0], own.dwellings[0])
            assert appeals.count_open(session, own.id) == 1

    def test_upheld_it_strikes_out_the_finding_and_takes_back_the_step(
        self, open_session, own, admin, wrong, household
    ) -> None:
        with open_session(own.scope) as session:
            [first, second] = wrong(session, own, 9, 5)
            step = take(session, admin, own, "dissuade", ago(4))
            said = appeals.appeal_finding(session, household(own), own.id, second.id, AppealCreate(body="不是"))
            done = appeals.decide_appeal(session, admin, own.id, said.id, UPHELD)
            assert (done.state, done.answer) == ("upheld", UPHELD.answer)
            assert appeals.decide_appeal(session, admin, own.id, said.id, UPHELD).decided_at == done.decided_at
            assert second.struck_at
            assert UPHELD.answer not in second.struck_reason, "others read the reason"
            assert first.struck_at is None
            assert step.taken_back_cause == "finding"
            with pytest.raises(Conflict):
                appeals.decide_appeal(session, admin, own.id, said.id, REJECTED)

    def test_a_step_that_stands_on_the_rest_stays(self, open_session, own, admin, wrong, household) -> None:
        with open_session(own.scope) as session:
            [_first, _second, third] = wrong(session, own, 9, 5, 4)
            step = take(session, admin, own, "dissuade", ago(4))
            assert step.counted == 3
            said = appeals.appeal_finding(session, household(own), own.id, third.id, AppealCreate(body="不是"))
            appeals.decide_appeal(session, admin, own.id, said.id, UPHELD)
            assert step.taken_back_at is None

    def test_against_the_step_itself(self, open_session, own, admin, wrong, household) -> None:
        with open_session(own.scope) as session:
            findings = wrong(session, own, 9, 5)
            step = take(session, admin, own, "dissuade", ago(4))
            said = appeals.appeal_step(session, household(own), own.id, step.id, AppealCreate(body="没有人来过"))
            appeals.decide_appeal(session, admin, own.id, said.id, UPHELD)
            assert (step.taken_back_cause, step.taken_back_reason) == ("appeal", UPHELD.answer)
            assert all(each.struck_at is None for each in findings)
            assert suggested(session, admin, own) == "", "what it rested on leads to it no more"

    def test_nobody_judges_what_they_found_themselves(
        self, open_session, own, admin, staff, walk, take_over, household
    ) -> None:
        with open_session(own.scope) as session:
            _round, [finding] = walk(session, own, ago(5), ("wrong", 0), actor=admin)
            said = appeals.appeal_finding(session, household(own), own.id, finding.id, AppealCreate(body="不是"))
            for verdict in (UPHELD, REJECTED):
                with pytest.raises(Forbidden, match="这次检查是您自己做的"):
                    appeals.decide_appeal(session, admin, own.id, said.id, verdict)
            assert (said.state, finding.struck_at) == ("open", None)
            assert appeals.why_not(session, take_over, said) == ""
            assert appeals.decide_appeal(session, take_over, own.id, said.id, REJECTED).state == "rejected"
            # What was decided stays readable for the inspector, and the same sent again is no new decision.
            assert appeals.decide_appeal(session, admin, own.id, said.id, REJECTED).decided_by == take_over.account_id

    def test_nor_a_step_that_rests_on_it(self, open_session, own, admin, walk, wrong, take_over, household) -> None:
        with open_session(own.scope) as session:
            wrong(session, own, 9)
            walk(session, own, ago(5), ("wrong", 0), actor=admin)
            step = take(session, admin, own, "dissuade", ago(4))
            said = appeals.appeal_step(session, household(own), own.id, step.id, AppealCreate(body="没有人来过"))
            with pytest.raises(Forbidden, match="这次检查是您自己做的"):
                appeals.decide_appeal(session, admin, own.id, said.id, UPHELD)
            assert appeals.decide_appeal(session, take_over, own.id, said.id, UPHELD).state == "upheld"

    def test_nor_their_own_household(self, open_session, own, take_over, wrong, household) -> None:
        with open_session(own.scope) as session:
            [finding] = wrong(session, own, 5)
            said = appeals.appeal_finding(session, household(own), own.id, finding.id, AppealCreate(body="不是"))
            theirs, others = household(own), household(own, 1)
            housemate = replace(take_over, household_ids=theirs.household_ids)
            neighbour = replace(take_over, household_ids=others.household_ids, resident_ids=others.resident_ids)
            with pytest.raises(Forbidden, match="您自己家的申诉"):
                appeals.decide_appeal(session, housemate, own.id, said.id, UPHELD)
            who_filed = replace(take_over, account_id=said.account_id)
            with pytest.raises(Forbidden, match="您自己提出的申诉"):
                appeals.decide_appeal(session, who_filed, own.id, said.id, UPHELD)
            assert appeals.decide_appeal(session, neighbour, own.id, said.id, UPHELD).state == "upheld"

    def test_rejected_with_a_reason_everything_stays(self, open_session, own, admin, wrong, household) -> None:
        with open_session(own.scope) as session:
            [finding] = wrong(session, own, 5)
            said = appeals.appeal_finding(session, household(own), own.id, finding.id, AppealCreate(body="不是"))
            with pytest.raises(Invalid):
                appeals.decide_appeal(session, admin, own.id, said.id, AppealDecide(verdict="rejected", answer=" "))
            appeals.decide_appeal(session, admin, own.id, said.id, REJECTED)
            assert finding.struck_at is None
            line = private.own_finding(session, household(own), own.id, finding.id)
            assert (line.appeal.answer, line.may_appeal) == (REJECTED.answer, False)  # type: ignore[union-attr]

    def test_nothing_of_a_household_stands_in_the_record(self, open_session, own, admin, wrong, household) -> None:
        with open_session(own.scope) as session:
            [_first, second] = wrong(session, own, 9, 5)
            take(session, admin, own, "dissuade", ago(4), note="秘密说明")
            said = appeals.appeal_finding(session, household(own), own.id, second.id, AppealCreate(body="秘密理由"))
            appeals.decide_appeal(session, admin, own.id, said.id, UPHELD)
            session.commit()
        with open_session(own.scope) as session:
            kept = session.scalars(
                text("SELECT e::text FROM core.audit_entry e WHERE action LIKE 'waste\\_sorting.%'")
            ).all()
            assert any("waste_sorting.step.take" in each for each in kept)
            for secret in (str(own.dwellings[0]), "1单元", "秘密", UPHELD.answer):
                assert not any(secret in each for each in kept), secret


class TestPhotos:
    @pytest.fixture
    def picture(self) -> Photo:
        content = io.BytesIO()
        Image.new("RGB", (40, 30), "green").save(content, "JPEG")
        return Photo(content.getvalue(), "bag.jpg", "image/jpeg")

    def test_of_a_households_bag_are_for_itself_and_for_who_follows_it_up(
        self, open_session, own, admin, staff, household, walk, picture
    ) -> None:
        steward = staff("building_steward", own, number=2, compound_id=own.compound, building_id=own.building)
        with open_session(own.scope) as session:
            row, [mine, nobodys] = walk(session, own, ago(1), ("wrong", 0), ("wrong", None), finish=False)
            for each in (mine, nobodys):
                keep_photos(session, SYSTEM, (FINDING, each.id), own.id, [picture])
            [file], [other] = (kept_photos(session, FINDING, [each.id])[each.id] for each in (mine, nobodys))
            assert not may_read_finding(session, household(own), file), "not before the round is finished"
            service.finish_round(session, SYSTEM, own.id, row.id)
            readers = (household(own), admin, household(own, 1), steward, staff("property_staff", own, number=3))
            assert [may_read_finding(session, each, file) for each in readers] == [True, True, False, False, False]
            assert [may_read_finding(session, each, other) for each in readers] == [False, True, False, True, True]

    def test_a_photo_and_no_more_than_three(self, open_session, own, walk, picture) -> None:
        with open_session(own.scope) as session:
            row, [finding] = walk(session, own, ago(1), ("wrong", None), finish=False)
            subject = (FINDING, finding.id)
            keep_photos(session, SYSTEM, subject, own.id, [picture] * 3)
            for sent in ([picture] * 4, [Photo(b"%PDF-1.4\n%%EOF\n", "a.pdf", "application/pdf")]):
                with pytest.raises(Invalid) as error:
                    keep_photos(session, SYSTEM, subject, own.id, sent)
                assert fields(error) == ["photos"]
            service.discard_round(session, SYSTEM, own.id, row.id)
            assert kept_photos(session, FINDING, [finding.id]) == {}
