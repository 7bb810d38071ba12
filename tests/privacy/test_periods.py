"""How long data is kept: within the law's limits, purged daily with proof, rehearsed, and held where a case asks."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, select
from tests.privacy.conftest import street_officer

from linli.audit.models import AuditEntry
from linli.kit.actor import SYSTEM
from linli.kit.clock import frozen, now, today
from linli.kit.errors import Conflict, Invalid, NotFound
from linli.kit.ids import new_id
from linli.plugins.contributions import DataClass
from linli.plugins.personal import declare_data_classes, declared_data_classes
from linli.privacy.assessments import close_assessment, create_assessment, update_assessment
from linli.privacy.holds import lift_hold, list_holds, set_hold
from linli.privacy.models import ImpactAssessment, NumberReveal, PurgeRecord
from linli.privacy.purging import BATCH, list_classes, list_purges, period_of, purge_step, rehearse, set_period
from linli.privacy.schemas import AssessmentIn, AssessmentUpdate, HoldIn, Lift, PeriodIn
from linli.privacy.sources import Source, find_class
from linli.tasks import enqueue
from linli.testing.houses import activate_plugins

REVEALS, COPIES, ASSESSMENTS = "core.number_reveals", "core.personal_copies", "core.impact_assessments"


def looks(session, community, *days_ago: float) -> list[UUID]:
    """Looks at the first resident's number, so many days old."""
    made = []
    for days in days_ago:
        row = NumberReveal(
            id=new_id(),
            community_id=community.id,
            resident_id=community.residents[0],
            field="phone",
            viewer_name="某人",
            purpose="contact",
            at=now() - timedelta(days=days),
        )
        session.add(row)
        made.append(row.id)
    session.flush()
    return made


def left(session) -> set[UUID]:
    return set(session.scalars(select(NumberReveal.id)))


class TestChoosingAPeriod:
    @pytest.mark.parametrize(
        ("name", "days", "fits"),
        [
            (REVEALS, 183, False),
            (REVEALS, 184, True),
            (REVEALS, 185, True),
            (REVEALS, None, True),
            (COPIES, 29, True),
            (COPIES, 30, True),
            (COPIES, 31, False),
            (COPIES, None, False),
            (ASSESSMENTS, 1095, False),
            (ASSESSMENTS, 1096, True),
            (ASSESSMENTS, 1097, True),
        ],
    )
    def test_stays_within_what_the_law_asks(self, open_session, world, officer, name, days, fits) -> None:
        data = PeriodIn(data_class=name, days=days, reason="测试")
        with open_session(world.here.scope, officer) as session:
            if fits:
                assert set_period(session, officer, data).days == days
                assert period_of(session, name) == days
                return
            before = period_of(session, name)
            with pytest.raises(Invalid) as refused:
                set_period(session, officer, data)
            assert refused.value.errors[0].field == "days"
            assert find_class(name).item.source in refused.value.errors[0].allowed, "why is said"
            assert period_of(session, name) == before

    def test_is_recorded_and_one_streets_alone(self, open_session, world, officer) -> None:
        with open_session(world.here.scope, officer) as session:
            set_period(session, officer, PeriodIn(data_class=REVEALS, days=200, reason="够用了"))
        with open_session(world.here.scope, officer) as session:
            entry = session.scalar(select(AuditEntry).where(AuditEntry.action == "core.retention.set"))
            assert (entry.before["days"], entry.after["days"], entry.reason) == (365, 200, "够用了")
        with open_session(world.there.scope) as session:
            assert period_of(session, REVEALS) == 365
            assert not any(each.is_chosen for each in list_classes(session))

    def test_of_an_unknown_class_is_refused(self, open_session, world, officer) -> None:
        with open_session(world.here.scope, officer) as session, pytest.raises(Invalid):
            set_period(session, officer, PeriodIn(data_class="core.nothing", days=10))


