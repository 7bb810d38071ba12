"""What is accepted as a password, and how it is kept."""

from __future__ import annotations

import pytest
from argon2 import extract_parameters
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from linli.db.vault import Vault
from linli.identity.limits import PASSWORD_SHORTEST
from linli.identity.passwords import check_new_password, hash_password, password_fits
from linli.kit.errors import Invalid

VAULT = Vault(b"k" * 32)
OTHER = Vault(b"o" * 32)


@pytest.mark.asvs("V6.2.9")
@pytest.mark.parametrize("length", [8, 9, 64, 127, 128])
def test_a_length_within_the_limits_is_accepted(length) -> None:
    plain = ("bnzk37" * 30)[:length]
    assert check_new_password(plain) == plain


@pytest.mark.asvs("V6.2.1")
@pytest.mark.parametrize(("length", "fault"), [(7, "太短"), (129, "太长"), (0, "太短")])
def test_a_length_just_outside_is_refused_and_says_what_is_allowed(length, fault) -> None:
    with pytest.raises(Invalid) as caught:
        check_new_password(("bnzk37" * 30)[:length], field="new_password")
    (error,) = caught.value.errors
    assert error.field == "new_password"
    assert fault in error.message
    assert error.allowed


@pytest.mark.parametrize(
    "plain", ["password123", "PassWord123", "12345678", "87654321", "aaaaaaaa", "abababab", "qwertyuiop"]
)
def test_what_is_guessed_first_is_refused(plain) -> None:
    with pytest.raises(Invalid):
        check_new_password(plain)


@pytest.mark.asvs("V6.2.4", "V6.2.12")
def test_what_breaches_have_shown_most_often_is_refused() -> None:
    # By rank: the first is the most common.
    shown = [word for word in FREQUENCY_LISTS["passwords"] if len(word) >= PASSWORD_SHORTEST]
    assert len(shown) > 3000
    for word in shown[:3000]:
        with pytest.raises(Invalid):
            check_new_password(word)
        with pytest.raises(Invalid):
            check_new_password(word.upper())


@pytest.mark.asvs("V6.2.11")
def test_the_own_identifier_is_no_password() -> None:
    with pytest.raises(Invalid):
        check_new_password("Street-Admin-1", unlike=("street-admin-1",))


@pytest.mark.asvs("V6.2.5")
@pytest.mark.parametrize("plain", ["只用汉字的长密码", "lower case only words", "ЖЖabcжд12", "😀😀😀😀😀😀😀😁a"])
def test_no_kind_of_character_is_asked_for(plain) -> None:
    assert check_new_password(plain)


@pytest.mark.asvs("V11.4.2")
def test_it_is_kept_as_argon2id_with_at_least_19_mib_and_two_passes() -> None:
    parameters = extract_parameters(hash_password(VAULT, "a good password"))
    assert parameters.type.name == "ID"
    assert parameters.memory_cost >= 19 * 1024
    assert parameters.time_cost >= 2


@pytest.mark.asvs("V6.2.8")
def test_only_the_right_password_fits() -> None:
    stored = hash_password(VAULT, "a good password")
    assert password_fits(VAULT, stored, "a good password")
    assert not password_fits(VAULT, stored, "a good passwore")
    assert not password_fits(VAULT, None, "a good password")
    assert not password_fits(VAULT, "not a hash", "a good password")


def test_full_width_letters_are_the_same_password() -> None:
    assert password_fits(VAULT, hash_password(VAULT, "ｇｏｏｄ１２３４"), "good1234")


def test_a_stolen_hash_is_worth_nothing_without_the_platforms_key() -> None:
    assert not password_fits(OTHER, hash_password(VAULT, "a good password"), "a good password")
