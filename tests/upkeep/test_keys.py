"""Turning the keys of a street while people work: readable before, during and after, and harmless to interrupt."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest
from sqlalchemy import LargeBinary, select, text
from sqlalchemy.exc import DBAPIError

from linli.audit.models import AuditEntry
from linli.db.base import CATALOGUES
from linli.db.catalogue import metadata
from linli.db.sealed import sealed_columns
from linli.db.vault import KEYS_LIVE, Vault
from linli.kit.crypto import SM4_GCM, SealBroken
from linli.kit.errors import Conflict
from linli.residents.models import Resident
from linli.tasks.registry import Tasks
from linli.testing.databases import MASTER
from linli.upkeep import keys as upkeep
from linli.upkeep.keys import columns_of_streets, reindex, rewrap, rotate, versions_in_use


@pytest.fixture
def opened(house, world):
    return lambda: house.database.unit_of_work(world.here.scope)


@pytest.fixture
def phones(opened):
    """Every phone of this street, by the resident's id, as it is read now."""

    def read() -> dict[UUID, str]:
        with opened() as session:
            rows = session.execute(select(Resident.id, Resident.phone_ct).where(Resident.phone_ct.is_not(None)))
            return {row[0]: session.vault.decrypt(session, "resident", "phone", *row) for row in rows}

    return read


@pytest.fixture
def rotated(opened):
    with opened() as session:
        assert rotate(session) == 2


def versions(opened, column: str = "core.resident.phone_ct") -> dict[int, int]:
    with opened() as session:
        return versions_in_use(session, columns_of_streets())[column]


class TestDeclarations:
    def test_every_sealed_column_says_so(self) -> None:
        assert metadata in CATALOGUES
        found = {each.title for each in columns_of_streets()}
        wanted = {
            f"{table.fullname}.{column.name}"
            for each in CATALOGUES
            for table in each.tables.values()
            for column in table.columns
            if column.name.endswith("_ct") and isinstance(column.type, LargeBinary) and "tenant_id" in table.columns
        }
        assert found == wanted
        assert len(found) > 7

    def test_an_index_is_made_of_its_neighbour(self) -> None:
        for each in sealed_columns(CATALOGUES):
            if each.seal.index:
                assert each.seal.index in each.table.columns
                assert each.seal.kind
        told = {each.seal.index for each in sealed_columns(CATALOGUES)}
        indexes = {c.name for table in metadata.tables.values() for c in table.columns if c.name.endswith("_bi")}
        assert indexes - told == {"subject_bi"}, "one-time codes live for minutes"


