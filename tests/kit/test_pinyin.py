"""How Chinese is read."""

from __future__ import annotations

import pytest

from linli.kit.pinyin import pinyin_of


@pytest.mark.parametrize(
    ("text", "full", "initials"),
    [
        ("大骨头", "dagutou", "dgt"),
        ("绿萝", "lvluo", "ll"),
        ("LED灯", "leddeng", "ledd"),
        ("Ｘ光片", "xguangpian", "xgp"),
        ("84消毒液", "84xiaoduye", "84xdy"),
        ("旧衣服、鞋（干净）", "jiuyifuxieganjing", "jyfxgj"),
        ("", "", ""),
        (" —— ", "", ""),
    ],
)
def test_a_text_is_read_whole_and_by_its_first_letters(text, full, initials) -> None:
    assert (pinyin_of(text).full, pinyin_of(text).initials) == (full, initials)


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("银行卡", "yinhangka"),
        ("行李箱", "xinglixiang"),
        ("旧空调外机", "jiukongtiaowaiji"),
        ("番茄", "fanqie"),
        ("楼门长", "loumenzhang"),
        ("长椅", "changyi"),
    ],
)
def test_words_are_read_as_words(text, full) -> None:
    assert pinyin_of(text).full == full


def test_each_character_has_its_syllable() -> None:
    assert pinyin_of("空调A1").syllables == ("kong", "tiao", "a", "1")
