"""Signing in by password and by code: the same answer to every failure, and a wait that grows."""

from __future__ import annotations

import pytest

from linli.identity import passwords
from linli.identity.codes import request_code
from linli.identity.sessions import who_is
from linli.identity.sign_in import sign_in, sign_in_with_code
from linli.identity.throttle import network_of
from linli.kit.crypto import token_digest
from linli.kit.errors import Invalid, TooMany, Unauthenticated


def who(premises, signed):
    with premises.database.open_transaction() as connection:
        return who_is(connection, token_digest(signed.token), "session")


def refusal(call) -> tuple:
    with pytest.raises(Invalid) as caught:
        call()
    return caught.value.message, tuple(caught.value.errors)


class TestByPassword:
    @pytest.mark.parametrize("form", ["{user_name}", "{phone}", " {user_name} ", "+86 {phone}"])
    def test_user_name_and_phone_open_a_session(self, premises, person, address, form) -> None:
        typed = form.format(user_name=person.user_name, phone=person.phone)
        signed = sign_in(premises, typed, person.password, ip=address)
        assert who(premises, signed).account_id == person.id

    def test_upper_case_in_the_user_name_does_not_matter(self, premises, person, address) -> None:
        assert sign_in(premises, person.user_name.upper(), person.password, ip=address).account_id == person.id

    @pytest.mark.asvs("V6.3.8")
    def test_every_failure_reads_the_same(self, premises, person, address, as_owner, new_person) -> None:
        disabled, without = new_person(), new_person()
        as_owner("UPDATE core.account SET status = 'disabled' WHERE id = :id", id=disabled.id)
        as_owner("UPDATE core.account SET password_hash = NULL WHERE id = :id", id=without.id)
        answers = {
            refusal(lambda: sign_in(premises, person.user_name, "a wrong password", ip=address)),
            refusal(lambda: sign_in(premises, "nobody-at-all", "a wrong password", ip=address)),
            refusal(lambda: sign_in(premises, "13999999999", "a wrong password", ip=address)),
            refusal(lambda: sign_in(premises, disabled.user_name, disabled.password, ip=address)),
            refusal(lambda: sign_in(premises, without.user_name, without.password, ip=address)),
            refusal(lambda: sign_in(premises, "", "", ip=address)),
            refusal(lambda: sign_in(premises, "' OR 1=1 --\x01", "x" * 100_000, ip=address)),
        }
        assert len(answers) == 1

    @pytest.mark.asvs("V6.3.8")
    def test_an_unknown_account_costs_the_same_comparison(self, premises, person, address, monkeypatch) -> None:
        compared = []
        real = passwords._HASHER

        class Counting:
            def verify(self, stored, given):
                compared.append(stored[: stored.index("$", 30)])
                return real.verify(stored, given)

        monkeypatch.setattr(passwords, "_HASHER", Counting())
        for name in (person.user_name, "nobody-here"):
            with pytest.raises(Invalid):
                sign_in(premises, name, "a wrong password", ip=address)
        assert len(compared) == 2
        assert compared[0] == compared[1]

    @pytest.mark.asvs("V6.2.10")
    def test_a_password_of_many_years_ago_opens_as_ever(self, premises, person, address, as_owner) -> None:
        as_owner(
            "UPDATE core.account SET password_set_at = now() - interval '9 years', "
            "created_at = now() - interval '10 years' WHERE id = :id",
            id=person.id,
        )
        signed = sign_in(premises, person.user_name, person.password, ip=address)
        found = who(premises, signed)
        assert (found.account_id, bool(found.must_change_password)) == (person.id, False)

    @pytest.mark.asvs("V7.4.2")
    def test_a_disabled_account_loses_its_sessions_at_once(self, premises, person, sign, as_owner) -> None:
        signed, _digest = sign(person)
        as_owner("UPDATE core.account SET status = 'disabled' WHERE id = :id", id=person.id)
        assert who(premises, signed).account_id is None


