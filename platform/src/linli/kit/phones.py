"""Phone and identity numbers of mainland China: normal form, validity, masks, also of numbers within a text."""

from __future__ import annotations

import re
import unicodedata

_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(r"0\d{9,11}")
_ID = re.compile(r"\d{17}[\dX]")
#: As they stand in running text, however a person parts the digits.
_MOBILE_IN_TEXT = re.compile(r"(?<![0-9A-Za-z])(1[3-9]\d)([ \-]?)\d{4}[ \-]?(\d{4})(?![0-9A-Za-z])")
_ID_IN_TEXT = re.compile(r"(?<![0-9A-Za-z])([1-9]\d{2})\d{3}[ \-]?\d{8}[ \-]?\d{2}(\d[\dXx])(?![0-9A-Za-z])")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"


def normalise_phone(text: str) -> str | None:
    """The bare digits of a mainland mobile number or a landline with area code; ``None`` when it is neither.

    Full-width digits, blanks, hyphens, brackets and the prefixes ``+86``/``0086`` are accepted.
    """
    digits = re.sub(r"[\s\-()（）]", "", unicodedata.normalize("NFKC", text))
    digits = re.sub(r"^(\+86|0086)", "", digits)
    if _MOBILE.fullmatch(digits) or _LANDLINE.fullmatch(digits):
        return digits
    return None


def mask_phone(phone: str) -> str:
    """``138****0001``; shorter numbers keep their last two digits."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 11 else "*" * max(len(phone) - 2, 0) + phone[-2:]


def normalise_id_number(text: str) -> str | None:
    """An 18-character resident identity number with a right check character (GB 11643); ``None`` otherwise."""
    number = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).upper()
    if not _ID.fullmatch(number):
        return None
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return number if _CHECK[total % 11] == number[17] else None


def mask_id_number(number: str) -> str:
    """First three and last two characters; the birthday stays hidden."""
    return f"{number[:3]}{'*' * max(len(number) - 5, 0)}{number[-2:]}"


def mask_name(name: str) -> str:
    """``张*`` or ``欧**``: the first character and a star for each further one."""
    return name[:1] + "*" * max(len(name) - 1, 0)


def mask_numbers(text: str) -> str:
    """The text with every mobile and identity number in it masked: for logs, whose lines nobody has written by hand."""
    return _MOBILE_IN_TEXT.sub(r"\1****\3", _ID_IN_TEXT.sub(rf"\1{'*' * 13}\2", text))