class TestPurging:
    @pytest.mark.asvs("V14.2.7")
    def test_takes_what_is_older_and_proves_it(self, open_session, world, here, officer) -> None:
        moment = datetime(2026, 11, 25, 3, 30, tzinfo=UTC)
        with frozen(moment), open_session(world.here.scope, officer) as session:
            old, older, at_limit, young = looks(session, here, 365.01, 400, 365, 364.99)
            assert purge_step(session, find_class(REVEALS)) == 2
            assert left(session) == {at_limit, young}
            assert purge_step(session, find_class(REVEALS)) == 0, "a second run finds nothing and writes nothing"
            proof = session.scalars(select(PurgeRecord)).one()
        # Recomputed by hand, as anybody with a backup would.
        lines = "\n".join(sorted([str(old), str(older)]))
        assert proof.digest == hashlib.sha256(lines.encode()).digest()
        assert (proof.rows, proof.cutoff) == (2, moment - timedelta(days=365))
        with open_session(world.here.scope, officer) as session:
            entry = session.scalar(select(AuditEntry).where(AuditEntry.action == "core.data.purge"))
            assert entry.after["digest"] == proof.digest.hex()

    def test_leaves_the_other_street(self, open_session, world, here) -> None:
        with open_session(world.there.scope) as session:
            (theirs,) = looks(session, world.there.communities[0], 400)
        with open_session(world.here.scope) as session:
            looks(session, here, 400)
            assert purge_step(session, find_class(REVEALS)) == 1
            assert list_purges(session)[0][0].rows == 1
        with open_session(world.there.scope) as session:
            assert left(session) == {theirs}
            assert list_purges(session) == ([], None)

    def test_goes_step_by_step(self, open_session, world, here) -> None:
        with open_session(world.here.scope) as session:
            looks(session, here, *[400] * (BATCH + 1))
            assert [purge_step(session, find_class(REVEALS)) for _n in range(3)] == [BATCH, 1, 0]

    def test_a_rehearsal_counts_and_deletes_nothing(self, open_session, world, here, officer) -> None:
        with open_session(world.here.scope, officer) as session:
            kept = set(looks(session, here, 400, 400, 10))
            told = rehearse(session, REVEALS)
            assert (told.rows, told.held_back, told.is_more) == (2, 0, False)
            assert left(session) == kept
            assert list_purges(session) == ([], None)

    def test_what_is_kept_for_ever_is_not_purged(self, open_session, world, here, officer) -> None:
        with open_session(world.here.scope, officer) as session:
            set_period(session, officer, PeriodIn(data_class=REVEALS, days=None))
            looks(session, here, 4000)
            assert rehearse(session, REVEALS).cutoff is None
            assert purge_step(session, find_class(REVEALS)) == 0

    def test_an_owner_that_deletes_too_much_is_undone(self, open_session, world, here) -> None:
        def greedy(session, before, limit, held):
            gone = delete(NumberReveal).returning(NumberReveal.id)
            return [*session.scalars(gone).all(), *(new_id() for _n in range(limit))]

        item = DataClass(name="greedy.all", title="全部", days=1, source="测试", purge=greedy)
        with open_session(world.here.scope) as session:
            kept = set(looks(session, here, 400))
            declare_data_classes([("greedy", item)])
            try:
                with pytest.raises(ValueError, match="greedy"):
                    purge_step(session, Source("greedy", item))
            finally:
                activate_plugins()
            assert left(session) == kept

    def test_every_class_of_the_core_purges_an_empty_street(self, open_session, world) -> None:
        activate_plugins()
        with open_session(world.here.scope) as session:
            for each in list_classes(session):
                rehearse(session, each.name)


class TestTheNightlyRun:
    def test_a_class_that_fails_stops_no_other(self, house, world, here, work) -> None:
        def broken(session, before, limit, held):
            raise RuntimeError("out of order")

        odd = DataClass(name="aaa.broken", title="坏的", days=1, source="测试", purge=broken)
        declare_data_classes([*declared_data_classes(), ("aaa", odd)])
        try:
            with house.database.unit_of_work(world.here.scope) as session:
                looks(session, here, 400)
            with house.database.unit_of_work(world.here.scope) as session:
                job_id = enqueue(session, "core.purge_expired", {})
            told = work(house, world.here.id, job_id)
        finally:
            activate_plugins()
        assert told["failed"] == {"aaa.broken": "RuntimeError"}
        assert told["purged"][REVEALS] == 1


