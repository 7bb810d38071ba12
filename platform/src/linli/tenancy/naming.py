"""How buildings, unit entrances and doors are written, compared and put in order. Pure functions."""

# The Chinese here is data, not interface.
from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_NUMERALS = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_CHINESE_NUMBER = re.compile(r"[零〇一二两三四五六七八九十百]+(?=号|栋|幢|座|楼|单元|门|室|#|$)")
_ENDING = re.compile(r"(号楼|号院|号|楼|栋|幢|座|单元|门|室|房|#)+$")
_PARTS = re.compile(r"\d+|\D+")
_BARE_NUMBER = re.compile(r"[A-Z]?\d+")
_DIGITS = 6
_UNSEEN = {"Cc", "Cf", "Cs"}


def tidy(text: str) -> str:
    """Full-width forms made ordinary, blanks and invisible characters removed: what a name of a place is stored as."""
    if text.isalnum() and text.isascii():
        return text
    ordinary = unicodedata.normalize("NFKC", text)
    kept = (char for char in ordinary if unicodedata.category(char) not in _UNSEEN and not char.isspace())
    # What stood apart may now combine.
    return unicodedata.normalize("NFKC", "".join(kept))


@lru_cache(maxsize=4096)
def building_name(text: str) -> str:
    """``3``, ``3#`` and ``３号楼`` are all ``3号楼``; other names stay as they are written."""
    name = tidy(text)
    bare = name.rstrip("#").upper()
    return f"{int(bare) if bare.isdigit() else bare}号楼" if _BARE_NUMBER.fullmatch(bare) else name


@lru_cache(maxsize=4096)
def unit_name(text: str) -> str:
    """``2`` is ``2单元``; empty where a building has a single entrance."""
    name = tidy(text)
    return f"{int(name)}单元" if name.isdecimal() else name


@lru_cache(maxsize=4096)
def door_name(text: str) -> str:
    """``501室`` is ``501``."""
    return re.sub(r"(?<=\d)[室房号]+$", "", tidy(tidy(text).upper()))


@lru_cache(maxsize=4096)
def natural_key(name: str) -> str:
    """A key that is equal for spellings of one place and sorts as people count: 2 before 10, 三号楼 as 3#."""
    text = _CHINESE_NUMBER.sub(lambda found: str(_chinese_number(found[0])), tidy(name).upper())
    text = _ENDING.sub("", text) or text
    return "".join(_padded(part) for part in _PARTS.findall(text))


def sort_key(building: str, unit: str, door: str) -> str:
    """The key by which dwellings are listed: building, then unit entrance, then door."""
    return "/".join(natural_key(part) for part in (building, unit, door))


def label(building: str, unit: str, door: str) -> str:
    """``3号楼 2单元 501``: what lists show and search looks in."""
    return " ".join(part for part in (building, unit, door) if part)


def _padded(part: str) -> str:
    return str(int(part)).zfill(_DIGITS) if part.isdecimal() else part


def _chinese_number(text: str) -> int:
    total, digit = 0, 0
    if not set(text) & {"十", "百"}:
        return int("".join(str(_NUMERALS[char]) for char in text))
    for char in text:
        if char in _NUMERALS:
            digit = _NUMERALS[char]
            continue
        total += (digit or 1) * (10 if char == "十" else 100)
        digit = 0
    return total + digit
