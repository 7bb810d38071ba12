"""The record of acts: one chain per street, longer with every act and with nothing else."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from linli.audit import record
from linli.audit.models import AuditEntry, AuditHead
from linli.audit.verify import verify_chain
from linli.kit.actor import Actor
from linli.kit.scope import Scope


def actions(house, scope) -> list[str]:
    with house.database.unit_of_work(scope) as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.n)))


def test_an_act_is_recorded_with_who_where_and_what(house, world) -> None:
    own = world.here.communities[0]
    someone = Actor(account_id=own.administrator, display_name="张主任", ip="192.0.2.7", request_id="r-1")
    with house.database.unit_of_work(own.scope, someone) as session:
        record(
            session,
            "core.test.act",
            ("thing", 7),
            community_id=own.id,
            before={"a": 1},
            after={"a": "二"},
            reason="因为",
        )
    with house.database.unit_of_work(own.scope) as session:
        row = session.scalars(select(AuditEntry)).one()
    assert (row.actor_id, row.actor_name, row.ip, row.request_id) == (own.administrator, "张主任", "192.0.2.7", "r-1")
    assert (row.action, row.subject_type, row.subject_id, row.reason) == ("core.test.act", "thing", "7", "因为")
    assert (row.before, row.after, row.community_id, row.n) == ({"a": 1}, {"a": "二"}, own.id, 1)
    assert (row.prev_hash, len(row.hash)) == (b"", 32)


def test_numbers_that_somebody_typed_are_masked(house, world) -> None:
    own = world.here.communities[0]
    with house.database.unit_of_work(own.scope) as session:
        record(
            session,
            "core.test.act",
            ("thing", 7),
            before={"remarks": "电话 19900090001", "n": 19900090001},
            after={"rows": [{"note": "证件 99000019900101001X"}]},
            reason="给 199 0009 0001 回电",
        )
    with house.database.unit_of_work(own.scope) as session:
        row = session.scalars(select(AuditEntry).order_by(AuditEntry.n.desc()).limit(1)).one()
    assert row.reason == "给 199****0001 回电"
    assert row.before == {"remarks": "电话 199****0001", "n": 19900090001}
    assert row.after == {"rows": [{"note": "证件 990*************1X"}]}


def test_an_act_belongs_to_the_sessions_community_unless_said_otherwise(house, world) -> None:
    first, second = world.here.communities[:2]
    with house.database.unit_of_work(first.scope) as session:
        record(session, "core.test.here", ("thing", 1))
    with house.database.unit_of_work(world.here.scope) as session:
        record(session, "core.test.street", ("thing", 2))
        record(session, "core.test.there", ("thing", 3), community_id=second.id)
    with house.database.unit_of_work(world.here.scope) as session:
        rows = session.execute(select(AuditEntry.action, AuditEntry.community_id).order_by(AuditEntry.n))
        assert [tuple(row) for row in rows] == [
            ("core.test.here", first.id),
            ("core.test.street", None),
            ("core.test.there", second.id),
        ]
    assert verify_chain(house.database, world.here.scope).is_whole


def test_an_act_that_is_undone_was_never_recorded(house, world) -> None:
    with pytest.raises(RuntimeError), house.database.unit_of_work(world.here.scope) as session:  # noqa: PT012 fails as a whole
        record(session, "core.test.undone", ("thing", 1))
        session.flush()
        raise RuntimeError
    with house.database.unit_of_work(world.here.scope) as session:
        record(session, "core.test.done", ("thing", 1))
    assert actions(house, world.here.scope) == ["core.test.done"]


def test_acts_of_one_transaction_follow_each_other(house, world) -> None:
    with house.database.unit_of_work(world.here.scope) as session:
        for n in range(3):
            record(session, f"core.test.{n}", ("thing", n))
    assert actions(house, world.here.scope) == ["core.test.0", "core.test.1", "core.test.2"]
    assert verify_chain(house.database, world.here.scope).is_whole


def test_writers_at_once_keep_one_chain(house, world) -> None:
    errors: list[BaseException] = []

    def write(number: int) -> None:
        community = world.here.communities[number % 2]
        try:
            for n in range(8):
                with house.database.unit_of_work(community.scope) as session:
                    record(session, "core.test.act", ("thing", f"{number}-{n}"), community_id=community.id)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    report = verify_chain(house.database, world.here.scope)
    assert (report.is_whole, report.rows) == (True, 48)
    with house.database.unit_of_work(world.here.scope) as session:
        assert session.scalar(select(AuditHead.n)) == 48
        assert len(set(session.scalars(select(AuditEntry.subject_id)))) == 48


def test_others_do_not_see_it(house, world) -> None:
    own, sibling = world.here.communities
    with house.database.unit_of_work(own.scope) as session:
        record(session, "core.test.own", ("thing", 1), community_id=own.id)
    assert actions(house, own.scope) == actions(house, world.here.scope) == ["core.test.own"]
    assert actions(house, sibling.scope) == actions(house, world.there.scope) == []


@pytest.mark.parametrize("where", ["sibling", "other street"])
def test_nobody_records_for_others(house, world, where) -> None:
    own, sibling = world.here.communities
    target = {"sibling": sibling.id, "other street": world.there.communities[0].id}[where]
    with pytest.raises(DBAPIError), house.database.unit_of_work(own.scope) as session:
        record(session, "core.test.forged", ("thing", 1), community_id=target)
    assert actions(house, world.here.scope) == []


def test_a_community_records_nothing_as_the_streets_own(house, world) -> None:
    own, sibling = world.here.communities
    with (
        pytest.raises(DBAPIError),
        house.database.unit_of_work(Scope.of_communities(world.here.id, own.id, sibling.id)) as session,
    ):
        record(session, "core.test.forged", ("thing", 1))
    assert actions(house, world.here.scope) == []


@pytest.mark.asvs("V16.4.2")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE core.audit_entry SET actor_name = 'x'",
        "DELETE FROM core.audit_entry",
        "TRUNCATE core.audit_entry",
        "INSERT INTO core.audit_entry SELECT * FROM core.audit_entry",
        "UPDATE core.audit_head SET n = 0",
        "DELETE FROM core.audit_head",
    ],
)
def test_neither_the_application_nor_the_owner_changes_it(house, world, statement) -> None:
    with house.database.unit_of_work(world.here.scope) as session:
        record(session, "core.test.act", ("thing", 1))
    with pytest.raises(DBAPIError), house.database.unit_of_work(world.here.scope) as session:
        session.execute(text(statement))
    if "audit_entry" in statement and not statement.startswith("INSERT"):
        with pytest.raises(DBAPIError, match="append-only"), house.owner.unit_of_work(world.here.scope) as session:  # noqa: PT012 fails as a whole
            session.execute(text("SET LOCAL ROLE linli_owner"))
            session.execute(text(statement))
    report = verify_chain(house.database, world.here.scope)
    assert (report.is_whole, report.rows) == (True, 1)


def test_the_head_is_the_last_of_the_chain(house, world) -> None:
    for n in range(3):
        with house.database.unit_of_work(world.here.scope) as session:
            record(session, "core.test.act", ("thing", n))
    with house.database.unit_of_work(world.here.scope) as session:
        head = session.scalars(select(AuditHead)).one()
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.n.desc()).limit(1)).one()
        assert (head.n, head.hash) == (last.n, last.hash) == (3, last.hash)
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == 3
