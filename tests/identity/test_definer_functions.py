"""What an injected statement could do with the functions behind which accounts lie: nothing to anybody else."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from linli.db.scope import ScopeSigner
from linli.identity.sessions import who_is
from linli.kit.scope import Scope

#: Every function that takes a ticket, with a harmless call.
BY_TICKET = {
    "forgive_attempts": "SELECT core.forgive_attempts(:ticket, NULL)",
    "find_account": "SELECT * FROM core.find_account(:ticket)",
    "create_account": "SELECT core.create_account(:ticket, 'x', 'injected', NULL, NULL, '', 'hash', 'zh_CN')",
    "link_account": "SELECT core.link_account(:ticket)",
    "open_session": r"SELECT core.open_session(:ticket, '\x01'::bytea, 9999, 9999, '', '', 20)",
    "set_password": "SELECT core.set_password(:ticket, 'hash', NULL)",
    "set_phone": r"SELECT core.set_phone(:ticket, '\x01'::bytea, '\x01'::bytea, '')",
    "confirm_totp": r"SELECT core.confirm_totp(:ticket, '\x01'::bytea, 1, '[]'::jsonb)",
    "pass_totp": r"SELECT core.pass_totp(:ticket, '\x01'::bytea, 99999999, NULL, 9999, 9999)",
    "drop_totp": "SELECT core.drop_totp(:ticket)",
    "export_account": "SELECT * FROM core.account_of_person(:ticket)",
    "forget_account": "SELECT core.forget_account(:ticket)",
    "make_code": r"SELECT core.make_code(:ticket, '\x01'::bytea, 300, 5)",
    "reach_accounts": "SELECT * FROM core.reach_accounts(:ticket, '{}'::uuid[])",
    "streets_of_account": "SELECT core.streets_of_account(:ticket)",
    "app_token": r"SELECT core.make_app_token(:ticket, '\x01'::bytea, 'x', 1, 0, 5)",
    "try_code": r"SELECT core.try_code(:ticket, '\x01'::bytea)",
}


def run(premises, statement, **parameters):
    with premises.database.open_transaction() as connection:
        return connection.execute(text(statement), parameters).all()


@pytest.mark.parametrize("name", BY_TICKET)
def test_every_ticket_is_checked(premises, person, name) -> None:
    purpose = name.replace("_", "-")
    signer = premises.signer
    subject = str(person.id) if name != "forgive_attempts" else "00"
    forged = ScopeSigner(b"another key, of the same length!").ticket(subject, purpose)
    kid, _purpose, _subject, rest = signer.ticket(str(uuid4()), purpose).split(".", 3)
    for ticket in (
        forged,
        f"{kid}.{purpose}.{subject}.{rest}",
        signer.ticket(subject, "another-purpose"),
        signer.ticket(subject, purpose, ttl=-2),
        signer.token(Scope.of_street(person.id)),
        "",
        None,
        "1.2.3",
    ):
        with pytest.raises(DBAPIError, match=r"scope|ticket"):
            run(premises, BY_TICKET[name], ticket=ticket)


def test_every_function_that_takes_a_ticket_is_tried_here(premises) -> None:
    rows = run(
        premises,
        "SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
        "WHERE n.nspname = 'core' AND p.prosecdef AND 'p_ticket' = ANY (p.proargnames)",
    )
    called = {re.search(r"core\.(\w+)", statement)[1] for statement in BY_TICKET.values()}  # type: ignore[index]
    assert {row[0] for row in rows} == called


@pytest.mark.parametrize("table", ["community", "dwelling", "data_key"])
def test_a_ticket_opens_no_scope(premises, world, table) -> None:
    use = text("SELECT set_config('app.scope', :ticket, true)")
    read = text(f"SELECT 1 FROM core.{table}")
    with premises.database.open_transaction() as connection:
        connection.execute(use, {"ticket": premises.signer.token(world.here.scope)})
        assert connection.execute(read).all()
        connection.execute(use, {"ticket": premises.signer.ticket(str(world.here.id), "open-session")})
        with pytest.raises(DBAPIError, match="invalid input syntax for type uuid"):
            connection.execute(read)


def test_a_ticket_leaves_the_scope_as_it_was(premises, world, person) -> None:
    with premises.database.unit_of_work(world.here.scope) as session:
        session.execute(
            text("SELECT core.link_account(:ticket)"),
            {"ticket": premises.signer.ticket(str(person.id), "link-account")},
        )
        assert session.execute(text("SELECT sec.tenant_id()")).scalar_one() == world.here.id


def test_without_a_scope_no_account_is_linked(premises, person) -> None:
    with pytest.raises(DBAPIError, match="no tenant scope"):
        run(
            premises,
            "SELECT core.link_account(:ticket)",
            ticket=premises.signer.ticket(str(person.id), "link-account"),
        )


class TestByToken:
    """Functions that take a session's token hash do nothing to others, and nothing without one."""

    def test_knowing_an_account_or_session_id_is_not_enough(self, premises, person, sign, as_owner) -> None:
        _signed, digest = sign(person)
        ((session_id,),) = as_owner("SELECT id FROM core.session WHERE token_hash = :d", d=digest)
        for guess in (session_id.bytes, person.id.bytes, b"", None):
            run(premises, "SELECT core.close_session(:t)", t=guess)
            run(premises, "SELECT core.close_other_sessions(:t, :s)", t=guess, s=session_id)
            run(premises, "SELECT core.update_profile(:t, 'x', NULL, NULL)", t=guess)
            assert run(premises, "SELECT * FROM core.secrets_of_session(:t)", t=guess) == []
            assert run(premises, "SELECT * FROM core.sessions_of(:t)", t=guess) == []
            assert run(premises, "SELECT * FROM core.tokens_of(:t)", t=guess) == []
            assert run(premises, "SELECT core.rotate_session(:t, :n)", t=guess, n=b"new") == [(False,)]
            assert run(premises, "SELECT core.start_totp(:t, :n)", t=guess, n=b"new") == [(False,)]
        with premises.database.open_transaction() as connection:
            row = who_is(connection, digest, "session")
        assert row.account_id == person.id
        assert row.display_name.startswith("测试人")

    def test_own_session_shows_only_ones_own_hash(self, premises, person, new_person, sign) -> None:
        other = new_person()
        _signed, digest = sign(person)
        rows = run(premises, "SELECT account_id FROM core.secrets_of_session(:t)", t=digest)
        assert [row.account_id for row in rows] == [person.id]
        assert other.id not in {row.account_id for row in rows}


def test_helpers_are_not_the_runtime_roles(premises) -> None:
    for call in ("core.check_ticket('x', 'y')", r"core.owner_of_session('\x00'::bytea)"):
        with pytest.raises(DBAPIError, match="permission denied"):
            run(premises, f"SELECT {call}")
