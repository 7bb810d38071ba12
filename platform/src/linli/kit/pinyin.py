"""How Chinese is read: what lists are ordered by, and what is found when only the first letters were typed."""

# The Chinese here is data, not interface.
from __future__ import annotations

import os
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

#: Words, and a few characters, that are read otherwise than the character alone usually is.
_WORDS = {
    "银行": "yin hang",
    "行业": "hang ye",
    "空调": "kong tiao",
    "调料": "tiao liao",
    "调味": "tiao wei",
    "调解": "tiao jie",
    "茄": "qie",
    "长": "chang",
    "抹布": "ma bu",
    "蛤蜊": "ge li",
    "瑜伽": "yu jia",
    "刨花": "bao hua",
    "藤蔓": "teng wan",
    "音乐": "yin yue",
    "乐器": "yue qi",
    "会计": "kuai ji",
    "大厦": "da sha",
    "重庆": "chong qing",
    "重复": "chong fu",
    "重阳": "chong yang",
    "家长": "jia zhang",
    "校长": "xiao zhang",
    "组长": "zu zhang",
    "楼长": "lou zhang",
    "门长": "men zhang",
    "成长": "cheng zhang",
    "便宜": "pian yi",
    "参差": "cen ci",
    "朝阳": "chao yang",
}
#: Surnames that are read otherwise than the character alone usually is.
_SURNAMES = {
    "单": "shan",
    "曾": "zeng",
    "解": "xie",
    "仇": "qiu",
    "朴": "piao",
    "查": "zha",
    "区": "ou",
    "盖": "ge",
    "翟": "zhai",
    "乐": "yue",
    "缪": "miao",
    "覃": "qin",
    "任": "ren",
    "繁": "po",
    "折": "she",
    "员": "yun",
    "尉迟": "yu chi",
    "万俟": "mo qi",
    "长孙": "zhang sun",
}
#: Surnames of two characters, so that what follows is known as the given name.
_DOUBLE = frozenset(
    {
        "欧阳",
        "司马",
        "诸葛",
        "上官",
        "司徒",
        "东方",
        "夏侯",
        "皇甫",
        "令狐",
        "慕容",
        "公孙",
        "端木",
        "轩辕",
        "宇文",
        "尉迟",
        "万俟",
        "长孙",
        "南宫",
        "独孤",
    }
)
#: Characters that are common in names and places and have a second reading, by which people look for them too.
_ALSO = {
    "长": "zhang",
    "重": "chong",
    "行": "hang",
    "朝": "zhao",
    "都": "du",
    "乐": "le yue",
    "单": "dan shan",
    "曾": "ceng zeng",
    "解": "jie xie",
    "仇": "chou qiu",
    "查": "cha zha",
    "盖": "gai ge",
    "翟": "di zhai",
    "缪": "mou miao miu",
    "覃": "tan qin",
    "茜": "xi",
    "藏": "zang",
    "盛": "cheng",
    "和": "huo",
    "调": "tiao",
    "厦": "sha",
    "蕃": "bo",
    "谷": "yu",
    "晟": "cheng",
    "娜": "nuo",
    "朴": "pu piao",
    "区": "qu ou",
}
_HEADS = frozenset(word[0] for word in _WORDS)
_PARTS = re.compile(
    f"(?=[{''.join(sorted(_HEADS))}])(?:{'|'.join(sorted(_WORDS, key=len, reverse=True))})|.", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Pinyin:
    """How a text is read, without tones and in lower case.

    Attributes:
        syllables: one for each Chinese character, ``ü`` as ``v``; a letter or digit stands for itself, the rest is left
            out.
    """

    syllables: tuple[str, ...]

    @property
    def full(self) -> str:
        """All of it in one: ``dagutou``."""
        return "".join(self.syllables)

    @property
    def initials(self) -> str:
        """The first letters: ``dgt``."""
        return "".join(each[0] for each in self.syllables)


def pinyin_of(text: str) -> Pinyin:
    """How a text is read: ``大骨头`` as ``dagutou`` and ``dgt``, ``LED灯`` as ``leddeng`` and ``ledd``.

    Common words whose characters are read otherwise than alone (``银行``, ``空调``) are known; the surnames of people
    are read by ``best_fits(…, is_name=True)`` alone, and a rarer word may come out with its characters' usual readings.
    """
    found: list[str] = []
    for part in _PARTS.findall(unicodedata.normalize("NFKC", text)):
        if part in _WORDS:
            found += _WORDS[part].split()
        elif part.isalnum():
            found.append(reading(part).lower())
    return Pinyin(tuple(found))


@dataclass(frozen=True, slots=True)
class Spelt:
    """One character as people type it.

    Attributes:
        char: itself, in one width and lower case.
        readings: how it may be read, the likeliest first; empty for letters and digits.
        heads: the first letters of its readings.
    """

    char: str
    readings: tuple[str, ...]
    heads: str = ""


def spelt(text: str, *, is_name: bool = False) -> tuple[Spelt, ...]:
    """The letters, digits and characters of a text, each with all its readings; the rest is left out.

    Args:
        text: any.
        is_name: of a person: the surname is read as a surname first (``单`` as ``shan``, then as ``dan``).
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    if not is_name:
        return _of_text(folded)
    surname = _surname(folded)
    known = _SURNAMES.get(surname, "").split()
    begins = tuple(_one(char, each) for char, each in zip(surname, known, strict=False))
    return begins + _parts_of(folded[len(begins) :])


def _parts_of(folded: str) -> tuple[Spelt, ...]:
    found: list[Spelt] = []
    for part in _PARTS.findall(folded):
        if part in _WORDS:
            found += [_one(char, known) for char, known in zip(part, _WORDS[part].split(), strict=True)]
        elif part.isalnum():
            found.append(_one(part, ""))
    return tuple(found)


@lru_cache(maxsize=4096)
def _of_text(folded: str) -> tuple[Spelt, ...]:
    # Titles and names of places are looked at with every letter that somebody types; names of people are not kept.
    return _parts_of(folded)


def spell_name(name: str) -> str:
    """A person's name as the register keeps it for ordering and search, in words parted by blanks.

    In this order: the whole name, its initials, the given name, its initials; then, where the surname has another
    reading, the whole name and its initials so. ``刘佳丽`` is ``liujiali ljl jiali jl``.
    """
    parts = spelt(name, is_name=True)
    heads = [_first(each) for each in parts]
    if not any(heads):
        return ""
    given = heads[len(_surname(name)) :] if parts[0].readings else []
    words = [*_words(heads), *(_words(given) if given else ("-", "-"))]
    other = parts[0].readings[1:2]
    if other:
        words += _words([other[0], *heads[1:]])
    return " ".join(words).rstrip("- ")


def _words(syllables: list[str]) -> tuple[str, str]:
    return "".join(syllables), "".join(each[:1] for each in syllables)


def _first(each: Spelt) -> str:
    return each.readings[0] if each.readings else each.char


def _surname(name: str) -> str:
    return name[:2] if name[:2] in _DOUBLE else name[:1]


@lru_cache(maxsize=8192)
def _one(char: str, known: str) -> Spelt:
    if char.isascii():
        return Spelt(char, ())
    usual = reading(char).lower()
    if usual == char:
        return Spelt(char, ())
    readings = dict.fromkeys(filter(None, (known, usual, *_ALSO.get(char, "").split())))
    return Spelt(char, tuple(readings), "".join(each[0] for each in readings))


@lru_cache(maxsize=8192)
def reading(char: str) -> str:
    """The usual reading of one character, without its tone; itself where it has none."""
    # Only single characters are asked for: the dictionary of phrases would cost every process forty megabytes.
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")
    os.environ.setdefault("PYPINYIN_NO_DICT_COPY", "1")
    from pypinyin import lazy_pinyin

    return "".join(lazy_pinyin(char)).replace(" ", "")
