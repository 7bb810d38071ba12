"""How what people type fits what is there."""

from __future__ import annotations

import time

import pytest

from linli.kit.finding import best_fits, fit_of, fold
from linli.kit.pinyin import spell_name


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("刘佳丽", "刘佳丽"),
        ("佳丽", "刘佳丽"),
        ("丽", "刘佳丽"),
        ("ljl", "刘佳丽"),
        ("LJL", "刘佳丽"),
        ("ｌｊｌ", "刘佳丽"),
        ("l j l", "刘佳丽"),
        ("liujiali", "刘佳丽"),
        ("liu jia", "刘佳丽"),
        ("liuj", "刘佳丽"),
        ("jl", "刘佳丽"),
        ("jiali", "刘佳丽"),
        ("li佳", "刘佳丽"),
        ("liu佳", "刘佳丽"),
        ("l佳l", "刘佳丽"),
        ("刘jl", "刘佳丽"),
        ("刘jiali", "刘佳丽"),
        ("zhsf", "张三丰"),
        ("zsf", "张三丰"),
        ("shan", "单田芳"),
        ("stf", "单田芳"),
        ("dtf", "单田芳"),
        ("zeng", "曾国藩"),
        ("xxd", "解晓东"),
        ("zhai", "翟天临"),
        ("yuchi", "尉迟恭"),
        ("nana", "欧阳娜娜"),
    ],
)
def test_a_name_is_found(words, name) -> None:
    assert fit_of(words, name, is_name=True) is not None


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("", "刘佳丽"),
        (" ", "刘佳丽"),
        ("lja", "刘佳丽"),
        ("佳刘", "刘佳丽"),
        ("l", "张小力"),
        ("liux", "刘佳丽"),
        ("wang", "刘佳丽"),
        ("jia", "今安"),
        ("刘 王", "刘佳丽"),
        ("-", "刘佳丽"),
    ],
)
def test_what_is_not_meant_is_not_found(words, name) -> None:
    assert fit_of(words, name, is_name=True) is None


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("cyl", "朝阳路"),
        ("chaoyang", "朝阳路"),
        ("zyl", "朝阳路"),
        ("tz", "关于停水的通知"),
        ("停水 通知", "关于停水的通知"),
        ("yihaoyuan", "一号院"),
        ("３号", "3号楼"),
        ("ktwj", "旧空调外机"),
    ],
)
def test_a_text_is_found(words, text) -> None:
    assert fit_of(words, text) is not None


def test_the_better_fit_stands_first_and_the_shorter_before_the_longer() -> None:
    people = ["刘小丽", "李佳丽", "佳丽", "刘佳丽君", "刘佳丽"]
    assert best_fits(people, "刘佳丽", 9, text=str, is_name=True) == ["刘佳丽", "刘佳丽君"]
    assert best_fits(people, "ljl", 9, text=str, is_name=True) == ["李佳丽", "刘佳丽", "刘佳丽君"]
    assert best_fits(people, "佳丽", 2, text=str, is_name=True) == ["佳丽", "李佳丽"]


def test_of_several_texts_the_best_counts() -> None:
    rows = [("甲", "一号院东门"), ("一号院", "")]
    assert best_fits(rows, "一号院", 5, text=lambda row: row) == [rows[1], rows[0]]


def test_words_that_fit_nowhere_are_given_up_soon(slowness) -> None:
    text = "安" * 200
    began = time.process_time()
    assert fit_of("an" * 25 + "x", text) is None
    assert (time.process_time() - began) / slowness() < 2


def test_width_case_and_blanks_are_one() -> None:
    assert fold(" Ａ座 １２ ") == "a座12"


@pytest.mark.parametrize(
    ("name", "spelling"),
    [
        ("刘佳丽", "liujiali ljl jiali jl"),
        ("单田芳", "shantianfang stf tianfang tf dantianfang dtf"),
        ("欧阳娜娜", "ouyangnana oynn nana nn"),
        ("李", "li l"),
        ("单", "shan s - - dan d"),
        ("John Smith", "johnsmith johnsmith"),
        ("·", ""),
    ],
)
def test_a_name_is_spelt_whole_by_initials_and_without_the_surname(name, spelling) -> None:
    assert spell_name(name) == spelling
