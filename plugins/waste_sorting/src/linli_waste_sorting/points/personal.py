"""What points keep about people: the household's account, and who of the staff gave, took back and handed over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_, update

from linli.sdk import SHANGHAI, DataClass, Erased, Person, PersonalData, ScopedSession, homes_of_resident, stays_of
from linli.sdk import gettext as _
from linli_waste_sorting.points.models import Claim, Flag, Purse, Redemption
from linli_waste_sorting.points.permissions import VIEW_POINTS
from linli_waste_sorting.points.purses import held_at
from linli_waste_sorting.points.repository import EntryFilter, page_of_entries

#: Entries that one export holds.
_MOST = 5000
_QUIET = {"synchronize_session": False}


def _purses(session: ScopedSession, person: Person) -> list[Purse]:
    return list(held_at(session, {each.dwelling_id for each in stays_of(session, person.resident_ids)}).values())


def _export(session: ScopedSession, person: Person) -> Sequence[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    for purse in _purses(session, person):
        found.append({"points_held": purse.balance, "since": purse.opened_at.astimezone(SHANGHAI).date().isoformat()})
        wanted = EntryFilter(purse_id=purse.id)
        lines, _next = page_of_entries(session, None, VIEW_POINTS, purse.community_id, wanted, limit=_MOST)
        found += [
            {
                "day": each.entry.day.isoformat(),
                "kind": each.entry.kind,
                "points": each.entry.points,
                "source": each.claim.source if each.claim else "",
                "note": each.claim.note if each.claim else "",
                "item": each.item,
            }
            for each in lines
        ]
    if person.account_id is not None:
        rows = session.scalars(
            select(Redemption)
            .where(Redemption.account_id == person.account_id)
            .order_by(Redemption.id.desc())
            .limit(_MOST)
        )
        found += [
            {"reserved_at": each.at.isoformat(), "pieces": each.pieces, "points": each.points, "state": each.state}
            for each in rows
        ]
    return found


def _erase(session: ScopedSession, person: Person) -> Erased:
    changed = 0
    if person.account_id is not None:
        changed = len(
            session.execute(
                update(Redemption)
                .where(Redemption.account_id == person.account_id)
                .values(account_id=None, version=Redemption.version + 1)
                .returning(Redemption.id),
                execution_options=_QUIET,
            ).all()
        )
    kept = len(_purses(session, person))
    reason = _("积分属于这一户，不只属于一个人；住户搬走、保存期满后与门牌分开")
    return Erased(changed, kept, reason if kept else "")


def _export_acts(session: ScopedSession, person: Person) -> Sequence[Mapping[str, Any]]:
    if person.account_id is None:
        return []
    claims = session.scalars(
        select(Claim).where(Claim.acted_by == person.account_id).order_by(Claim.id.desc()).limit(_MOST)
    )
    found: list[Mapping[str, Any]] = [
        {"act": each.source, "at": each.at.isoformat(), "points": each.given} for each in claims
    ]
    handed = session.scalars(
        select(Redemption).where(Redemption.acted_by == person.account_id).order_by(Redemption.id.desc()).limit(_MOST)
    )
    found += [{"act": each.state, "at": each.ended_at.isoformat() if each.ended_at else ""} for each in handed]
    flags = session.scalars(
        select(Flag).where(Flag.decided_by == person.account_id).order_by(Flag.id.desc()).limit(_MOST)
    )
    found += [{"act": each.decision, "at": each.decided_at.isoformat() if each.decided_at else ""} for each in flags]
    return found


def _erase_acts(session: ScopedSession, person: Person) -> Erased:
    if person.account_id is None:
        return Erased(0)
    kept = 0
    for column in (Claim.acted_by, Redemption.acted_by, Flag.decided_by):
        kept += session.scalar(select(func.count()).where(column == person.account_id)) or 0
    return Erased(0, kept, _("由谁发积分、由谁交付和核查是履行职责的凭据；保存期满后删去姓名") if kept else "")


POINT_PERSONAL_DATA = (
    PersonalData(
        title="我家的积分和兑换",
        purpose="记录您家因为分类得到、兑换和到期的积分",
        basis="个人同意（自愿参加积分）",
        export=_export,
        erase=_erase,
        tables=(
            "plugin_waste_sorting.points_purse",
            "plugin_waste_sorting.points_entry",
            "plugin_waste_sorting.points_redemption",
        ),
    ),
    PersonalData(
        title="发放、核查和交付积分的记录",
        purpose="记录由谁发放、冲回、核查和交付，防止弄虚作假",
        basis="履行法定职责",
        export=_export_acts,
        erase=_erase_acts,
        tables=("plugin_waste_sorting.points_claim", "plugin_waste_sorting.points_flag"),
    ),
)


def _purge(session: ScopedSession, before: datetime, most: int, held: frozenset[UUID]) -> Sequence[UUID]:
    """Part old closed purses from their doors, and old acts from their names; the ledger itself stays, nameless."""
    spared = {home.dwelling_id for each in held for home in homes_of_resident(session, each)}
    old = [Purse.closed_at < before, Purse.dwelling_id.is_not(None), *_free(Purse, held)]
    if spared:
        old.append(Purse.dwelling_id.not_in(spared))
    gone = _parted(session, Purse, old, most, {"dwelling_id": None, "building_id": None})
    told = [
        Claim.at < before,
        or_(Claim.acted_by.is_not(None), Claim.acted_by_name != "", Claim.note != ""),
        *_free(Claim, held, Claim.acted_by),
    ]
    nameless: dict[str, Any] = {"acted_by": None, "acted_by_name": "", "note": ""}
    gone += _parted(session, Claim, told, most - len(gone), nameless)
    taken = [
        Redemption.ended_at < before,
        or_(Redemption.account_id.is_not(None), Redemption.acted_by.is_not(None), Redemption.acted_by_name != ""),
        *_free(Redemption, held, Redemption.acted_by, Redemption.account_id),
    ]
    nameless = {
        "account_id": None,
        "acted_by": None,
        "acted_by_name": "",
        "reason": "",
        "version": Redemption.version + 1,
    }
    gone += _parted(session, Redemption, taken, most - len(gone), nameless)
    looked = [Flag.decided_at < before, Flag.decided_by.is_not(None), *_free(Flag, held, Flag.decided_by)]
    nameless = {"decided_by": None, "decided_by_name": "", "note": "", "version": Flag.version + 1}
    return [*gone, *_parted(session, Flag, looked, most - len(gone), nameless)]


def _free(model: Any, held: frozenset[UUID], *people: Any) -> list[ColumnElement[bool]]:
    if not held:
        return []
    return [model.community_id.not_in(held), *(or_(each.is_(None), each.not_in(held)) for each in people)]


def _parted(
    session: ScopedSession, model: Any, old: Sequence[ColumnElement[bool]], most: int, values: Mapping[str, Any]
) -> list[UUID]:
    if most <= 0:
        return []
    some = select(model.tenant_id, model.id).where(and_(*old)).order_by(model.id).limit(most)
    statement = update(model).where(tuple_(model.tenant_id, model.id).in_(some)).values(**values).returning(model.id)
    return list(session.scalars(statement, execution_options=_QUIET))


POINT_DATA_CLASSES = (
    DataClass(
        name="waste_sorting.points",
        title="积分账户的门牌，和经手积分的人员姓名",
        days=1095,
        source="最短必要期限（《个人信息保护法》第十九条）；三年为平台建议值，到期后账目保留，不再有门牌和姓名",
        purge=_purge,
    ),
)
