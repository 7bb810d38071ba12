"""Finding residents as people type them: name, pinyin, initials, both mixed, a phone number, its end, or a door.

Each way of finding reads a range of one index and no more rows than are asked for; see the ADR on search.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.finding import fit_of, fold
from linli.kit.phones import normalise_id_number, normalise_phone
from linli.residents.models import Resident
from linli.residents.permissions import READ
from linli.residents.reach import Reach, lives_in, owns, reach_of
from linli.residents.repository import residents_out
from linli.residents.schemas import ResidentOut
from linli.tenancy.models import Community
from linli.tenancy.searching import door_of, same_door

#: Above every letter: what begins so ends before this.
_LAST = "\U0010ffff"
#: Of a mixed word the database narrows as far as an index reaches; so many are looked at here.
_LOOKED_AT = 200
#: Last digits of a phone, as the mask shows them.
_TAIL = 4
#: What cannot be told from the name comes after what can.
_BY_OTHER = 9

_BY_PINYIN = (
    Resident.find_initials,
    Resident.find_full,
    Resident.find_given_initials,
    Resident.find_given_full,
    Resident.find_other_initials,
    Resident.find_other_full,
)
_BY_NAME = (Resident.find_name, Resident.find_given, Resident.find_last)


def search_residents(session: ScopedSession, actor: Actor, words: str, limit: int) -> list[ResidentOut]:
    """The residents within the actor's reach who are meant, the best first; three queries at most.

    A phone or an identity number is found by its whole, through the blind index; a phone also by its last four digits,
    which the mask shows anyway. One letter alone finds nobody: it begins every tenth name.
    """
    asked = "".join(char for char in fold(words) if char.isalnum())
    reach = reach_of(actor, READ)
    ranked = _ranked(session, reach, asked, words, limit)
    if not ranked:
        return []
    best = sorted(ranked, key=lambda each: ranked[each])[:limit]
    rows = {row.id: row for row in session.scalars(select(Resident).where(Resident.id.in_(best)))}
    return residents_out(session, [rows[each] for each in best])


def _ranked(
    session: ScopedSession, reach: Reach, asked: str, words: str, limit: int
) -> dict[UUID, tuple[int, int, str]]:
    if phone := normalise_phone(words):
        return _all_alike(
            session, reach, Resident.phone_bi == session.vault.blind_index(session, "phone", phone), limit
        )
    if number := normalise_id_number(words):
        index = session.vault.blind_index(session, "id_number", number)
        return _all_alike(session, reach, Resident.id_number_bi == index, limit)
    parts = [_some(reach, condition, order, most) for condition, order, most in _ways(asked, words, limit)]
    if not parts:
        return {}
    found = {}
    for resident_id, name in session.execute(union_all(*parts)):
        rank = fit_of(words, name, is_name=True)
        if rank is not None:
            found[resident_id] = (rank, len(name), name)
        elif any(char.isdecimal() for char in asked):
            found[resident_id] = (_BY_OTHER, 0, name)
    return found


def _ways(
    asked: str, words: str, limit: int
) -> Iterator[tuple[ColumnElement[bool], InstrumentedAttribute[str | None], int]]:
    """Each way in which the words can be meant: a condition, the key whose index answers it, and how many."""
    is_chinese = not asked.isascii()
    is_spelt = any(char.isascii() and char.isalpha() for char in asked)
    if len(asked) == _TAIL and asked.isdecimal():
        yield Resident.find_phone == asked, Resident.find_phone, limit
    if is_chinese and not is_spelt:
        for key in _BY_NAME:
            yield _begins(key, asked), key, limit
    elif is_spelt and not is_chinese and len(asked) > 1:
        for key in _BY_PINYIN:
            yield _begins(key, asked), key, limit
    elif is_chinese:
        yield from _mixed(asked)
    if (door := door_of(words)) and door.is_whole:
        at = same_door(door)
        yield or_(lives_in(at), owns(at)), Resident.find_full, limit


def _mixed(asked: str) -> Iterator[tuple[ColumnElement[bool], InstrumentedAttribute[str | None], int]]:
    """``刘jl``, ``li佳``: as near as one index comes; ``fit_of`` has the last word."""
    first = next(n for n, char in enumerate(asked) if char.isascii() != asked[0].isascii())
    head, following = asked[:first], asked[first]
    if head.isascii():
        rest = "".join(char for char in asked if not char.isascii())
        holds = and_(_begins(Resident.find_initials, head[0]), func.strpos(Resident.find_name, rest[0]) > 1)
        yield holds, Resident.find_initials, _LOOKED_AT
        return
    for key, initials in (
        (Resident.find_name, Resident.find_initials),
        (Resident.find_given, Resident.find_given_initials),
    ):
        yield and_(_begins(key, head), func.substr(initials, first + 1, 1) == following), key, _LOOKED_AT


def _begins(key: InstrumentedAttribute[str | None], asked: str) -> ColumnElement[bool]:
    return and_(key >= asked, key < asked + _LAST)


def _some(
    reach: Reach, condition: ColumnElement[bool], order: InstrumentedAttribute[str | None], most: int
) -> Select[UUID, str]:
    found = _here(reach).where(condition).order_by(order).limit(most).subquery()
    return select(found.c.id, found.c.name)


def _here(reach: Reach) -> Select[UUID, str]:
    return select(Resident.id, Resident.name).where(
        # Named, so that the index is read from the right place in a street's scope too.
        Resident.community_id.in_(select(Community.id)),
        Resident.merged_into.is_(None),
        Resident.erased_at.is_(None),
        reach.residents(),
    )


def _all_alike(
    session: ScopedSession, reach: Reach, condition: ColumnElement[bool], limit: int
) -> dict[UUID, tuple[int, int, str]]:
    rows: Sequence[tuple[UUID, str]] = session.execute(_here(reach).where(condition).limit(limit)).all()  # type: ignore[assignment]
    return {resident_id: (0, len(name), name) for resident_id, name in rows}
