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
}
_PARTS = re.compile("|".join(sorted(_WORDS, key=len, reverse=True)) + "|.", re.DOTALL)


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
    are not, and a rarer word may come out with its characters' usual readings.
    """
    found: list[str] = []
    for part in _PARTS.findall(unicodedata.normalize("NFKC", text)):
        if part in _WORDS:
            found += _WORDS[part].split()
        elif part.isalnum():
            found.append(reading(part).lower())
    return Pinyin(tuple(found))


@lru_cache(maxsize=8192)
def reading(char: str) -> str:
    """The usual reading of one character, without its tone; itself where it has none."""
    # Only single characters are asked for: the dictionary of phrases would cost every process forty megabytes.
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")
    os.environ.setdefault("PYPINYIN_NO_DICT_COPY", "1")
    from pypinyin import lazy_pinyin

    return "".join(lazy_pinyin(char)).replace(" ", "")