class TestHolds:
    @pytest.fixture
    def two_communities(self, open_session, world) -> None:
        with open_session(world.here.scope) as session:
            for community in world.here.communities:
                looks(session, community, 400)

    @pytest.mark.parametrize(("kind", "goes"), [("person", 1), ("community", 1), ("data_class", 0), ("", 2)])
    def test_keep_a_person_a_community_or_a_class(
        self, open_session, world, here, officer, two_communities, kind, goes
    ) -> None:
        named = {"person": {"resident_id": here.residents[0]}, "community": {"community_id": here.id}}
        with open_session(world.here.scope, officer) as session:
            if kind:
                data = named.get(kind, {"data_class": REVEALS})
                assert set_hold(session, officer, HoldIn(reason="诉讼", **data)).kind == kind
            told = rehearse(session, REVEALS)
            assert (told.rows, told.held_back) == (goes, 2 - goes)
            assert purge_step(session, find_class(REVEALS)) == goes

    def test_end_after_their_last_day_or_when_lifted(self, open_session, world, officer, two_communities) -> None:
        with open_session(world.here.scope, officer) as session:
            held = set_hold(session, officer, HoldIn(reason="诉讼", data_class=REVEALS, until=today()))
            assert purge_step(session, find_class(REVEALS)) == 0, "the last day is still held"
            with frozen(now() + timedelta(days=1)):
                assert rehearse(session, REVEALS).rows == 2
            lift_hold(session, officer, held.id, Lift(reason="撤诉"))
            with pytest.raises(Conflict):
                lift_hold(session, officer, held.id, Lift(reason="撤诉"))
            assert purge_step(session, find_class(REVEALS)) == 2

    def test_need_a_reason_and_one_thing_to_hold(self, open_session, world, here, officer) -> None:
        with open_session(world.here.scope, officer) as session:
            for data in (
                HoldIn(reason=" ", community_id=here.id),
                HoldIn(reason="诉讼"),
                HoldIn(reason="诉讼", community_id=here.id, data_class=REVEALS),
                HoldIn(reason="诉讼", data_class=REVEALS, until=today() - timedelta(days=1)),
                HoldIn(reason="诉讼", resident_id=world.there.communities[0].residents[0]),
            ):
                with pytest.raises(Invalid):
                    set_hold(session, officer, data)
            assert list_holds(session) == ([], None)

    def test_are_one_streets_own(self, open_session, world, here, officer) -> None:
        with open_session(world.here.scope, officer) as session:
            held = set_hold(session, officer, HoldIn(reason="诉讼", resident_id=here.residents[0]))
        for scope in (world.there.scope, world.here.communities[1].scope):
            with open_session(scope) as session:
                assert list_holds(session) == ([], None)
        stranger = street_officer(world.there)
        with open_session(world.there.scope, stranger) as session, pytest.raises(NotFound):
            lift_hold(session, stranger, held.id, Lift(reason="越权"))


class TestImpactAssessments:
    WRITTEN = AssessmentIn(
        title="人脸门禁", purpose="出入", risks="泄露", measures="不存照片", held_on=today(), assessors="张三"
    )

    def test_are_closed_once_everything_is_written(self, open_session, world, officer) -> None:
        with open_session(world.here.scope, officer) as session:
            begun = create_assessment(session, AssessmentIn(title="人脸门禁"))
            with pytest.raises(Invalid) as refused:
                close_assessment(session, officer, begun.id, begun.version)
            assert {each.field for each in refused.value.errors} == {
                "purpose",
                "risks",
                "measures",
                "held_on",
                "assessors",
            }
            made = create_assessment(session, self.WRITTEN)
            closed = close_assessment(session, officer, made.id, made.version)
            change = AssessmentUpdate(title="别的", version=closed.version)
            with pytest.raises(Conflict):
                update_assessment(session, closed.id, change)

    @pytest.mark.parametrize(("days", "goes"), [(1095, 0), (1096, 0), (1096.001, 1)])
    def test_are_kept_three_years_after_that(self, open_session, world, officer, days, goes) -> None:
        with open_session(world.here.scope, officer) as session:
            opened = create_assessment(session, self.WRITTEN)
            made = create_assessment(session, self.WRITTEN)
            moment = now()
            with frozen(moment):
                close_assessment(session, officer, made.id, made.version)
            with frozen(moment + timedelta(days=days)):
                assert purge_step(session, find_class(ASSESSMENTS)) == goes
            ids = set(session.scalars(select(ImpactAssessment.id)))
            assert ids == {opened.id} | (set() if goes else {made.id}), "an open one is never purged"

    def test_are_one_streets_own(self, open_session, world, officer) -> None:
        with open_session(world.here.scope, officer) as session:
            create_assessment(session, self.WRITTEN)
        with open_session(world.there.scope, SYSTEM) as session:
            assert session.scalars(select(ImpactAssessment)).all() == []
