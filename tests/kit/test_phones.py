"""Phone and identity numbers."""

from __future__ import annotations

import pytest

from linli.kit.phones import mask_id_number, mask_name, mask_numbers, mask_phone, normalise_id_number, normalise_phone


@pytest.mark.parametrize(
    ("written", "phone"),
    [
        ("13800138000", "13800138000"),
        (" 138-0013-8000 ", "13800138000"),
        ("＋８６ １３８００１３８０００", "13800138000"),
        ("008613800138000", "13800138000"),
        ("010-65081234", "01065081234"),
        ("（010）65081234", "01065081234"),
        ("0315 1234567", "03151234567"),
        ("12800138000", None),
        ("1380013800", None),
        ("138001380001", None),
        ("", None),
        ("电话", None),
        ("65081234", None),
    ],
)
def test_a_phone_has_one_form_however_it_is_written(written, phone) -> None:
    assert normalise_phone(written) == phone


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("11010519491231002X", "11010519491231002X"),
        ("11010519491231002x", "11010519491231002X"),
        ("１１０１０５１９４９１２３１００２Ｘ", "11010519491231002X"),
        ("110105 19491231 002X", "11010519491231002X"),
        ("110105194912310021", None),
        ("11010519491231002", None),
        ("X1010519491231002X", None),
        ("", None),
    ],
)
def test_an_identity_number_is_known_by_its_check_character(written, number) -> None:
    assert normalise_id_number(written) == number


def test_masks_keep_what_tells_people_apart_and_hide_the_rest() -> None:
    assert mask_phone("13800138000") == "138****8000"
    assert mask_phone("6508123") == "*****23"
    assert mask_id_number("11010519491231002X") == "110*************2X"
    assert (mask_name("张三"), mask_name("欧阳娜"), mask_name("李"), mask_name("")) == ("张*", "欧**", "李", "")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("call 13800138000 now", "call 138****8000 now"),
        ("phone=138-0013-8000,", "phone=138****8000,"),
        ("'11010519491231002X'", "'110*************2X'"),
        ("110105 19491231 0021", "110*************21"),
        ("两个13800138000、13900139000", "两个138****8000、139****9000"),
        # Neither a longer number nor a part of an id is a phone.
        ("1380013800012", "1380013800012"),
        ("a13800138000", "a13800138000"),
        ("0198f3c2-7d31-7000-8000-138001380001", "0198f3c2-7d31-7000-8000-138001380001"),
        ("12800138000", "12800138000"),
    ],
)
def test_numbers_in_a_text_are_masked(text: str, masked: str) -> None:
    assert mask_numbers(text) == masked
