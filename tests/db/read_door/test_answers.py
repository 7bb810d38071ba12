"""The read door: same rows as the session, one transaction per segment, and no connection left in an unclear state."""

from __future__ import annotations

import asyncio
import secrets
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest
from sqlalchemy import (
    ARRAY,
    Boolean,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    Numeric,
    Text,
    Uuid,
    bindparam,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from linli.db.read_door import ReadDoor, ReadQuery, Who
from linli.db.read_door.link import LinkBroken
from linli.identity.models import SignInSession
from linli.kit.clock import now, today
from linli.kit.crypto import token_digest
from linli.tenancy.models import Compound, Dwelling


class DwellingRow(msgspec.Struct):
    id: UUID
    label: str
    exclusive_area: Decimal | None
    created_at: datetime


DWELLINGS = ReadQuery(
    select(Dwelling.id, Dwelling.label, Dwelling.exclusive_area, Dwelling.created_at)
    .where(Dwelling.community_id == func.any(bindparam("communities", type_=ARRAY(Uuid))))
    .order_by(Dwelling.sort_key, Dwelling.id),
    DwellingRow,
)
ALL_IDS = ReadQuery(select(Dwelling.id))
SLEEP = ReadQuery(select(func.pg_sleep(bindparam("seconds", type_=Numeric)), bindparam("mark", type_=Text)))
ECHO = ReadQuery(select(bindparam("value", type_=Text)))
BACKEND = ReadQuery(select(func.pg_backend_pid()))
DIVIDE = ReadQuery(select(10 / bindparam("by", type_=Integer)))
COMPOUND_NAMES = ReadQuery(select(Compound.name))
NEW_COMPOUND = ReadQuery(
    insert(Compound)
    .values(id=bindparam("id"), community_id=bindparam("community"), name=bindparam("name"))
    .returning(Compound.id)
)


class TestRead:
    def test_both_doors_see_the_same_rows(self, module_house, world, through_door) -> None:
        own = world.here.communities[0]
        answer = through_door(module_house, lambda door: door.read(own.scope, [DWELLINGS.bind(communities=[own.id])]))
        with module_house.database.unit_of_work(own.scope) as session:
            rows = session.execute(
                select(Dwelling.id, Dwelling.label, Dwelling.exclusive_area, Dwelling.created_at).order_by(
                    Dwelling.sort_key
                )
            ).all()
        assert [msgspec.structs.astuple(row) for row in answer.rows[0]] == [tuple(row) for row in rows]
        assert answer.asker is None
        assert len(rows) == 4

    def test_other_communities_and_streets_stay_invisible(self, module_house, world, through_door) -> None:
        own, sibling = world.here.communities
        everywhere = [each.id for street in world.streets for each in street.communities]

        async def look(door: ReadDoor) -> list[set[UUID]]:
            seen = []
            for scope in (own.scope, sibling.scope, world.here.scope, world.there.scope):
                answer = await door.read(scope, [DWELLINGS.bind(communities=everywhere)])
                seen.append({row.id for row in answer.rows[0]})
            return seen

        first, second, street, other = through_door(module_house, look, size=1)
        assert first == set(own.dwellings)
        assert second == set(sibling.dwellings)
        assert street == first | second
        assert other == {each for community in world.there.communities for each in community.dwellings}

    def test_every_kind_of_value_arrives_as_itself(self, module_house, world, through_door) -> None:
        values = {
            "u": (Uuid(), uuid4()),
            "at": (DateTime(timezone=True), now()),
            "day": (Date(), date(2025, 2, 28)),
            "n": (Numeric(), Decimal("-120.50")),
            "doc": (JSONB(), {"楼": ["1", 2, None, True, 1.5]}),
            "words": (ARRAY(Text()), ["甲", "乙,丙", 'q"uote', ""]),
            "ids": (ARRAY(Uuid()), [uuid4(), uuid4()]),
            "yes": (Boolean(), True),
            "i": (Integer(), -(2**31)),
            "b": (LargeBinary(), bytes(range(256))),
            "nothing": (Text(), None),
            "t": (Text(), "50% '邻里' \\ $1"),
        }
        query = ReadQuery(select(*(bindparam(name, type_=kind).label(name) for name, (kind, _) in values.items())))
        bound = query.bind(**{name: value for name, (_, value) in values.items()})
        for prepared in (True, False):
            answer = through_door(module_house, lambda door: door.read(world.here.scope, [bound]), prepared=prepared)
            assert answer.rows == [[tuple(value for _, value in values.values())]]

    def test_several_queries_share_one_transaction_and_one_connection(self, module_house, world, through_door) -> None:
        stamp = ReadQuery(select(func.now(), func.pg_backend_pid()))

        async def twice(door: ReadDoor) -> list[Any]:
            return [await door.read(world.here.scope, [stamp.bind(), ECHO.bind(value="x"), stamp.bind()]) for _ in "ab"]

        first, second = through_door(module_house, twice, size=1)
        assert first.rows[0] == first.rows[2]
        assert first.rows[1] == [("x",)]
        assert first.rows[0][0][0] < second.rows[0][0][0]

    def test_large_values_pass_both_ways(self, module_house, world, through_door) -> None:
        value = "邻" * 3_000_000
        answer = through_door(module_house, lambda door: door.read(world.here.scope, [ECHO.bind(value=value)]))
        assert answer.rows == [[(value,)]]

    def test_a_write_is_refused(self, module_house, world, through_door) -> None:
        own = world.here.communities[0]
        command = NEW_COMPOUND.bind(id=uuid4(), community=own.id, name="只读")
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            through_door(module_house, lambda door: door.read(own.scope, [command]))

    def test_something_else_than_a_scope_is_refused(self, module_house, world, through_door) -> None:
        with pytest.raises(TypeError, match="scope"):
            through_door(module_house, lambda door: door.read(world.here.id, [ALL_IDS.bind()]))


class TestWho:
    def test_is_answered_in_the_same_segment(self, house, world, through_door) -> None:
        own, token = world.here.communities[0], secrets.token_urlsafe()
        with house.owner.unit_of_work(own.scope) as session:
            session.add(
                SignInSession(
                    account_id=own.resident_account,
                    token_hash=token_digest(token),
                    expires_at=now() + timedelta(hours=1),
                )
            )

        async def ask(door: ReadDoor) -> list[Any]:
            queries = [DWELLINGS.bind(communities=[own.id])]
            return [
                await door.read(own.scope, queries, who=Who(digest, "session", today()))
                for digest in (token_digest(token), token_digest("wrong"), None)
            ]

        known, unknown, public = through_door(house, ask)
        assert known.asker.account_id == own.resident_account
        assert known.asker.resident_ids == [own.residents[0]]
        assert {grant["role"] for grant in known.asker.grants} == {"resident", "owner"}
        assert unknown.asker.account_id is None
        assert public.asker.account_id is None
        assert public.asker.plugins == known.asker.plugins
        assert len(known.rows[0]) == len(public.rows[0]) == 4


class TestExecute:
    def test_writes_in_one_transaction(self, house, world, through_door) -> None:
        own, made = world.here.communities[0], uuid4()
        command = NEW_COMPOUND.bind(id=made, community=own.id, name="新院")
        answer = through_door(house, lambda door: door.execute(own.scope, command))
        assert answer.rows == [[(made,)]]
        with house.database.unit_of_work(own.scope) as session:
            assert session.get(Compound, (own.tenant_id, made)).name == "新院"

    def test_cannot_write_across_the_wall(self, house, world, through_door) -> None:
        own, sibling = world.here.communities
        command = NEW_COMPOUND.bind(id=uuid4(), community=sibling.id, name="越界")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            through_door(house, lambda door: door.execute(own.scope, command))

    def test_is_not_repeated_when_the_connection_is_lost(self, house, world, through_door, end_backends) -> None:
        async def lose(door: ReadDoor) -> None:
            writing = asyncio.create_task(door.execute(world.here.scope, SLEEP.bind(seconds=5, mark="")))
            await asyncio.sleep(0.1)
            assert await asyncio.to_thread(end_backends, house) == 1
            with pytest.raises((LinkBroken, psycopg.errors.AdminShutdown)):
                await writing

        through_door(house, lose, size=1)


class TestPreparedStatements:
    def test_are_prepared_once_per_connection(self, module_house, world, through_door) -> None:
        count = ReadQuery(select(func.count()).select_from(text("pg_prepared_statements")))

        async def look(door: ReadDoor) -> list[int]:
            return [(await door.read(world.here.scope, [count.bind()])).rows[0][0][0] for _ in range(3)]

        assert through_door(module_house, look, size=1) == [2, 2, 2]

    def test_are_made_again_when_the_server_forgot_them(self, module_house, world, through_door) -> None:
        deallocate = ReadQuery(text("DEALLOCATE ALL"))

        async def look(door: ReadDoor) -> int:
            await door.read(world.here.scope, [ALL_IDS.bind()])
            await door._idle[0].run([deallocate.bind()])
            return len((await door.read(world.here.scope, [ALL_IDS.bind()])).rows[0])

        assert through_door(module_house, look, size=1) == 8

    def test_survive_a_changed_column(self, house, world, through_door) -> None:
        own = world.here.communities[0]

        async def look(door: ReadDoor) -> list[Any]:
            before = await door.read(own.scope, [COMPOUND_NAMES.bind()])
            with psycopg.connect(house.addresses.superuser or "", autocommit=True) as server:
                server.execute("ALTER TABLE core.compound ALTER COLUMN name TYPE varchar(200)")
            return [before.rows, (await door.read(own.scope, [COMPOUND_NAMES.bind()])).rows]

        before, after = through_door(house, look, size=1)
        assert before == after == [[("一号院",)]]

    def test_a_failed_preparation_is_tried_again(self, house, world, through_door) -> None:
        absent = ReadQuery(select(text("count(*)")).select_from(text("core.compound_later")))

        async def look(door: ReadDoor) -> int:
            for _ in range(2):
                with pytest.raises(psycopg.errors.UndefinedTable):
                    await door.read(world.here.scope, [absent.bind()])
            with psycopg.connect(house.addresses.superuser or "", autocommit=True) as server:
                server.execute("CREATE VIEW core.compound_later AS SELECT 1")
                server.execute("GRANT SELECT ON core.compound_later TO linli_app")
            return (await door.read(world.here.scope, [absent.bind()])).rows[0][0][0]

        assert through_door(house, look, size=1) == 1


class TestReadQuery:
    def test_names_missing_and_unknown_parameters(self) -> None:
        with pytest.raises(TypeError, match=r"missing parameters \['value'\], unknown parameters \['valeu'\]"):
            ECHO.bind(valeu="x")

    def test_refuses_a_struct_with_other_fields(self) -> None:
        with pytest.raises(TypeError, match="DwellingRow has fields"):
            ReadQuery(select(Dwelling.label, Dwelling.id), DwellingRow)

    def test_refuses_sql_that_depends_on_the_values(self) -> None:
        with pytest.raises(ValueError, match=r"any\(:list\)"):
            ReadQuery(select(Dwelling.id).where(Dwelling.label.in_(["a", "b"])))

    def test_refuses_defaults_made_in_python(self) -> None:
        with pytest.raises(ValueError, match="id"):
            ReadQuery(insert(Compound).values(community_id=bindparam("c"), name=bindparam("n")))

    def test_keeps_the_constants_of_the_statement(self) -> None:
        bound = ReadQuery(select(Dwelling.id).where(Dwelling.label.like("1%")).limit(50)).bind()
        assert bound.values == ["1%", 50]
