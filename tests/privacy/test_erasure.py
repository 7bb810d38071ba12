"""Erasure: asked, decided, carried out everywhere, proven; what stays is what is excused, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import select
from tests.privacy.conftest import street_officer
from tests.residents.actors import id_number

from linli.access.models import RoleGrant
from linli.access.roles import role_permissions
from linli.approvals import ApprovalRequired, ask_approval
from linli.approvals.service import approve
from linli.kit.actor import SYSTEM, Actor, Grant
from linli.kit.clock import today
from linli.kit.errors import Conflict, Invalid, NotFound
from linli.plugins.contributions import Erased, PersonalData
from linli.plugins.personal import declare_personal_data, declared_personal_data
from linli.privacy import consents, decisions, reveals
from linli.privacy import requests as asking
from linli.privacy.holds import set_hold
from linli.privacy.inbox import ERASE_ACT, get_request
from linli.privacy.models import PrivacyRequest
from linli.privacy.schemas import CorrectionAsk, Decision, ErasureAsk, HoldIn, OfficeAsk, PurposeIn
from linli.residents.models import Household, Ownership, Resident
from linli.residents.schemas import ResidentUpdate, Reveal
from linli.residents.service import get_resident, update_resident
from linli.settings.service import set_setting
from linli.testing.houses import activate_plugins
from linli_notices.objections.models import Objection

NAME, READING, PHONE, ID_NUMBER = "濮阳金丝雀", "puyangjinsique", "19955501234", id_number(77)
REMARKS = "金丝雀的备注"
ACCEPT = {"accept": True, "reason": "已搬走", "identity_check": "card"}

#: Where traces of an erased person may stay, and why the certificate says so.
STAYS = {
    "core.audit_entry": "append-only by law, at least six months",
}


@pytest.fixture(autouse=True)
def plugins() -> Iterator[None]:
    activate_plugins()
    yield
    activate_plugins()


def traces(house, *marks: bytes | str) -> dict[str, int]:
    """Table to the number of rows in which a mark stands, in any text, JSON or bytes of the whole database."""
    found: dict[str, int] = {}
    with psycopg.connect(house.addresses.superuser or "", autocommit=True) as connection:
        columns = connection.execute(
            "SELECT table_schema || '.' || table_name, column_name, data_type FROM information_schema.columns "
            "WHERE table_schema IN ('core', 'sec') OR table_schema LIKE 'plugin_%'"
        ).fetchall()
        for table, column, kind in columns:
            for mark in marks:
                if isinstance(mark, bytes):
                    if kind != "bytea":
                        continue
                    where, value = f'position(%s::bytea IN "{column}") > 0', mark
                elif kind == "bytea":
                    where, value = f'position(%s::bytea IN "{column}") > 0', mark.encode()
                else:
                    where, value = f'strpos("{column}"::text, %s) > 0', mark
                count = connection.execute(f"SELECT count(*) FROM {table} WHERE {where}", [value]).fetchone()
                if count and count[0]:
                    found[table] = found.get(table, 0) + count[0]
    return found


@pytest.fixture
def canary(house, here, office, me):
    """The first resident under names and numbers of their own, known to every part of the platform."""
    with house.database.unit_of_work(here.scope, office) as session:
        version = get_resident(session, office, here.residents[0]).version
        change = ResidentUpdate(
            version=version, name=NAME, phone=PHONE, id_number=ID_NUMBER, remarks=REMARKS, born_on=date(1980, 5, 6)
        )
        update_resident(session, office, here.residents[0], change)
        reveals.reveal(session, office, here.residents[0], Reveal(field="phone", purpose="contact"))
        indexes = [
            session.vault.blind_index(session, "phone", PHONE),
            session.vault.blind_index(session, "id_number", ID_NUMBER),
        ]
        consents.publish_purpose(session, office, here.id, PurposeIn(code="photos", title="照片", body="公开照片"))
    with house.owner.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE core.account SET display_name = %s, user_name = 'canary' WHERE id = %s",
            (NAME, here.resident_account),
        )
    self_named = replace(me, display_name=NAME)
    with house.database.unit_of_work(here.scope, self_named) as session:
        resident = asking.own_resident(session, self_named)
        (line,) = consents.consents_of(session, resident)
        consents.choose(session, self_named, resident, line.purpose.id, "given")
        asking.ask_for_correction(session, self_named, CorrectionAsk(remarks="金丝雀要改", note=f"我是{NAME}"))
        asking.ask_for_copy(session, self_named)
    return self_named, indexes


class TestTheWholeWay:
    def test_nothing_of_the_person_is_left_but_what_is_excused(self, house, here, office, canary, work) -> None:
        person, indexes = canary
        with house.database.unit_of_work(here.scope, person) as session:
            asked = asking.ask_for_erasure(session, person, ErasureAsk(note=f"{NAME} 已经搬走，电话 {PHONE}"))
            copy = next(each for each in asking.own_requests(session, person.resident_ids) if each.kind == "copy")
            copy_job = session.scalar(select(PrivacyRequest.job_id).where(PrivacyRequest.id == copy.id))
        work(house, here.tenant_id, copy_job)
        marks = (NAME, READING, PHONE, ID_NUMBER, REMARKS, "canary", *indexes)
        before = traces(house, *marks)
        assert {"core.resident", "core.account", "core.audit_entry", "core.job"} <= set(before), "control"

        with house.database.unit_of_work(here.scope, office) as session:
            decided = decisions.decide(session, office, asked.id, Decision(version=asked.version, **ACCEPT))
            assert decided.state == "working"
            job_id = session.scalar(select(PrivacyRequest.job_id).where(PrivacyRequest.id == asked.id))
        assert work(house, here.tenant_id, job_id)["is_whole"] is True

        assert set(traces(house, *marks)) == set(STAYS)
        with house.database.unit_of_work(here.scope, office) as session:
            done = get_request(session, office, asked.id)
            resident = session.get_one(Resident, (here.tenant_id, here.residents[0]))
            assert (resident.phone_ct, resident.id_number_ct, resident.account_id) == (None, None, None)
            assert resident.erased_at is not None
            shares = session.scalars(select(Ownership).where(Ownership.resident_id == resident.id)).all()
            assert len(shares) == 1, "the share stays: heads and areas are counted by it"
            household = session.get_one(Household, (here.tenant_id, here.households[0]))
            assert household.ended_on is not None, "nobody is left in it"
        assert done.state == "done"
        assert done.outcome is not None
        assert done.outcome["account"] == "emptied"
        parts = {part["title"]: part for part in done.outcome["parts"]}
        assert (parts["居民登记"]["removed"], parts["居民登记"]["kept"]) == (1, 0)
        assert (parts["产权份额"]["removed"], parts["产权份额"]["kept"]) == (0, 1)
        assert "民法典" in parts["产权份额"]["reason"]
        assert all(part["reason"] for part in parts.values() if part["kept"])

    def test_a_second_run_changes_nothing_and_counts_nothing_twice(self, house, here, office, canary, work) -> None:
        person, _indexes = canary
        with house.database.unit_of_work(here.scope, person) as session:
            asked = asking.ask_for_erasure(session, person, ErasureAsk())
        with house.database.unit_of_work(here.scope, office) as session:
            decisions.decide(session, office, asked.id, Decision(version=asked.version, **ACCEPT))
            job_id = session.scalar(select(PrivacyRequest.job_id).where(PrivacyRequest.id == asked.id))
        work(house, here.tenant_id, job_id)
        with house.database.unit_of_work(here.scope, office) as session:
            first = get_request(session, office, asked.id).outcome
        assert work(house, here.tenant_id, job_id) is None
        with house.database.unit_of_work(here.scope, office) as session:
            assert get_request(session, office, asked.id).outcome == first

    def test_a_plugin_that_fails_is_named_and_tried_again(self, house, here, office, canary, work) -> None:
        person, _indexes = canary
        broken = {"now": True}

        def erase(session, who) -> Erased:
            session.execute(select(Resident).where(Resident.id.in_(who.resident_ids))).all()
            if broken["now"]:
                raise RuntimeError("out of order")
            return Erased(3)

        part = PersonalData(title="坏的部分", purpose="测试", basis="测试", export=lambda s, p: [], erase=erase)
        declare_personal_data([*declared_personal_data(), ("broken", part)])
        with house.database.unit_of_work(here.scope, person) as session:
            asked = asking.ask_for_erasure(session, person, ErasureAsk())
        with house.database.unit_of_work(here.scope, office) as session:
            decisions.decide(session, office, asked.id, Decision(version=asked.version, **ACCEPT))
            job_id = session.scalar(select(PrivacyRequest.job_id).where(PrivacyRequest.id == asked.id))
        assert work(house, here.tenant_id, job_id)["is_whole"] is False
        with house.database.unit_of_work(here.scope, office) as session:
            waiting = get_request(session, office, asked.id)
            assert waiting.state == "working"
            assert [p["owner"] for p in waiting.outcome["parts"] if p["fault"]] == ["broken"]
            assert session.get_one(Resident, (here.tenant_id, here.residents[0])).erased_at is not None
        broken["now"] = False
        with house.database.unit_of_work(here.scope, office) as session:
            decisions.erase_again(session, office, asked.id)
            job_id = session.scalar(select(PrivacyRequest.job_id).where(PrivacyRequest.id == asked.id))
        assert work(house, here.tenant_id, job_id)["is_whole"] is True
        with house.database.unit_of_work(here.scope, office) as session:
            done = get_request(session, office, asked.id)
            parts = {part["title"]: part for part in done.outcome["parts"]}
        assert done.state == "done"
        assert (parts["坏的部分"]["removed"], parts["居民登记"]["removed"]) == (3, 1)
        assert done.outcome["account_id"] is None

    def test_an_objection_loses_its_author_and_keeps_its_words(self, house, here, office, canary, work) -> None:
        person, _indexes = canary
        objection = uuid4()
        with house.database.unit_of_work(here.scope) as session:
            session.add(
                Objection(
                    id=objection,
                    community_id=here.id,
                    notice_id=uuid4(),
                    kind="objection",
                    body="电梯太吵",
                    resident_id=here.residents[0],
                    account_id=person.account_id,
                    dwelling_id=here.dwellings[0],
                    filed_by=person.account_id,
                    filed_by_name=NAME,
                    answer_due_on=date(2027, 1, 1),
                )
            )
        with house.database.unit_of_work(here.scope, person) as session:
            asked = asking.ask_for_erasure(session, person, ErasureAsk())
        with house.database.unit_of_work(here.scope, office) as session:
            decisions.decide(session, office, asked.id, Decision(version=asked.version, **ACCEPT))
            job_id = session.scalar(select(PrivacyRequest.job_id).where(PrivacyRequest.id == asked.id))
        assert work(house, here.tenant_id, job_id)["is_whole"] is True
        with house.database.unit_of_work(here.scope) as session:
            kept = session.get_one(Objection, (here.tenant_id, objection))
            assert kept.body == "电梯太吵"
            assert kept.erased_at is not None
            who = (kept.resident_id, kept.account_id, kept.dwelling_id, kept.filed_by, kept.filed_by_name)
            assert who == (None, None, None, None, "")


class TestTwoPeople:
    """A street that names the act: one accepts, another approves, and only then it begins, once."""

    @pytest.fixture
    def two(self, open_session, world, here) -> tuple[Actor, Actor]:
        with open_session(world.here.scope) as session:
            set_setting(session, SYSTEM, "core", "two_person_acts", value=[ERASE_ACT])
            session.add(
                RoleGrant(
                    account_id=world.here.auditor,
                    account_name="另一位管理员",
                    role="street_administrator",
                    starts_on=today(),
                    reason="测试",
                )
            )
        roles = role_permissions()
        first = Actor(
            account_id=here.administrator,
            display_name="社区管理员",
            grants=(Grant("community_administrator", here.id),),
            permissions=roles,
        )
        second = Actor(
            account_id=world.here.auditor,
            display_name="另一位管理员",
            grants=(Grant("street_administrator"),),
            permissions=roles,
        )
        return first, second

    def test_nothing_begins_before_the_second_person_approved(self, open_session, world, here, me, two) -> None:
        first, second = two
        with open_session(here.scope, me) as session:
            asked = asking.ask_for_erasure(session, me, ErasureAsk())
        decision = Decision(version=asked.version, **ACCEPT)
        with pytest.raises(ApprovalRequired) as needed, open_session(here.scope, first) as session:
            decisions.decide(session, first, asked.id, decision)
        with open_session(here.scope, first) as session:
            assert get_request(session, first, asked.id).state == "open", "undone as a whole"
            approval_id = ask_approval(
                session,
                first,
                ERASE_ACT,
                needed.value.payload,
                reason=needed.value.reason,
                subject=needed.value.subject,
                community_id=here.id,
            )
            waiting = get_request(session, first, asked.id)
            assert (waiting.state, waiting.approval_id) == ("waiting", approval_id)
        with open_session(world.here.scope, second) as session:
            assert approve(session, second, approval_id).outcome
            begun = get_request(session, second, asked.id)
            assert (begun.state, begun.approval_id, begun.decided_by_name) == ("working", None, first.display_name)
        with open_session(world.here.scope, second) as session, pytest.raises(Conflict):
            approve(session, second, approval_id)

    def test_a_request_taken_back_meanwhile_is_not_carried_out(self, open_session, world, here, me, two) -> None:
        first, second = two
        with open_session(here.scope, me) as session:
            asked = asking.ask_for_erasure(session, me, ErasureAsk())
        with pytest.raises(ApprovalRequired) as needed, open_session(here.scope, first) as session:
            decisions.decide(session, first, asked.id, Decision(version=asked.version, **ACCEPT))
        with open_session(here.scope, first) as session:
            approval_id = ask_approval(
                session,
                first,
                ERASE_ACT,
                needed.value.payload,
                reason="",
                subject=needed.value.subject,
                community_id=here.id,
            )
        with open_session(here.scope, me) as session:
            asking.withdraw(session, me, asked.id)
        with open_session(world.here.scope, second) as session, pytest.raises(Conflict):
            approve(session, second, approval_id)
        with open_session(here.scope, me) as session:
            assert asking.own_request(session, me, asked.id).state == "withdrawn"

    def test_a_refusal_takes_nobody_else(self, open_session, world, here, me, two) -> None:
        first, _second = two
        with open_session(here.scope, me) as session:
            asked = asking.ask_for_erasure(session, me, ErasureAsk())
        with open_session(here.scope, first) as session:
            refusal = Decision(version=asked.version, accept=False, reason="还住在这里")
            assert decisions.decide(session, first, asked.id, refusal).state == "refused"


class TestDeciding:
    def test_a_legal_hold_refuses_an_erasure_and_names_its_reason(self, open_session, world, here, office, me) -> None:
        with open_session(here.scope, me) as session:
            asked = asking.ask_for_erasure(session, me, ErasureAsk())
        officer = street_officer(world.here)
        with open_session(world.here.scope, officer) as session:
            set_hold(session, officer, HoldIn(reason="物业费诉讼", resident_id=here.residents[0]))
        with open_session(here.scope, office) as session, pytest.raises(Conflict, match="物业费诉讼"):
            decisions.decide(session, office, asked.id, Decision(version=asked.version, **ACCEPT))
        with open_session(here.scope, office) as session:
            assert get_request(session, office, asked.id).state == "open"

    def test_who_asks_has_to_be_checked_before(self, open_session, here, office, me) -> None:
        with open_session(here.scope, me) as session:
            asked = asking.ask_for_erasure(session, me, ErasureAsk())
        with open_session(here.scope, office) as session, pytest.raises(Invalid) as refused:
            decisions.decide(session, office, asked.id, Decision(version=asked.version, accept=True, reason="同意"))
        assert refused.value.errors[0].field == "identity_check"

    def test_a_refusal_needs_a_reason_and_tells_it(self, open_session, here, office, me) -> None:
        with open_session(here.scope, me) as session:
            asked = asking.ask_for_erasure(session, me, ErasureAsk())
        with open_session(here.scope, office) as session, pytest.raises(Invalid):
            decisions.decide(session, office, asked.id, Decision(version=asked.version, accept=False, reason=" "))
        with open_session(here.scope, office) as session:
            decisions.decide(
                session, office, asked.id, Decision(version=asked.version, accept=False, reason="还住在这里")
            )
        with open_session(here.scope, me) as session:
            mine = asking.own_request(session, me, asked.id)
        assert (mine.state, mine.decision_reason) == ("refused", "还住在这里")
        with open_session(here.scope, office) as session, pytest.raises(Conflict):
            decisions.decide(session, office, asked.id, Decision(version=mine.version, **ACCEPT))

    def test_a_second_request_waits_for_the_first(self, open_session, here, me) -> None:
        with open_session(here.scope, me) as session:
            asked = asking.ask_for_erasure(session, me, ErasureAsk())
            with pytest.raises(Conflict):
                asking.ask_for_erasure(session, me, ErasureAsk())
            assert asking.withdraw(session, me, asked.id).state == "withdrawn"
            assert asking.withdraw(session, me, asked.id).state == "withdrawn"
            asking.ask_for_erasure(session, me, ErasureAsk())

    def test_at_the_counter_it_is_written_down_by_who_may(self, open_session, here, office, me) -> None:
        with open_session(here.scope, office) as session:
            asked = asking.ask_erasure_at_counter(session, office, here.residents[1], OfficeAsk(reason="本人到场"))
        assert (asked.channel, asked.identity_check) == ("office", "card")
        with open_session(here.scope, me) as session, pytest.raises(NotFound):
            asking.ask_erasure_at_counter(session, me, here.residents[1], OfficeAsk(reason="邻居"))
        with open_session(here.scope, SYSTEM) as session:
            assert session.scalar(select(PrivacyRequest.content_ct).where(PrivacyRequest.id == asked.id)) is not None
