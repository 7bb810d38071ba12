"""The second factor: enrolled with a first code, asked for at each sign-in, each code good for one session."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from pyotp.totp import TOTP

from linli.identity.sessions import who_is
from linli.identity.totp import (
    confirm_enrolment,
    drop_second_factor,
    pass_second_factor,
    start_enrolment,
)
from linli.kit.clock import frozen
from linli.kit.crypto import token_digest
from linli.kit.errors import Conflict, Invalid, TooMany, Unauthenticated

#: In the middle of a step of thirty seconds.
NOON = datetime(2026, 5, 4, 12, 0, 15, tzinfo=UTC)


def row(premises, digest):
    with premises.database.open_transaction() as connection:
        return who_is(connection, digest, "session")


def code_at(secret: str, moment: datetime) -> str:
    return TOTP(secret).at(moment)


@pytest.fixture
def enrolled(premises, person, sign):
    """A person with a second factor, its secret, and the recovery codes."""
    _signed, digest = sign(person)
    secret = start_enrolment(premises, digest, label=person.user_name).secret
    with frozen(NOON):
        _token, recovery = confirm_enrolment(premises, digest, code_at(secret, NOON))
    return person, secret, recovery


class TestEnrolment:
    def test_the_picture_holds_the_secret_and_nothing_is_in_force_yet(self, premises, person, sign) -> None:
        _signed, digest = sign(person)
        enrolment = start_enrolment(premises, digest, label=person.user_name)
        assert enrolment.qr.startswith("data:image/svg+xml")
        assert not row(premises, digest).totp_enrolled
        assert not sign(person)[0].waits_for_totp

    def test_a_reloaded_page_shows_the_same_secret(self, premises, person, sign) -> None:
        _signed, digest = sign(person)
        first = start_enrolment(premises, digest, label="x")
        assert start_enrolment(premises, digest, label="x").secret == first.secret

    def test_the_first_code_puts_it_in_force_and_rotates_the_session(self, premises, person, sign) -> None:
        _other, other = sign(person)
        _signed, digest = sign(person)
        secret = start_enrolment(premises, digest, label="x").secret
        with frozen(NOON):
            token, recovery = confirm_enrolment(premises, digest, code_at(secret, NOON))
        assert row(premises, digest).account_id is None
        assert row(premises, other).account_id is None
        fresh = row(premises, token_digest(token))
        assert fresh.totp_enrolled
        assert fresh.totp_at is not None
        assert len(set(recovery)) == 10

    def test_a_wrong_code_puts_nothing_in_force(self, premises, person, sign) -> None:
        _signed, digest = sign(person)
        start_enrolment(premises, digest, label="x")
        with pytest.raises(Invalid):
            confirm_enrolment(premises, digest, "000000x")
        assert not row(premises, digest).totp_enrolled

    def test_it_is_not_started_over_while_in_force(self, premises, enrolled, sign) -> None:
        person, _secret, _recovery = enrolled
        signed, digest = sign(person)
        with pytest.raises(Conflict):
            start_enrolment(premises, digest, label="x")
        assert signed.waits_for_totp

    def test_secret_and_recovery_codes_are_not_stored_as_they_are(self, enrolled, as_owner) -> None:
        person, secret, recovery = enrolled
        ((sealed, hashes),) = as_owner("SELECT totp_ct, recovery_hashes FROM core.account WHERE id = :id", id=person.id)
        assert secret.encode() not in bytes(sealed)
        assert len(hashes) == 10
        assert not any(code.replace("-", "") in json.dumps(hashes) for code in recovery)


class TestPassing:
    def test_a_session_waits_and_is_nobodys_until_then(self, premises, enrolled, sign) -> None:
        from linli.access.actors import actor_from_row

        person, secret, _recovery = enrolled
        signed, digest = sign(person)
        assert signed.waits_for_totp
        assert actor_from_row(row(premises, digest), {}).is_anonymous
        later = NOON + timedelta(minutes=5)
        with frozen(later):
            token = pass_second_factor(premises, digest, code_at(secret, later))
        assert row(premises, digest).account_id is None
        assert actor_from_row(row(premises, token_digest(token)), {}).account_id == person.id

    def test_a_waiting_session_opens_nothing_of_the_account(self, premises, enrolled, sign) -> None:
        from linli.identity.accounts import change_password, update_profile
        from linli.identity.sessions import list_sessions, touch
        from linli.identity.tokens import list_tokens

        person, _secret, _recovery = enrolled
        _signed, digest = sign(person)
        with premises.database.open_transaction() as connection:
            assert list_sessions(connection, digest) == []
            assert list_tokens(connection, digest) == []
        with pytest.raises(Unauthenticated):
            change_password(premises, digest, person.password, "another good one 5")
        with pytest.raises(Unauthenticated):
            update_profile(premises, digest, name="偷改")
        before = row(premises, digest).seen_at
        touch(premises.database, digest, "session")
        assert row(premises, digest).seen_at == before

    def test_it_waits_ten_minutes(self, premises, enrolled, sign, as_owner) -> None:
        person, _secret, _recovery = enrolled
        _signed, digest = sign(person)
        ((life,),) = as_owner(
            "SELECT expires_at - created_at FROM core.session WHERE token_hash = :digest", digest=digest
        )
        assert life == timedelta(minutes=10)

    @pytest.mark.asvs("V6.5.5")
    @pytest.mark.parametrize(("offset", "passes"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
    def test_one_step_of_clock_error_either_way(self, premises, enrolled, sign, offset, passes) -> None:
        person, secret, _recovery = enrolled
        _signed, digest = sign(person)
        later = NOON + timedelta(hours=1)
        code = code_at(secret, later + timedelta(seconds=offset))
        with frozen(later):
            if passes:
                assert pass_second_factor(premises, digest, code)
            else:
                with pytest.raises(Invalid):
                    pass_second_factor(premises, digest, code)

    @pytest.mark.asvs("V6.5.1")
    def test_a_code_opens_one_session_only(self, premises, enrolled, sign) -> None:
        person, secret, _recovery = enrolled
        (_one, first), (_two, second) = sign(person), sign(person)
        later = NOON + timedelta(hours=1)
        with frozen(later):
            assert pass_second_factor(premises, first, code_at(secret, later))
            with pytest.raises(Invalid):
                pass_second_factor(premises, second, code_at(secret, later))

    def test_an_earlier_step_is_dead_once_a_later_one_was_used(self, premises, enrolled, sign) -> None:
        person, secret, _recovery = enrolled
        (_one, first), (_two, second) = sign(person), sign(person)
        later = NOON + timedelta(hours=1)
        with frozen(later):
            assert pass_second_factor(premises, first, code_at(secret, later + timedelta(seconds=30)))
            with pytest.raises(Invalid):
                pass_second_factor(premises, second, code_at(secret, later))

    def test_the_enrolling_code_does_not_open_a_second_session(self, premises, enrolled, sign) -> None:
        person, secret, _recovery = enrolled
        _signed, digest = sign(person)
        with frozen(NOON), pytest.raises(Invalid):
            pass_second_factor(premises, digest, code_at(secret, NOON))

    def test_guessing_locks(self, premises, enrolled, sign) -> None:
        person, secret, _recovery = enrolled
        _signed, digest = sign(person)
        for _ in range(5):
            with pytest.raises(Invalid):
                pass_second_factor(premises, digest, "wrong!")
        later = NOON + timedelta(hours=1)
        with frozen(later), pytest.raises(TooMany):
            pass_second_factor(premises, digest, code_at(secret, later))


class TestRecovery:
    @pytest.mark.asvs("V6.5.1")
    def test_each_recovery_code_works_once(self, premises, enrolled, sign) -> None:
        person, _secret, recovery = enrolled
        _one, first = sign(person)
        token = pass_second_factor(premises, first, recovery[3].upper())
        assert row(premises, token_digest(token)).recovery_left == 9
        _two, second = sign(person)
        with pytest.raises(Invalid):
            pass_second_factor(premises, second, recovery[3])
        assert pass_second_factor(premises, second, recovery[4].replace("-", " "))

    def test_anothers_recovery_code_is_worth_nothing(self, premises, enrolled, new_person, sign) -> None:
        _person, _secret, recovery = enrolled
        other = new_person()
        _signed, digest = sign(other)
        secret = start_enrolment(premises, digest, label="x").secret
        with frozen(NOON):
            confirm_enrolment(premises, digest, code_at(secret, NOON))
        _again, waiting = sign(other)
        with pytest.raises(Invalid):
            pass_second_factor(premises, waiting, recovery[0])


@pytest.mark.asvs("V7.5.1")
def test_it_is_dropped_against_the_password_only(premises, enrolled, sign) -> None:
    person, _secret, recovery = enrolled
    _signed, waiting = sign(person)
    digest = token_digest(pass_second_factor(premises, waiting, recovery[0]))
    with pytest.raises(Invalid):
        drop_second_factor(premises, digest, "a wrong password")
    assert row(premises, digest).totp_enrolled
    drop_second_factor(premises, digest, person.password)
    assert not row(premises, digest).totp_enrolled