class TestLockOut:
    def fail(self, premises, person, address, times=1) -> None:
        for _ in range(times):
            with pytest.raises(Invalid):
                sign_in(premises, person.user_name, "a wrong password", ip=address)

    def pass_time(self, as_owner, seconds) -> None:
        as_owner(
            "UPDATE core.throttle SET window_ends_at = window_ends_at - make_interval(secs => :seconds)",
            seconds=seconds,
        )

    def test_four_failures_do_not_lock(self, premises, person, address) -> None:
        self.fail(premises, person, address, 4)
        assert sign_in(premises, person.user_name, person.password, ip=address)

    @pytest.mark.asvs("V6.3.1")
    def test_the_fifth_failure_locks_even_for_the_right_password(self, premises, person, address) -> None:
        self.fail(premises, person, address, 5)
        with pytest.raises(TooMany) as caught:
            sign_in(premises, person.user_name, person.password, ip=address)
        assert 0 < caught.value.retry_after <= 30

    def test_it_opens_when_the_time_is_over_and_not_before(self, premises, person, address, as_owner) -> None:
        self.fail(premises, person, address, 5)
        self.pass_time(as_owner, 25)
        with pytest.raises(TooMany):
            sign_in(premises, person.user_name, person.password, ip=address)
        self.pass_time(as_owner, 6)
        assert sign_in(premises, person.user_name, person.password, ip=address)

    def test_each_further_failure_doubles_the_wait(self, premises, person, address, as_owner) -> None:
        self.fail(premises, person, address, 5)
        waits = []
        for _ in range(9):
            with pytest.raises(TooMany) as caught:
                sign_in(premises, person.user_name, person.password, ip=address)
            waits.append(caught.value.retry_after)
            self.pass_time(as_owner, waits[-1])
            self.fail(premises, person, address)
        assert waits[:4] == pytest.approx([30, 60, 120, 240], abs=2)
        assert max(waits) <= 3600
        assert waits[-1] == pytest.approx(3600, abs=2)

    def test_trying_while_locked_does_not_prolong(self, premises, person, address, as_owner) -> None:
        self.fail(premises, person, address, 5)
        for _ in range(10):
            with pytest.raises(TooMany):
                sign_in(premises, person.user_name, person.password, ip=address)
        self.pass_time(as_owner, 31)
        assert sign_in(premises, person.user_name, person.password, ip=address)

    def test_success_forgets_the_failures(self, premises, person, address) -> None:
        for _ in range(3):
            self.fail(premises, person, address, 4)
            assert sign_in(premises, person.user_name, person.password, ip=address)

    def test_an_unknown_name_is_locked_alike(self, premises, address) -> None:
        for _ in range(5):
            with pytest.raises(Invalid):
                sign_in(premises, "nobody-locked", "a wrong password", ip=address)
        with pytest.raises(TooMany):
            sign_in(premises, "nobody-locked", "a wrong password", ip=address)

    def test_another_account_is_not_locked(self, premises, person, new_person, address) -> None:
        self.fail(premises, person, address, 5)
        other = new_person()
        assert sign_in(premises, other.user_name, other.password, ip=address)

    def test_one_address_may_try_fifty_names_and_no_more(self, premises, person, address) -> None:
        for n in range(50):
            with pytest.raises(Invalid):
                sign_in(premises, f"sprayed-{address}-{n}", "a wrong password", ip=address)
        with pytest.raises(TooMany):
            sign_in(premises, person.user_name, person.password, ip=address)
        assert sign_in(premises, person.user_name, person.password, ip="198.51.100.77")

    @pytest.mark.parametrize(
        ("one", "other", "same"),
        [
            ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
            ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
            ("::ffff:192.0.2.1", "192.0.2.1", True),
            ("192.0.2.1", "192.0.2.2", False),
            ("fe80::1%eth0", "fe80::2", True),
            ("", "nonsense", True),
        ],
    )
    def test_what_counts_as_one_address(self, one, other, same) -> None:
        assert (network_of(one) == network_of(other)) is same

    def test_parallel_guesses_count_each(self, premises, person, address) -> None:
        from concurrent.futures import ThreadPoolExecutor

        def guess(_n):
            try:
                sign_in(premises, person.user_name, "a wrong password", ip=address)
            except (Invalid, TooMany) as error:
                return type(error)

        with ThreadPoolExecutor(8) as pool:
            outcomes = list(pool.map(guess, range(24)))
        assert outcomes.count(Invalid) == 5


