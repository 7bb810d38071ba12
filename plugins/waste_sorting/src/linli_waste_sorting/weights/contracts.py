"""The contracts of a community's carriers: what, from where, to where, from when until when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from linli.sdk import (
    Actor,
    Conflict,
    Duration,
    FieldError,
    Invalid,
    NotFound,
    ScopedSession,
    community_outline,
    new_id,
    now,
    recheck_obligations,
    rule_value,
    today,
)
from linli.sdk import gettext as _
from linli_waste_sorting.keeping import noted_update, noter, require, require_version
from linli_waste_sorting.models import CATEGORIES
from linli_waste_sorting.weights.models import Carrier, Contract, ContractCompound
from linli_waste_sorting.weights.permissions import MANAGE_CONTRACTS
from linli_waste_sorting.weights.rule_keys import CONTRACT_NOTICE
from linli_waste_sorting.weights.schemas import ContractEnd, ContractOut, ContractWrite

#: State to its title; messages.
CONTRACT_STATES = {"coming": "还没有开始", "valid": "有效", "ending": "快要到期", "over": "已到期"}

_record = noter("contract")


def get_contract(session: ScopedSession, community_id: UUID, contract_id: UUID) -> Contract:
    """One contract of a community.

    Raises:
        NotFound: there is none there.
    """
    found = session.scalar(select(Contract).where(Contract.id == contract_id, Contract.community_id == community_id))
    if found is None:
        raise NotFound(_("没有找到这份收运合同"))
    return found


def create_contract(session: ScopedSession, actor: Actor, community_id: UUID, data: ContractWrite) -> Contract:
    """Write down a contract.

    Raises:
        Forbidden: the actor may not keep contracts there.
        Invalid: naming each field at fault.
    """
    require(actor, MANAGE_CONTRACTS, community_id)
    row = Contract(id=new_id(), community_id=community_id)
    _write(session, row, data)
    session.add(row)
    session.flush()
    _note(session, "create", row, after=_told(row))
    return row


def update_contract(
    session: ScopedSession, actor: Actor, community_id: UUID, contract_id: UUID, data: ContractWrite
) -> Contract:
    """Change a contract that was written down wrongly, or that both sides have prolonged.

    Raises:
        NotFound: there is none there.
        Conflict: it was ended, or somebody else has changed it meanwhile.
        Forbidden: the actor may not keep contracts there.
        Invalid: naming each field at fault.
    """
    row = get_contract(session, community_id, contract_id)
    require(actor, MANAGE_CONTRACTS, community_id)
    if row.ended_because:
        raise Conflict(_("合同已提前终止，不能再修改；请登记新的合同"))
    require_version(row, data.version)
    with noted_update(session, row, _told, _note):
        _write(session, row, data)
    return row


def end_contract(
    session: ScopedSession, actor: Actor, community_id: UUID, contract_id: UUID, data: ContractEnd
) -> Contract:
    """End a contract before the day that was agreed.

    Raises:
        NotFound: there is none there.
        Conflict: it was ended already.
        Forbidden: the actor may not keep contracts there.
        Invalid: naming each field at fault.
    """
    row = get_contract(session, community_id, contract_id)
    require(actor, MANAGE_CONTRACTS, community_id)
    if row.ended_because:
        raise Conflict(_("合同已经提前终止"))
    faults = []
    if not data.reason.strip():
        faults.append(FieldError("reason", _("必须填写")))
    if not row.starts_on <= data.ends_on < row.ends_on:
        allowed = _("{first} 至 {last} 的前一天").format(first=row.starts_on.isoformat(), last=row.ends_on.isoformat())
        faults.append(FieldError("ends_on", _("不在合同期内"), allowed))
    if faults:
        raise Invalid(errors=faults)
    before = {"ends_on": row.ends_on.isoformat()}
    row.ends_on, row.ended_because = data.ends_on, data.reason.strip()
    session.flush()
    _note(session, "end", row, before=before, after={"ends_on": row.ends_on.isoformat(), "reason": row.ended_because})
    return row


def state_of(row: Contract, day: date, notice_days: int) -> str:
    """``coming``, ``valid``, ``ending`` within so many days, or ``over``; a key of ``CONTRACT_STATES``."""
    if row.ends_on < day:
        return "over"
    if row.starts_on > day:
        return "coming"
    return "ending" if (row.ends_on - day).days <= notice_days else "valid"


def notice_days(session: ScopedSession) -> int:
    """How many days before its end a contract is shown as ending; none where no rule is known."""
    held = rule_value(session, CONTRACT_NOTICE).value
    return held.n if isinstance(held, Duration) else 0


def contract_out(row: Contract, days: int) -> ContractOut:
    """As the API shows it; ``days`` are those of ``notice_days``."""
    return ContractOut(
        id=row.id,
        community_id=row.community_id,
        carrier_id=row.carrier_id,
        number=row.number,
        categories=row.categories,
        compound_ids=[each.compound_id for each in row.compounds],
        destination=row.destination,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        ended_because=row.ended_because,
        state=state_of(row, today(), days),
        version=row.version,
    )


def _write(session: ScopedSession, row: Contract, data: ContractWrite) -> None:
    number, destination = data.number.strip(), data.destination.strip()
    faults = [
        FieldError(field, _("必须填写"))
        for field, value in (("number", number), ("destination", destination))
        if not value
    ]
    if data.ends_on < data.starts_on:
        faults.append(FieldError("ends_on", _("早于起始日"), _("不早于起始日")))
    known = {each.id for each in community_outline(session, row.community_id)}
    if not set(data.compound_ids) <= known:
        faults.append(FieldError("compound_ids", _("没有找到这个小区"), _("请选择本社区的小区")))
    if data.carrier_id != row.carrier_id and not _is_used(session, row.community_id, data.carrier_id):
        faults.append(FieldError("carrier_id", _("没有找到这个收运单位"), _("请选择在用的收运单位")))
    if faults:
        raise Invalid(errors=faults)
    row.carrier_id, row.number, row.destination = data.carrier_id, number, destination
    row.categories = [each for each in CATEGORIES if each in data.categories]
    row.starts_on, row.ends_on = data.starts_on, data.ends_on
    _write_compounds(row, data.compound_ids)
    # A change of its compounds alone is one of the contract, too: its version rises.
    row.updated_at = now()


def _is_used(session: ScopedSession, community_id: UUID, carrier_id: UUID) -> bool:
    mine = select(Carrier.id).where(Carrier.id == carrier_id, Carrier.community_id == community_id)
    with session.no_autoflush:
        return session.scalar(mine.where(Carrier.closed_at.is_(None))) is not None


def _write_compounds(row: Contract, wanted: Sequence[UUID]) -> None:
    known = {each.compound_id for each in row.compounds}
    row.compounds[:] = [each for each in row.compounds if each.compound_id in wanted]
    for compound_id in dict.fromkeys(wanted):
        if compound_id not in known:
            row.compounds.append(ContractCompound(community_id=row.community_id, compound_id=compound_id))


def _told(row: Contract) -> dict[str, str]:
    return {
        "carrier": str(row.carrier_id),
        "number": row.number,
        "categories": ", ".join(row.categories),
        "compounds": ", ".join(sorted(str(each.compound_id) for each in row.compounds)),
        "destination": row.destination,
        "starts_on": row.starts_on.isoformat(),
        "ends_on": row.ends_on.isoformat(),
    }


def _note(session: ScopedSession, verb: str, row: Contract, **details: Any) -> None:
    _record(session, verb, row, **details)
    recheck_obligations(session, row.community_id)
