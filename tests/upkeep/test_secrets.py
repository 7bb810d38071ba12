"""The master secret changes while the site runs, and nobody notices, neither who signs in nor who audits."""

from __future__ import annotations

import base64
import hashlib

import psycopg
import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from linli.audit import record
from linli.audit.anchors import make_anchor, public_keys, verify_anchored
from linli.config import SettingsError, load_settings
from linli.db.bootstrap import BootstrapRefused, bootstrap
from linli.db.scope import ScopeSigner
from linli.db.vault import Vault
from linli.house import House, old_signer_of, signer_of
from linli.identity.identifiers import Identifier, sealed_phone
from linli.identity.models import Account
from linli.identity.passwords import hash_password, password_fits
from linli.kit.crypto import SealBroken
from linli.residents.models import Resident
from linli.testing.databases import MASTER
from linli.testing.houses import open_test_house
from linli.upkeep import secrets as upkeep
from linli.upkeep.secrets import adopt

NEXT = hashlib.sha256(b"the next secret").digest()
OLD_TEXT, NEXT_TEXT = base64.b64encode(MASTER).decode(), f"2:{base64.b64encode(NEXT).decode()}"
PHONE, PASSWORD = "13912345678", "correct horse battery"
FIND = text("SELECT account_id, password_hash FROM core.find_account(:ticket)")


@pytest.fixture
def someone(house, world):
    """An account with a phone, a password and a second factor, sealed under the first secret."""
    account_id = world.here.administrator
    with Session(house.owner.engine) as session, session.begin():
        session.execute(
            update(Account)
            .where(Account.id == account_id)
            .values(
                password_hash=hash_password(house.vault, PASSWORD),
                totp_ct=house.vault.encrypt_account("totp", account_id, "SECRET"),
                **sealed_phone(house.vault, account_id, PHONE),
            )
        )
    for street in world.streets:
        for n in range(3):
            with house.database.unit_of_work(street.scope) as session:
                record(session, "core.test.act", ("thing", n))
        with house.database.unit_of_work(street.scope) as session:
            assert make_anchor(session) is not None
    return account_id


@pytest.fixture
def opened(house):
    """``opened()`` knows the next secret alone, ``opened(old=True)`` both, as processes after a restart do."""
    houses: list[House] = []

    def run(*, old: bool = False) -> House:
        variables = {"LINLI_SECRET_KEY": NEXT_TEXT} | ({"LINLI_SECRET_KEY_OLD": OLD_TEXT} if old else {})
        houses.append(open_test_house(house.addresses.superuser, MASTER, **variables))
        return houses[-1]

    yield run
    for each in houses:
        each.close()


@pytest.fixture
def superuser(house):
    with psycopg.connect(house.addresses.superuser, autocommit=True) as connection:
        yield connection


@pytest.fixture
def trusted(superuser, opened):
    """Have the database trust both secrets."""
    both = opened(old=True)
    done = bootstrap(superuser, signer_of(both.settings), {}, old=old_signer_of(both.settings))
    assert done.warnings == []
    return both


def everything_works(house: House, world, account_id) -> None:
    with house.database.unit_of_work(world.here.scope) as session:
        rows = session.execute(select(Resident.id, Resident.phone_ct, Resident.phone_bi)).all()
        for resident_id, sealed, index in rows:
            phone = session.vault.decrypt(session, "resident", "phone", resident_id, sealed)
            assert session.vault.blind_index(session, "phone", phone) == index
        assert len(rows) == 8
    ticket = house.signer.ticket(Identifier("phone", PHONE).ticket_subject(house.vault), "find-account")
    with house.database.open_transaction() as connection:
        found = connection.execute(FIND, {"ticket": ticket}).one()
    assert found.account_id == account_id
    assert password_fits(house.vault, found.password_hash, PASSWORD)
    with Session(house.owner.engine) as session:
        row = session.get_one(Account, account_id)
        assert house.vault.decrypt_account("phone", account_id, row.phone_ct) == PHONE
        assert house.vault.decrypt_account("totp", account_id, row.totp_ct) == "SECRET"
    for street in world.streets:
        report = verify_anchored(
            lambda scope=street.scope: house.database.unit_of_work(scope, read_only=True), public_keys(house.vault)
        )
        assert report.is_whole, report.message
        assert report.anchored == 3


