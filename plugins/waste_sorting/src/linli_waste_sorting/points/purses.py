"""The purse of a household: found or opened for a door, kept as long as one household lives there, and its code."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from linli.sdk import (
    Actor,
    Conflict,
    NotFound,
    ScopedSession,
    Stay,
    homes_of,
    new_id,
    now,
    record,
    stays_at,
    stays_of,
    today,
)
from linli.sdk import gettext as _
from linli_waste_sorting.points import codes, ledger
from linli_waste_sorting.points.models import Purse


def purse_at(session: ScopedSession, community_id: UUID, dwelling_id: UUID) -> Purse | None:
    """The purse of the household behind a door, locked until this unit of work ends; opened where there is none yet.

    ``None`` where nobody is at home. Where nobody of those at home today was there when the purse was last looked at,
    the household is another one: the old purse is closed, its points end, and a new one is opened.
    """
    stays = [each for each in stays_at(session, [dwelling_id]) if each.community_id == community_id]
    if not stays:
        return None
    row = _locked(session, community_id, dwelling_id)
    if row is not None and is_another(stays, row):
        close(session, row)
        row = None
    if row is None:
        return _opened(session, stays[0])
    if row.kept_on < today():
        row.kept_on = today()
        session.flush()
    return row


def own_held(session: ScopedSession, actor: Actor, community_id: UUID) -> list[tuple[Stay, Purse | None]]:
    """Where the actor is at home and the purse of each household; ``None`` where it never had one. Writes nothing."""
    stays = own_stays(session, actor, community_id)
    if not stays:
        return []
    theirs = held_at(session, [each.dwelling_id for each in stays])
    return [(each, theirs.get(each.dwelling_id)) for each in stays]


def held_at(session: ScopedSession, doors: Collection[UUID]) -> dict[UUID, Purse]:
    """Door to the purse of the household that is at home there now; a door without one is left out. Two queries."""
    rows = session.scalars(
        select(Purse)
        .where(Purse.dwelling_id.in_(doors), Purse.closed_at.is_(None))
        .execution_options(populate_existing=True)
    )
    by_door = {each.dwelling_id: each for each in rows if each.dwelling_id is not None}
    living: dict[UUID, list[Stay]] = {}
    for stay in stays_at(session, list(by_door)):
        living.setdefault(stay.dwelling_id, []).append(stay)
    return {door: row for door, row in by_door.items() if not is_another(living.get(door, []), row)}


def lock_purse(session: ScopedSession, community_id: UUID, purse_id: UUID) -> Purse:
    """One purse of a community, open or closed, as it is now; others wait until this unit of work ends.

    Raises:
        NotFound: there is none there.
    """
    mine = select(Purse).where(Purse.id == purse_id, Purse.community_id == community_id)
    row = session.scalar(mine.with_for_update().execution_options(populate_existing=True))
    if row is None:
        raise NotFound(_("没有找到这个积分账户"))
    return row


def seen_purse(session: ScopedSession, community_id: UUID, code: str) -> Purse:
    """As ``purse_of_code`` for those who only look: nothing is locked or written. Raises the same."""
    row = codes.find_purse(session, community_id, code)
    if row.dwelling_id is None or is_another(stays_at(session, [row.dwelling_id]), row):
        raise NotFound(codes.unknown())
    return row


def own_purses(session: ScopedSession, actor: Actor, community_id: UUID) -> list[tuple[Purse, Stay]]:
    """The purses of the actor's own households, with where they live; opened where there is none yet."""
    found = []
    for stay in own_stays(session, actor, community_id):
        purse = purse_at(session, community_id, stay.dwelling_id)
        if purse is not None:
            found.append((purse, stay))
    return found


def own_stays(session: ScopedSession, actor: Actor, community_id: UUID) -> list[Stay]:
    """Where the actor is at home in a community, each door once."""
    stays = [each for each in stays_of(session, actor.resident_ids) if each.community_id == community_id]
    return list({each.dwelling_id: each for each in reversed(stays)}.values())[::-1]


def own_purse(session: ScopedSession, actor: Actor, community_id: UUID, purse_id: UUID | None) -> Purse:
    """One of the actor's own purses; the only one, or the first, where none is named.

    Raises:
        NotFound: it is not theirs, or they are at home nowhere in the community.
    """
    mine = [purse for purse, _stay in own_purses(session, actor, community_id)]
    found = next((each for each in mine if purse_id in (None, each.id)), None)
    if found is None:
        raise NotFound(_("没有找到您家的积分账户"))
    return found


def find_purse(session: ScopedSession, community_id: UUID, purse_id: UUID) -> Purse:
    """One purse of a community, open or closed.

    Raises:
        NotFound: there is none there.
    """
    row = session.scalar(select(Purse).where(Purse.id == purse_id, Purse.community_id == community_id))
    if row is None:
        raise NotFound(_("没有找到这个积分账户"))
    return row


