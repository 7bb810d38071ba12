"""What must not hang in public without the person's own consent (PIPL 25): found in texts, and masked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from linli.sdk import ScopedSession, mask_name, names_within
from linli_notices.mask_patterns import DOORS, ID_NUMBER, PHONE

#: What kinds of personal data are looked for, with their names for people; messages.
KINDS: dict[str, str] = {"name": "居民姓名", "phone": "手机号码", "id_number": "身份证号码", "door": "门牌号"}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that looks like personal data, and what it would be masked to."""

    field: str
    kind: str
    text: str
    masked: str


def find_personal(session: ScopedSession, community_id: UUID | None, texts: Mapping[str, str]) -> list[Finding]:
    """What in these texts looks like personal data: numbers, doors, and names of the register; each once for a field.

    Args:
        session: of the street or the community.
        community_id: whose residents' names are looked for; ``None`` for those of the whole street.
        texts: field to text, e.g. ``{"title": …}``.
    """
    names = names_within(session, community_id, "\n".join(texts.values()))
    found: list[Finding] = []
    for field, text in texts.items():
        left = text
        for kind, original, masked in _hits(text):
            found.append(Finding(field, kind, original, masked))
            left = left.replace(original, masked)
        for name in names:
            if name in left:
                found.append(Finding(field, "name", name, mask_name(name)))
                left = left.replace(name, mask_name(name))
    return list(dict.fromkeys(found))


def masked(text: str, names: Iterable[str] = ()) -> str:
    """The text with numbers, doors and these names masked."""
    for _kind, original, instead in _hits(text):
        text = text.replace(original, instead)
    for name in sorted(names, key=len, reverse=True):
        if len(name) > 1:
            text = text.replace(name, mask_name(name))
    return text


def _hits(text: str) -> list[tuple[str, str, str]]:
    found = [("id_number", hit[0], f"{hit[0][:3]}{'*' * 13}{hit[0][-2:]}") for hit in ID_NUMBER.finditer(text)]
    found += [("phone", hit[0], f"{hit[0][:3]}****{hit[0][-4:]}") for hit in PHONE.finditer(text)]
    for pattern in DOORS:
        rest = text
        for _kind, original, _instead in found:
            rest = rest.replace(original, "\n")
        found += [("door", hit[0], f"{hit[1]}***") for hit in pattern.finditer(rest)]
    # The longest first: a part of it may stand elsewhere by itself.
    return sorted(dict.fromkeys(found), key=lambda each: -len(each[1]))