class TestRotation:
    def test_readable_before_during_and_after(self, house, opened, phones, rotated) -> None:
        before = phones()
        assert len(before) == 8
        assert versions(opened) == {1: 8}
        read: list[dict[UUID, str]] = []
        done = rewrap(opened, columns_of_streets(), batch=3, tell=lambda _count: read.append(phones()))
        assert (done.version, done.left, done.broken) == (2, 0, [])
        assert done.values >= 8
        assert len(read) == 3, "eight phones, three at a time"
        assert all(each == before for each in read)
        assert phones() == before
        assert versions(opened) == {2: 8}

    def test_a_process_that_knows_the_old_key_alone_reads_on(self, house, opened, world, rotated) -> None:
        rewrap(opened, columns_of_streets())
        elsewhere = Vault(MASTER)
        with opened() as session:
            row = session.scalars(select(Resident).where(Resident.phone_ct.is_not(None)).limit(1)).one()
            sealed = row.phone_ct
            elsewhere._keys[world.here.id, "personal"] = ({1: b"\0" * 32}, float("inf"))
            assert elsewhere.decrypt(session, "resident", "phone", row.id, sealed)
            assert elsewhere.version(session) == 2

    def test_a_process_seals_under_the_new_key_after_a_while(self, opened, world, monkeypatch) -> None:
        elsewhere = Vault(MASTER)
        with opened() as session:
            assert elsewhere.version(session) == 1
            rotate(session)
        with opened() as session:
            assert elsewhere.version(session) == 1
        monkeypatch.setattr("linli.db.vault.KEYS_LIVE", 0.0)
        with opened() as session:
            assert elsewhere.version(session) == 2
        assert KEYS_LIVE <= 300

    def test_a_rotation_that_is_rolled_back_never_was(self, opened, phones) -> None:
        with pytest.raises(RuntimeError), opened() as session:  # noqa: PT012 fails as a whole
            rotate(session)
            raise RuntimeError
        with opened() as session:
            assert session.vault.version(session) == 1
        assert len(phones()) == 8

    @pytest.mark.parametrize("crash_at", [1, 2, 3])
    def test_a_crash_in_the_middle_is_harmless(self, opened, phones, rotated, crash_at) -> None:
        before, told = phones(), []

        def crash(count: int) -> None:
            told.append(count)
            if len(told) == crash_at:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            rewrap(opened, columns_of_streets(), batch=3, tell=crash)
        assert phones() == before
        first = versions(opened)
        done = rewrap(opened, columns_of_streets(), batch=3)
        assert done.left == 0
        assert done.values >= first.get(1, 0)
        assert phones() == before
        assert versions(opened) == {2: 8}
        assert rewrap(opened, columns_of_streets()).values == 0, "a further run finds nothing to do"

    def test_a_row_in_use_waits_for_the_next_run(self, house, opened, phones, rotated) -> None:
        with psycopg.connect(house.addresses.superuser) as busy:
            busy.execute(
                "SELECT 1 FROM core.resident WHERE tenant_id = (SELECT tenant_id FROM core.data_key "
                "WHERE version = 2) AND phone_ct IS NOT NULL ORDER BY id LIMIT 1 FOR UPDATE"
            )
            assert rewrap(opened, columns_of_streets()).left >= 1
            assert versions(opened) == {1: 1, 2: 7}
        assert rewrap(opened, columns_of_streets()).left == 0
        assert versions(opened) == {2: 8}

    def test_a_value_that_does_not_open_stops_no_other(self, house, opened, rotated) -> None:
        with psycopg.connect(house.addresses.superuser, autocommit=True) as connection:
            [spoilt] = connection.execute(
                "UPDATE core.resident SET phone_ct = set_byte(phone_ct, 20, get_byte(phone_ct, 20) # 1) WHERE id = "
                "(SELECT id FROM core.resident WHERE phone_ct IS NOT NULL AND tenant_id = (SELECT tenant_id FROM "
                "core.data_key WHERE version = 2) ORDER BY id LIMIT 1) RETURNING id"
            ).fetchone()
        done = rewrap(opened, columns_of_streets())
        assert (done.broken, done.left) == ([f"core.resident.phone_ct {spoilt}"], 0)
        assert versions(opened) == {1: 1, 2: 7}

    def test_neither_version_nor_time_of_change_moves(self, opened, rotated) -> None:
        def seen():
            with opened() as session:
                return session.execute(select(Resident.id, Resident.version, Resident.updated_at)).all()

        before = sorted(seen())
        rewrap(opened, columns_of_streets())
        assert sorted(seen()) == before

    def test_another_cipher_takes_over_with_the_next_version(self, house, opened, phones, monkeypatch) -> None:
        before = phones()
        monkeypatch.setattr(house.vault, "_algorithm", SM4_GCM)
        with opened() as session:
            rotate(session)
        assert phones() == before, "what is sealed says by itself what opens it"
        rewrap(opened, columns_of_streets())
        assert phones() == before
        with opened() as session:
            sealed = session.scalars(select(Resident.phone_ct).where(Resident.phone_ct.is_not(None))).all()
        assert {each[2] for each in sealed} == {SM4_GCM}

    def test_no_other_street_is_touched(self, house, world, opened, rotated) -> None:
        rewrap(opened, columns_of_streets())
        with house.database.unit_of_work(world.there.scope) as session:
            assert session.vault.version(session) == 1
            assert versions_in_use(session, columns_of_streets())["core.resident.phone_ct"] == {1: 8}

    def test_it_is_recorded(self, opened, rotated) -> None:
        done = rewrap(opened, columns_of_streets())
        with opened() as session:
            rows = session.scalars(select(AuditEntry).where(AuditEntry.subject_type == "data_key")).all()
        assert [(row.action, row.after) for row in rows] == [
            ("core.key.rotate", {"version": 2}),
            ("core.key.rewrap", {"version": 2, "rows": done.values}),
        ]

    def test_the_nightly_task_is_declared(self) -> None:
        assert Tasks().by_name[upkeep.REWRAP].schedule is not None


