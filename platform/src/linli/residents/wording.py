"""How names and remarks are tidied before they are stored."""

from __future__ import annotations

import re
import unicodedata

from linli.kit.errors import Invalid
from linli.kit.phones import normalise_id_number, normalise_phone
from linli.kit.text import gettext as _

NAME_LENGTH = 60
REMARKS_LENGTH = 500

_UNSEEN = {"Cc", "Cf", "Cs"}


def clean_line(text: str) -> str:
    """One line: invisible characters gone, every run of blanks one blank, none at the ends."""
    if text.isprintable() and "  " not in text and unicodedata.is_normalized("NFC", text):
        return text.strip()
    shown = "".join(" " if char.isspace() else char for char in text if not _is_unseen(char))
    return re.sub(r" +", " ", unicodedata.normalize("NFC", shown)).strip()


def clean_name(text: str) -> str:
    """A person's name: as ``clean_line``, and no blanks between Chinese characters (``张 三`` is ``张三``)."""
    return re.sub(r"(?<=[\u3400-\u9fff]) (?=[\u3400-\u9fff])", "", clean_line(text))


def required_phone(text: str) -> str:
    """The bare digits of a phone number.

    Raises:
        Invalid: it is none of the mainland.
    """
    phone = normalise_phone(text)
    if phone is None:
        raise Invalid.one("phone", _("电话号码不正确"), _("11 位手机号，或带区号的固定电话"))
    return phone


def required_id_number(text: str) -> str:
    """A resident identity number in its normal form.

    Raises:
        Invalid: it is none, or its check character is wrong.
    """
    number = normalise_id_number(text)
    if number is None:
        raise Invalid.one("id_number", _("身份证号不正确"), _("18 位居民身份证号，最后一位可以是 X"))
    return number


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


def _is_unseen(char: str) -> bool:
    return not char.isspace() and unicodedata.category(char) in _UNSEEN
