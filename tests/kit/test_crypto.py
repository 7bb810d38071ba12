"""Seals, indexes and digests."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.kit.crypto import (
    CIPHERS,
    SealBroken,
    Signer,
    Sm4Gcm,
    blind_index,
    derive_key,
    is_signed_by,
    key_id_of,
    seal,
    token_digest,
    unseal,
)

KEY = derive_key(b"m" * 32, "test/1")


EACH_CIPHER = pytest.mark.parametrize("algorithm", CIPHERS.values(), ids=CIPHERS)


@EACH_CIPHER
@given(plain=st.binary(max_size=200), context=st.binary(max_size=50))
def test_what_is_sealed_opens_with_the_same_key_and_context(algorithm, plain, context) -> None:
    assert unseal(KEY, seal(KEY, plain, context, algorithm=algorithm), context) == plain


@EACH_CIPHER
@given(plain=st.binary(max_size=50), place=st.integers(min_value=0), bit=st.integers(0, 7))
def test_any_flipped_bit_breaks_the_seal(algorithm, plain, place, bit) -> None:
    sealed = bytearray(seal(KEY, plain, b"here", algorithm=algorithm))
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


def test_sm4_gcm_is_that_of_rfc_8998() -> None:
    key, nonce = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210"), bytes.fromhex("00001234567800000000ABCD")
    context = bytes.fromhex("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2")
    plain = b"".join(bytes([byte]) * 8 for byte in (0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF, 0xEE, 0xAA))
    sealed = bytes.fromhex(
        "17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735"
        "D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D"
        "83DE3541E4C2B58177E065A9BF7B62EC"
    )
    assert Sm4Gcm(key).encrypt(nonce, plain, context) == sealed
    assert Sm4Gcm(key).decrypt(nonce, sealed, context) == plain


def test_a_signature_is_of_one_key_and_one_message() -> None:
    one, other = Signer(KEY), Signer(derive_key(b"m" * 32, "test/2"))
    signature = one.sign(b"what was said")
    assert is_signed_by(one.public, signature, b"what was said")
    assert not is_signed_by(one.public, signature, b"what was not said")
    assert not is_signed_by(other.public, signature, b"what was said")
    assert not is_signed_by(b"no key", signature, b"what was said")
    assert not is_signed_by(one.public, signature[:-1], b"what was said")
    assert one.key_id == key_id_of(one.public) != other.key_id