class TestByCode:
    @pytest.mark.asvs("V6.5.1")
    def test_a_code_opens_a_session_once(self, premises, person, address, codes) -> None:
        request_code(premises, person.phone, "sign_in", ip=address)
        code = codes.last()
        signed = sign_in_with_code(premises, person.phone, code, ip=address)
        assert who(premises, signed).account_id == person.id
        with pytest.raises(Invalid):
            sign_in_with_code(premises, person.phone, code, ip=address)

    def test_an_unknown_phone_is_answered_alike_and_sent_nothing(self, premises, person, address, codes) -> None:
        assert request_code(premises, "13911112222", "sign_in", ip=address) is None
        assert request_code(premises, person.phone, "sign_in", ip=address) is None
        assert codes.sent.get(timeout=10)[0] == person.phone
        assert codes.sent.empty()
        wrong = {
            refusal(lambda: sign_in_with_code(premises, "13911112222", "000000", ip=address)),
            refusal(lambda: sign_in_with_code(premises, person.phone, "nonsense", ip=address)),
        }
        assert len(wrong) == 1

    @pytest.mark.parametrize(("tries", "opens"), [(4, True), (5, False)])
    def test_five_wrong_tries_kill_a_code(self, premises, person, address, codes, tries, opens) -> None:
        request_code(premises, person.phone, "sign_in", ip=address)
        code = codes.last()
        for _ in range(tries):
            with pytest.raises(Invalid):
                sign_in_with_code(premises, person.phone, "wrong!", ip=address)
        if opens:
            assert sign_in_with_code(premises, person.phone, code, ip=address)
        else:
            with pytest.raises(Invalid):
                sign_in_with_code(premises, person.phone, code, ip=address)

    @pytest.mark.asvs("V6.5.5")
    @pytest.mark.parametrize(("age", "opens"), [(295, True), (301, False)])
    def test_a_code_lives_five_minutes(self, premises, person, address, codes, as_owner, age, opens) -> None:
        request_code(premises, person.phone, "sign_in", ip=address)
        code = codes.last()
        as_owner("UPDATE core.one_time_code SET expires_at = expires_at - make_interval(secs => :age)", age=age)
        if opens:
            assert sign_in_with_code(premises, person.phone, code, ip=address)
        else:
            with pytest.raises(Invalid):
                sign_in_with_code(premises, person.phone, code, ip=address)

    def test_a_new_code_replaces_the_old_one(self, premises, person, address, codes) -> None:
        request_code(premises, person.phone, "sign_in", ip=address)
        first = codes.last()
        request_code(premises, person.phone, "sign_in", ip=address)
        second = codes.last()
        if first != second:
            with pytest.raises(Invalid):
                sign_in_with_code(premises, person.phone, first, ip=address)
        assert sign_in_with_code(premises, person.phone, second, ip=address)

    def test_a_code_for_a_new_password_opens_no_session(self, premises, person, address, codes) -> None:
        request_code(premises, person.phone, "password", ip=address)
        with pytest.raises(Invalid):
            sign_in_with_code(premises, person.phone, codes.last(), ip=address)

    def test_one_persons_code_is_not_anothers(self, premises, person, new_person, address, codes) -> None:
        other = new_person()
        request_code(premises, person.phone, "sign_in", ip=address)
        with pytest.raises(Invalid):
            sign_in_with_code(premises, other.phone, codes.last(), ip=address)

    def test_the_fourth_message_within_the_hour_has_to_wait(self, premises, person, address, codes) -> None:
        for _ in range(3):
            request_code(premises, person.phone, "sign_in", ip=address)
        with pytest.raises(TooMany):
            request_code(premises, person.phone, "sign_in", ip=address)

    def test_the_code_is_not_stored_as_it_is(self, premises, person, address, codes, as_owner) -> None:
        request_code(premises, person.phone, "sign_in", ip=address)
        code = codes.last()
        stored = as_owner("SELECT code_hash, subject_bi FROM core.one_time_code")
        assert all(code.encode() not in bytes(row[0]) for row in stored)
        assert all(person.phone.encode() not in bytes(row[1]) for row in stored)

    def test_a_channel_that_fails_shows_nothing(self, premises, person, address, codes, monkeypatch) -> None:
        def broken(phone, code, purpose):
            raise OSError("no network")

        monkeypatch.setattr(codes, "send", broken)
        assert request_code(premises, person.phone, "sign_in", ip=address) is None


def test_nobody_is_signed_in_without_an_account(premises, address) -> None:
    from uuid import uuid4

    from linli.identity.sessions import open_session

    with pytest.raises(Unauthenticated), premises.database.open_transaction() as connection:
        open_session(connection, premises.signer, uuid4(), waits_for_totp=False, ip=address, user_agent="")