def purse_of_code(session: ScopedSession, community_id: UUID, code: str) -> Purse:
    """The purse of the household whose code was read or typed, locked.

    Raises:
        NotFound: no household of the community has it, or has it any more; it is over.
    """
    row = codes.find_purse(session, community_id, code)
    found = purse_at(session, community_id, row.dwelling_id) if row.dwelling_id else None
    # The household may have become another one this very moment: its code is a new one then.
    if found is None or found.id != row.id:
        raise NotFound(codes.unknown())
    return found


def renew_code(session: ScopedSession, actor: Actor, community_id: UUID, dwelling_id: UUID | None) -> Purse:
    """Draw codes for one's own household, the first or others. Those before are worth nothing now, nor is its card.

    Args:
        session: of the community.
        actor: somebody who is at home there.
        community_id: where.
        dwelling_id: which home, for whoever has several; the first where none is named.

    Raises:
        NotFound: it is not their home.
    """
    mine = own_stays(session, actor, community_id)
    home = next((each for each in mine if dwelling_id in (None, each.dwelling_id)), None)
    row = purse_at(session, community_id, home.dwelling_id) if home is not None else None
    if row is None:
        raise NotFound(_("没有找到您的家，请把楼号和门牌告诉居委会"))
    row.code, row.key, row.carded_at = codes.new_code(), codes.new_key(), None
    session.flush()
    record(session, "waste_sorting.purse.renew_code", ("points_purse", row.id), community_id=community_id)
    return row


def refuse_own(session: ScopedSession, actor: Actor, purse: Purse) -> None:
    """Keep staff from giving points to the household in which they live or whose dwelling they own.

    Raises:
        Conflict: it is theirs.
    """
    if actor.account_id is None or purse.dwelling_id is None:
        return
    mine = {each.dwelling_id for each in homes_of(session, actor, community_id=purse.community_id)}
    if purse.dwelling_id in mine or lives_there(session, actor.account_id, purse.dwelling_id):
        raise Conflict(_("不能给自己家发积分，请其他工作人员办理"))


def lives_there(session: ScopedSession, account_id: UUID, dwelling_id: UUID) -> bool:
    """Whether somebody is at home behind a door."""
    return any(each.account_id == account_id for each in stays_at(session, [dwelling_id]))


def is_another(stays: Iterable[Stay], row: Purse) -> bool:
    """Whether those at home today are another household than the one whose purse it is."""
    since = [each.since for each in stays]
    return bool(since) and all(each is not None and each > row.kept_on for each in since)


def close(session: ScopedSession, row: Purse) -> None:
    """Close the purse of a household that is gone; what it held ends. Debts end with it."""
    left = ledger.balance_of(session, row.id)
    if left > 0:
        ledger.post(session, row, "expire", left, day=today())
    row.closed_at = now()
    session.flush()
    record(session, "waste_sorting.purse.close", ("points_purse", row.id), community_id=row.community_id)


def keep(session: ScopedSession, rows: Sequence[Purse], day: date) -> int:
    """Look at open purses on a day: note that the household is still there, close those of households that are gone.

    Returns how many were closed. A dwelling in which nobody is at home keeps its purse until the next ones move in.
    """
    by_door: dict[UUID, list[Stay]] = {}
    for stay in stays_at(session, [each.dwelling_id for each in rows if each.dwelling_id]):
        by_door.setdefault(stay.dwelling_id, []).append(stay)
    closed = 0
    for row in rows:
        stays = by_door.get(row.dwelling_id, []) if row.dwelling_id else []
        if is_another(stays, row):
            close(session, row)
            closed += 1
        elif stays:
            row.kept_on = day
    session.flush()
    return closed


def _locked(session: ScopedSession, community_id: UUID, dwelling_id: UUID) -> Purse | None:
    mine = select(Purse).where(
        Purse.community_id == community_id, Purse.dwelling_id == dwelling_id, Purse.closed_at.is_(None)
    )
    return session.scalar(mine.with_for_update().execution_options(populate_existing=True))


def _opened(session: ScopedSession, stay: Stay) -> Purse:
    values = {
        "id": new_id(),
        "community_id": stay.community_id,
        "compound_id": stay.compound_id,
        "building_id": stay.building_id,
        "dwelling_id": stay.dwelling_id,
        "code": codes.new_code(),
        "key": codes.new_key(),
        "kept_on": today(),
    }
    door = ("tenant_id", "community_id", "dwelling_id")
    # Two who open it at once open one.
    session.execute(
        insert(Purse)
        .values(**values)
        .on_conflict_do_nothing(index_elements=door, index_where=Purse.closed_at.is_(None))
    )
    row = _locked(session, stay.community_id, stay.dwelling_id)
    if row is None:
        raise Conflict(_("请再试一次"))
    return row
