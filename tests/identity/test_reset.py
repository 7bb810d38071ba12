"""A forgotten password: a code to the phone, once, and every session ends."""

from __future__ import annotations

import pytest

from linli.identity.reset import finish_reset, start_reset
from linli.identity.sessions import who_is
from linli.identity.sign_in import sign_in
from linli.kit.errors import Invalid, TooMany

NEW = "a brand new word 3"


def test_the_code_sets_a_new_password_and_ends_every_session(premises, person, sign, address, codes) -> None:
    _signed, digest = sign(person)
    start_reset(premises, person.phone, ip=address)
    finish_reset(premises, person.phone, codes.last(), NEW)
    with premises.database.open_transaction() as connection:
        assert who_is(connection, digest, "session").account_id is None
    assert sign_in(premises, person.user_name, NEW, ip=address)
    with pytest.raises(Invalid):
        sign_in(premises, person.user_name, person.password, ip=address)


def test_the_same_code_does_not_work_twice(premises, person, address, codes) -> None:
    start_reset(premises, person.phone, ip=address)
    code = codes.last()
    finish_reset(premises, person.phone, code, NEW)
    with pytest.raises(Invalid):
        finish_reset(premises, person.phone, code, "yet another one 4")
    assert sign_in(premises, person.user_name, NEW, ip=address)


def test_a_bad_password_does_not_use_up_the_code(premises, person, address, codes) -> None:
    start_reset(premises, person.phone, ip=address)
    code = codes.last()
    with pytest.raises(Invalid) as caught:
        finish_reset(premises, person.phone, code, "short")
    assert caught.value.errors[0].field == "password"
    finish_reset(premises, person.phone, code, NEW)


def test_who_has_no_account_is_answered_alike(premises, person, address, codes) -> None:
    answers = set()
    for phone in (person.phone, "13955556666"):
        start_reset(premises, phone, ip=address)
        with pytest.raises(Invalid) as caught:
            finish_reset(premises, phone, "wrong!", NEW)
        answers.add((caught.value.message, tuple(caught.value.errors)))
    assert len(answers) == 1


def test_a_code_for_signing_in_sets_no_password(premises, person, address, codes) -> None:
    from linli.identity.codes import request_code

    request_code(premises, person.phone, "sign_in", ip=address)
    with pytest.raises(Invalid):
        finish_reset(premises, person.phone, codes.last(), NEW)


def test_ten_tries_a_day_over_all_codes(premises, person, address) -> None:
    for _ in range(10):
        with pytest.raises(Invalid):
            finish_reset(premises, person.phone, "wrong!", NEW)
    with pytest.raises(TooMany):
        finish_reset(premises, person.phone, "wrong!", NEW)