def test_nobody_notices_before_during_and_after(house, world, someone, opened, superuser, trusted) -> None:
    everything_works(house, world, someone)
    everything_works(trusted, world, someone)
    done = adopt(trusted.owner, [street.id for street in world.streets])
    assert (done.accounts, done.anchors, done.broken) == (1, 2, 0)
    assert done.keys == 3 + 2 * 2, "index and two versions of the accounts' own, and two of each street"
    everything_works(trusted, world, someone)
    alone = opened()
    everything_works(alone, world, someone)
    assert bootstrap(superuser, signer_of(alone.settings), {}).warnings == []
    everything_works(alone, world, someone)
    assert superuser.execute("SELECT array_agg(kid) FROM sec.scope_pad").fetchone() == ([2],)


def test_the_old_secret_is_worth_nothing_afterwards(house, world, someone, opened, superuser, trusted) -> None:
    with house.database.unit_of_work(world.here.scope) as session:
        assert session.scalar(text("SELECT count(*) FROM core.data_key")) == 2
    adopt(trusted.owner, [street.id for street in world.streets])
    bootstrap(superuser, signer_of(opened().settings), {})
    with pytest.raises(DBAPIError, match="bad scope"), house.database.unit_of_work(world.here.scope) as session:
        session.scalar(text("SELECT count(*) FROM core.data_key"))
    with opened().database.unit_of_work(world.here.scope) as session, pytest.raises(SealBroken):
        Vault(MASTER).version(session)
    [phone] = superuser.execute("SELECT phone_ct FROM core.account WHERE id = %s", [someone]).fetchone()
    with pytest.raises(SealBroken):
        Vault(MASTER).decrypt_account("phone", someone, phone)


def test_a_second_run_finds_nothing_to_do(world, someone, trusted) -> None:
    streets = [street.id for street in world.streets]
    adopt(trusted.owner, streets)
    again = adopt(trusted.owner, streets)
    assert (again.keys, again.accounts, again.anchors) == (0, 0, 0)


@pytest.mark.parametrize("fails", ["_reseal_accounts", "_rewrap_street", "_renew_anchors"])
def test_a_crash_in_the_middle_is_harmless(house, world, someone, opened, trusted, monkeypatch, fails) -> None:
    def crash(*_all) -> None:
        raise KeyboardInterrupt

    streets = [street.id for street in world.streets]
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):  # noqa: PT012 fails as a whole
        patched.setattr(upkeep, fails, crash)
        adopt(trusted.owner, streets)
    everything_works(opened(old=True), world, someone)
    adopt(trusted.owner, streets)
    everything_works(opened(), world, someone)


def test_an_altered_anchor_is_not_signed_anew(world, someone, superuser, trusted) -> None:
    superuser.execute("ALTER TABLE core.audit_anchor DISABLE TRIGGER USER")
    superuser.execute("UPDATE core.audit_anchor SET at = at - interval '1 day' WHERE tenant_id = %s", [world.here.id])
    assert adopt(trusted.owner, [street.id for street in world.streets]).anchors == 1


def test_the_old_secret_stays_trusted_until_it_was_carried_over(house, world, someone, opened, superuser, trusted):
    done = bootstrap(superuser, signer_of(opened().settings), {})
    assert "linli keys adopt" in done.warnings[0]
    everything_works(house, world, someone)


def test_a_strange_secret_is_refused_whatever_its_number(superuser, world) -> None:
    for kid in (1, 2):
        with pytest.raises(BootstrapRefused):
            bootstrap(superuser, ScopeSigner(NEXT, kid=kid), {})
        with pytest.raises(BootstrapRefused):
            bootstrap(superuser, ScopeSigner(NEXT, kid=kid), {}, old=ScopeSigner(hashlib.sha256(b"x").digest()))


class TestSettings:
    def test_the_number_stands_before_the_secret(self) -> None:
        settings = load_settings({"LINLI_SECRET_KEY": NEXT_TEXT, "LINLI_SECRET_KEY_OLD": OLD_TEXT})
        assert (settings.secret_key, settings.secret_key_number) == (NEXT, 2)
        assert (settings.old_secret_key, settings.old_secret_key_number) == (MASTER, 1)
        assert load_settings({"LINLI_SECRET_KEY": OLD_TEXT}).secret_key_number == 1
        assert repr(MASTER) not in repr(settings)

    @pytest.mark.parametrize("old", [OLD_TEXT, "x", f"0:{OLD_TEXT}", f"1:{OLD_TEXT}"])
    def test_two_of_one_number_and_what_is_no_secret_are_refused(self, old) -> None:
        with pytest.raises(SettingsError):
            load_settings({"LINLI_SECRET_KEY": base64.b64encode(NEXT).decode(), "LINLI_SECRET_KEY_OLD": old})
