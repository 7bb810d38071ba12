"""Phone and identity numbers."""

from __future__ import annotations

import pytest

from linli.kit.phones import mask_id_number, mask_name, mask_phone, normalise_id_number, normalise_phone


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
