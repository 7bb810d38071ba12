"""Personal columns: sealed to their place, found by an index that tells nothing across streets."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from linli.db.vault import Vault
from linli.kit.crypto import SealBroken
from linli.residents.models import Resident
from linli.residents.service.people import set_phone
from linli.testing.databases import MASTER

ROW = uuid4()
PHONE = "13800138000"


@pytest.fixture
def sealed(open_session, world) -> bytes:
    with open_session(world.here.scope) as session:
        return session.vault.encrypt(session, "resident", "phone", ROW, PHONE)


def opened(open_session, scope, sealed: bytes, table: str = "resident", column: str = "phone", row=ROW) -> str:
    with open_session(scope) as session:
        return session.vault.decrypt(session, table, column, row, sealed)


def test_what_was_sealed_opens_in_its_place(open_session, world, sealed) -> None:
    assert PHONE.encode() not in sealed
    assert opened(open_session, world.here.scope, sealed) == PHONE
    assert opened(open_session, world.here.communities[0].scope, sealed) == PHONE


@pytest.mark.parametrize(
    "place", [{"row": uuid4()}, {"column": "id_number"}, {"table": "account"}], ids=["row", "column", "table"]
)
def test_moved_to_another_place_it_does_not(open_session, world, sealed, place) -> None:
    assert opened(open_session, world.here.scope, sealed) == PHONE
    with pytest.raises(SealBroken):
        opened(open_session, world.here.scope, sealed, **place)


def test_moved_to_another_street_it_does_not(open_session, world, sealed) -> None:
    with pytest.raises(SealBroken):
        opened(open_session, world.there.scope, sealed)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 15, -1])
def test_with_one_byte_changed_it_does_not(open_session, world, sealed, n) -> None:
    broken = bytearray(sealed)
    broken[n] ^= 1
    with pytest.raises(SealBroken):
        opened(open_session, world.here.scope, bytes(broken))


@pytest.mark.parametrize("length", [0, 1, 2, 3, 15, 20])
def test_cut_short_it_does_not(open_session, world, sealed, length) -> None:
    with pytest.raises(SealBroken):
        opened(open_session, world.here.scope, sealed[:length])


def test_the_same_text_is_never_sealed_alike(open_session, world, sealed) -> None:
    with open_session(world.here.scope) as session:
        assert session.vault.encrypt(session, "resident", "phone", ROW, PHONE) != sealed


def test_a_street_finds_its_equals_and_no_other_streets(open_session, world) -> None:
    with open_session(world.here.scope) as session:
        first = session.vault.blind_index(session, "phone", PHONE)
        assert session.vault.blind_index(session, "phone", PHONE) == first
        assert session.vault.blind_index(session, "id_number", PHONE) != first
        assert session.vault.blind_index(session, "phone", "13800138001") != first
    with open_session(world.there.scope) as session:
        assert session.vault.blind_index(session, "phone", PHONE) != first


def test_an_accounts_index_is_the_platforms_own(open_session, world, shared_house) -> None:
    vault = shared_house.vault
    with open_session(world.here.scope) as session:
        assert vault.account_index("phone", PHONE) != vault.blind_index(session, "phone", PHONE)
    account = uuid4()
    sealed = vault.encrypt_account("phone", account, PHONE)
    assert vault.decrypt_account("phone", account, sealed) == PHONE
    for column, owner in (("totp", account), ("phone", uuid4())):
        with pytest.raises(SealBroken):
            vault.decrypt_account(column, owner, sealed)


def test_fetching_a_key_writes_nothing_of_a_row_that_is_being_changed(open_session, world, monkeypatch) -> None:
    with open_session(world.here.communities[0].scope) as session:
        # As in a process that has just started.
        monkeypatch.setattr(session.vault, "_keys", {})
        resident = session.get_one(Resident, (world.here.id, world.here.communities[0].residents[0]))
        before = resident.version
        set_phone(session, resident, PHONE)
        session.flush()
        assert resident.version == before + 1
        assert session.vault._keys, "control: the keys were fetched"


def test_another_master_key_opens_nothing(open_session, world, sealed) -> None:
    with open_session(world.here.scope) as session, pytest.raises(SealBroken):
        Vault(b"another key of thirty-two bytes..").decrypt(session, "resident", "phone", ROW, sealed)


def test_a_key_moved_to_another_street_opens_nothing(open_session, world, house) -> None:
    with house.owner.unit_of_work(world.there.scope) as session:
        stolen = session.scalar(text("SELECT wrapped FROM core.data_key WHERE data_class = 'personal'"))
    with house.owner.unit_of_work(world.here.scope) as session:
        session.execute(text("UPDATE core.data_key SET wrapped = :w WHERE data_class = 'personal'"), {"w": stolen})
    with house.database.unit_of_work(world.here.scope) as session, pytest.raises(SealBroken):
        Vault(MASTER).encrypt(session, "resident", "phone", ROW, PHONE)


def test_nothing_personal_lies_open_in_the_database(shared_house, world) -> None:
    with psycopg.connect(shared_house.addresses.superuser) as connection:
        rows = connection.execute("SELECT to_jsonb(r)::text, phone_mask FROM core.resident r").fetchall()
    assert len(rows) == 16
    assert all("****" in mask for _, mask in rows)
    assert not any("1990000" in row for row, _ in rows)


def test_a_new_streets_keys_are_made_once(house, world) -> None:
    with house.owner.unit_of_work(world.here.scope) as session:
        before = session.execute(text("SELECT * FROM core.data_key ORDER BY id")).all()
        # As another process does, which has nothing in memory yet.
        Vault(MASTER).make_tenant_keys(session)
        assert session.execute(text("SELECT * FROM core.data_key ORDER BY id")).all() == before
    assert {row.data_class for row in before} == {"personal", "index"}
    with (
        pytest.raises(DBAPIError, match="row-level security"),
        house.database.unit_of_work(world.here.scope) as session,
    ):
        session.execute(
            text("INSERT INTO core.data_key (tenant_id, data_class, version, wrapped) VALUES (:t, 'x', 1, '')"),
            {"t": world.there.id},
        )


@pytest.mark.parametrize("statement", ["DELETE FROM core.data_key", "UPDATE core.data_key SET wrapped = ''"])
def test_the_application_cannot_lose_a_key(open_session, world, statement) -> None:
    with open_session(world.here.scope) as session:
        assert session.scalar(text("SELECT count(*) FROM core.data_key")) == 2
        with pytest.raises(DBAPIError, match="permission denied"):
            session.execute(text(statement))
        session.rollback()
