"""Seals, indexes and digests."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.kit.crypto import SealBroken, blind_index, derive_key, seal, token_digest, unseal

KEY = derive_key(b"m" * 32, "test/1")


@given(plain=st.binary(max_size=200), context=st.binary(max_size=50))
def test_what_is_sealed_opens_with_the_same_key_and_context(plain, context) -> None:
    assert unseal(KEY, seal(KEY, plain, context), context) == plain


@given(plain=st.binary(max_size=50), place=st.integers(min_value=0), bit=st.integers(0, 7))
def test_any_flipped_bit_breaks_the_seal(plain, place, bit) -> None:
    sealed = bytearray(seal(KEY, plain, b"here"))
    sealed[place % len(sealed)] ^= 1 << bit
    with pytest.raises(SealBroken):
        unseal(KEY, bytes(sealed), b"here")


def test_another_context_or_key_breaks_the_seal() -> None:
    sealed = seal(KEY, b"x", b"here")
    with pytest.raises(SealBroken):
        unseal(KEY, sealed, b"there")
    with pytest.raises(SealBroken):
        unseal(derive_key(b"m" * 32, "test/2"), sealed, b"here")


@given(data=st.binary(max_size=60))
def test_what_was_never_sealed_does_not_open(data) -> None:
    with pytest.raises(SealBroken):
        unseal(KEY, data, b"here")


def test_one_master_gives_a_key_for_each_purpose() -> None:
    keys = {derive_key(b"m" * 32, purpose) for purpose in ("a/1", "a/2", "b/1")}
    assert len(keys) == 3
    assert derive_key(b"m" * 32, "a/1") in keys
    assert derive_key(b"n" * 32, "a/1") not in keys
    assert {len(key) for key in keys} == {32}


def test_an_index_depends_on_key_kind_and_value() -> None:
    found = {blind_index(key, kind, value) for key in (KEY, b"x" * 32) for kind in "ab" for value in "12"}
    assert len(found) == 8
    assert {len(each) for each in found} == {16}


def test_a_token_is_kept_as_its_digest() -> None:
    assert token_digest("secret") == token_digest("secret")
    assert len(token_digest("secret")) == 32
    assert b"secret" not in token_digest("secret")
