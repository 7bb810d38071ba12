"""Residents whose phone and identity numbers are known by sight, and every way in which one might be written down."""

from __future__ import annotations

import base64
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from linli.kit.phones import normalise_id_number, normalise_phone

#: Numbers of nobody: the prefix of no operator's range in use, and a region that is not assigned.
PHONE_STEM = "19942175"
ID_STEM = "99000019491001"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
#: Bytes of a file that are looked at as an archive.
_ZIP = b"PK\x03\x04"


@dataclass(frozen=True)
class Canary:
    """One resident."""

    n: int

    @property
    def name(self) -> str:
        return f"金丝雀{self.n:03d}"

    @property
    def phone(self) -> str:
        return f"{PHONE_STEM}{self.n:03d}"

    @property
    def id_number(self) -> str:
        body = f"{ID_STEM}{self.n:03d}"
        return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, _WEIGHTS, strict=True)) % 11]

    @property
    def wrong_id_number(self) -> str:
        """The identity number with a check character that it does not have."""
        return self.id_number[:-1] + ("1" if self.id_number[-1] != "1" else "2")


def canaries(count: int) -> list[Canary]:
    """So many residents, at most a thousand, their numbers well formed."""
    found = [Canary(n) for n in range(count)]
    assert all(normalise_phone(each.phone) == each.phone for each in found)
    assert all(normalise_id_number(each.id_number) == each.id_number for each in found)
    assert not any(normalise_id_number(each.wrong_id_number) for each in found)
    return found


def spellings(stem: str) -> dict[str, bytes]:
    """The bytes by which a number that begins with the stem is known, whatever follows and precedes it."""
    groups = f"{stem[:3]} {stem[3:7]} {stem[7:]}"
    found = {
        "text": stem.encode(),
        "grouped": groups.encode(),
        "hyphened": groups.replace(" ", "-").encode(),
        "full width": "".join(chr(ord(each) + 0xFEE0) for each in stem).encode(),
        "UTF-16 LE": stem.encode("utf-16-le"),
        "UTF-16 BE": stem.encode("utf-16-be"),
    }
    for name in ("text", "UTF-16 LE", "UTF-16 BE"):
        found[f"hex of {name}"] = found[name].hex().encode()
        for offset in range(3):
            found[f"base64 of {name} at {offset}"] = _in_base64(found[name], offset)
    return found


def _in_base64(plain: bytes, offset: int) -> bytes:
    """The characters of base64 that the bytes alone determine when so many others stand before them."""
    written = base64.b64encode(b"\0" * offset + plain)
    first = -(-offset * 4 // 3)
    return written[first : (offset + len(plain)) * 4 // 3]


SPELLINGS = {
    (kind, name): spelt
    for kind, stem in (("phone", PHONE_STEM), ("identity number", ID_STEM))
    for name, spelt in spellings(stem).items()
}
_PLAIN = {"text": rb"\d{3}", "hex of text": rb"(?:3\d){3}"}


def numbers_in(content: bytes) -> list[str]:
    """Which kinds of numbers stand in the bytes and how they are spelt, each with what surrounds it."""
    return list(islice(_found(content), 20))


def _found(content: bytes) -> Iterator[str]:
    for (kind, name), spelt in SPELLINGS.items():
        if spelt not in content:
            continue
        # In the hexadecimal form of something sealed a few digits may follow each other by chance: not eleven.
        rest = _PLAIN.get(name, b"")
        for match in re.finditer(re.escape(spelt) + rest, content):
            around = content[max(match.start() - 60, 0) : match.end() + 30]
            yield f"{kind} as {name}: {around!r}"
    if content.startswith(_ZIP):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for part in archive.namelist():
                yield from (f"{part}: {each}" for each in _found(archive.read(part)))