class TestReindexing:
    def test_refused_while_the_site_runs(self, house, opened) -> None:
        with (
            psycopg.connect(house.addresses.app, application_name="linli"),
            pytest.raises(Conflict, match="还在运行"),
            opened() as session,
        ):
            reindex(session, columns_of_streets())

    def test_people_are_found_by_their_numbers_afterwards(self, house, world, opened, phones) -> None:
        before = phones()
        house.database.dispose()
        with opened() as session:
            old = dict(session.execute(select(Resident.id, Resident.phone_bi)).all())
            assert reindex(session, columns_of_streets(), batch=3) >= 8
        with opened() as session:
            for resident_id, phone in before.items():
                index = session.vault.blind_index(session, "phone", phone)
                assert index != old[resident_id]
                assert resident_id in set(session.scalars(select(Resident.id).where(Resident.phone_bi == index)))
            row = session.scalars(select(AuditEntry).where(AuditEntry.action == "core.key.reindex")).one()
            assert row.after["version"] == 2
        with house.database.unit_of_work(world.there.scope) as session:
            assert session.scalar(text("SELECT max(version) FROM core.data_key")) == 1

    def test_a_fault_leaves_everything_as_it_was(self, house, opened, monkeypatch) -> None:
        house.database.dispose()
        with opened() as session:
            old = dict(session.execute(select(Resident.id, Resident.phone_bi)).all())
        monkeypatch.setattr(Vault, "decrypt", lambda *_all: (_ for _ in ()).throw(SealBroken("x")))
        with pytest.raises(SealBroken), opened() as session:
            reindex(session, columns_of_streets())
        with opened() as session:
            assert dict(session.execute(select(Resident.id, Resident.phone_bi)).all()) == old
            assert session.scalar(text("SELECT max(version) FROM core.data_key")) == 1


FROM_RESIDENT = "UPDATE core.resident a SET phone_ct = b.phone_ct FROM core.resident b WHERE {here} AND "
FROM_ANSWER = (
    "UPDATE core.resident a SET phone_ct = i.body_ct FROM core.idempotency_key i WHERE {here} AND i.id = %(one)s"
)


@pytest.mark.parametrize(
    ("statement", "is_refused"),
    [
        ("SELECT 1", False),
        (FROM_RESIDENT + "b.id = %(other)s", True),
        (FROM_RESIDENT + "b.id = %(there)s", True),
        ("UPDATE core.resident a SET phone_ct = a.id_number_ct WHERE {here}", True),
        (FROM_ANSWER, True),
    ],
    ids=["untouched", "row", "street", "column", "table"],
)
def test_ciphertext_moved_in_the_database_does_not_open(house, world, opened, statement, is_refused) -> None:
    def first(street, offset: int = 0) -> UUID:
        with house.database.unit_of_work(street.scope) as session:
            rows = select(Resident.id).where(Resident.phone_ct.is_not(None)).order_by(Resident.id).offset(offset)
            return session.scalars(rows.limit(1)).one()

    one = first(world.here)
    with opened() as session:
        number = session.vault.encrypt(session, "resident", "id_number", one, "110101199001011234")
        body = session.vault.encrypt(session, "idempotency_key", "body", one, "13800000000")
        session.execute(text("UPDATE core.resident SET id_number_ct = :ct WHERE id = :id"), {"ct": number, "id": one})
        session.execute(
            text("INSERT INTO core.idempotency_key (id, route, fingerprint, body_ct) VALUES (:id, 'r', '', :ct)"),
            {"id": one, "ct": body},
        )
    with psycopg.connect(house.addresses.superuser, autocommit=True) as connection:
        values = {"one": one, "other": first(world.here, 1), "there": first(world.there)}
        assert connection.execute(statement.format(here="a.id = %(one)s"), values).rowcount == 1
    with opened() as session:
        sealed = session.scalars(select(Resident.phone_ct).where(Resident.id == one)).one()
        if is_refused:
            with pytest.raises(SealBroken):
                session.vault.decrypt(session, "resident", "phone", one, sealed)
        else:
            assert session.vault.decrypt(session, "resident", "phone", one, sealed).startswith("1")


def test_the_application_cannot_forge_a_version(opened) -> None:
    with pytest.raises(DBAPIError, match="permission denied"), opened() as session:
        session.execute(text("UPDATE core.data_key SET version = 9"))
