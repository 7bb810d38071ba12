"""How names and remarks are tidied before they are stored, and how a name is spelt for ordering and search."""

from __future__ import annotations

import re
import unicodedata

from linli.kit.errors import Invalid
from linli.kit.pinyin import reading
from linli.kit.text import gettext as _

NAME_LENGTH = 60
REMARKS_LENGTH = 500

_UNSEEN = {"Cc", "Cf", "Cs"}
#: Surnames whose reading differs from the character's usual one.
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
    "尉迟": "yuchi",
    "万俟": "moqi",
    "长孙": "zhangsun",
}


def clean_line(text: str) -> str:
    """One line: invisible characters gone, every run of blanks one blank, none at the ends."""
    if text.isprintable() and "  " not in text and unicodedata.is_normalized("NFC", text):
        return text.strip()
    shown = "".join(" " if char.isspace() else char for char in text if not _is_unseen(char))
    return re.sub(r" +", " ", unicodedata.normalize("NFC", shown)).strip()


def clean_name(text: str) -> str:
    """A person's name: as ``clean_line``, and no blanks between Chinese characters (``张 三`` is ``张三``)."""
    return re.sub(r"(?<=[\u3400-\u9fff]) (?=[\u3400-\u9fff])", "", clean_line(text))


def required_name(text: str, field: str = "name") -> str:
    """A tidied name that may be stored.

    Raises:
        Invalid: empty or longer than ``NAME_LENGTH`` characters.
    """
    name = clean_name(text)
    if not name:
        raise Invalid.one(field, _("姓名不能为空"))
    if len(name) > NAME_LENGTH:
        raise Invalid.one(field, _("姓名太长"), _("最多 {limit} 个字").format(limit=NAME_LENGTH))
    return name


def limited(text: str, field: str, limit: int = REMARKS_LENGTH) -> str:
    """A tidied line of at most ``limit`` characters; raises ``Invalid``."""
    line = clean_line(text)
    if len(line) > limit:
        raise Invalid.one(field, _("内容太长"), _("最多 {limit} 个字").format(limit=limit))
    return line


def spell(name: str) -> str:
    """``zhangsan zs``: the reading and its initials, lower case; what lists are ordered by and search looks in."""
    surname = next((known for known in (name[:2], name[:1]) if known in _SURNAMES), "")
    rest = [reading(char) for char in name[len(surname) :]]
    syllables = [_SURNAMES[surname], *rest] if surname else rest
    heads = [_SURNAMES[surname][0], *(each[:1] for each in rest)] if surname else [each[:1] for each in rest]
    return f"{''.join(syllables)} {''.join(heads)}".lower().strip()


def _is_unseen(char: str) -> bool:
    return not char.isspace() and unicodedata.category(char) in _UNSEEN
