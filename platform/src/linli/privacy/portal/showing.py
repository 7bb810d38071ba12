"""What an export holds, as a page shows it: in words, and every long number masked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from linli.kit.phones import mask_id_number, mask_phone
from linli.privacy.export import label, shown
from linli.privacy.schemas import SectionOut

_ID_NUMBER = re.compile(r"(?<!\d)\d{17}[\dXx](?![\dXx])")
_PHONE = re.compile(r"(?<!\d)(?:1[3-9]\d{9}|0\d{9,11})(?!\d)")


@dataclass(frozen=True, slots=True)
class ShownSection:
    """One part: its words, and each row as pairs of title and text."""

    title: str
    purpose: str
    basis: str
    rows: list[list[tuple[str, str]]]
    is_broken: bool


def shown_sections(sections: Sequence[SectionOut]) -> list[ShownSection]:
    """The parts for a page that others may see over one's shoulder."""
    return [
        ShownSection(
            each.title,
            each.purpose,
            each.basis,
            [[(label(name), masked(shown(value))) for name, value in row.items()] for row in each.rows],
            bool(each.fault),
        )
        for each in sections
    ]


def masked(text: str) -> str:
    """The text with phone and identity numbers masked."""
    text = _ID_NUMBER.sub(lambda found: mask_id_number(found[0]), text)
    return _PHONE.sub(lambda found: mask_phone(found[0]), text)
