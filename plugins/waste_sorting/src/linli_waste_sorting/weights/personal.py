"""What the ledger keeps about people: the names of staff who noted, struck out and reported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, update

from linli.sdk import Erased, Person, PersonalData, ScopedSession
from linli_waste_sorting.weights.models import Collection, LedgerReport

#: Entries of each kind that one export holds.
_MOST = 5000
_NOBODY = "（已删除）"  # i18n: data, stands in rows


def _export(session: ScopedSession, person: Person) -> Sequence[Mapping[str, Any]]:
    if person.account_id is None:
        return []
    found: list[Mapping[str, Any]] = []
    noted = select(Collection.day, Collection.category, Collection.noted_name).where(
        Collection.noted_by == person.account_id
    )
    found += [
        {"noted": row.day.isoformat(), "category": row.category, "name": row.noted_name}
        for row in session.execute(noted.order_by(Collection.id.desc()).limit(_MOST))
    ]
    voided = select(Collection.voided_at, Collection.category, Collection.voided_name).where(
        Collection.voided_by == person.account_id
    )
    for row in session.execute(voided.order_by(Collection.id.desc()).limit(_MOST)):
        when = row.voided_at.isoformat() if row.voided_at is not None else ""
        found.append({"struck_out": when, "category": row.category, "name": row.voided_name})
    for report in session.scalars(_reports_of(person).order_by(LedgerReport.id.desc()).limit(_MOST)):
        mine = report.reported_by == person.account_id
        name = report.reported_name if mine else report.reopened_name
        found.append({"reported": report.month.isoformat(), "name": name})
    return found


def _erase(session: ScopedSession, person: Person) -> Erased:
    """Their names go; the ledger stays, since the law asks for it, and names nobody any more."""
    if person.account_id is None:
        return Erased(0)
    changed: set[Any] = set()
    for model, who, name in (
        (Collection, "noted_by", "noted_name"),
        (Collection, "voided_by", "voided_name"),
        (LedgerReport, "reported_by", "reported_name"),
        (LedgerReport, "reopened_by", "reopened_name"),
    ):
        statement = update(model).where(getattr(model, who) == person.account_id).values({who: None, name: _NOBODY})
        changed.update(session.scalars(statement.returning(model.id), execution_options={"synchronize_session": False}))
    return Erased(len(changed))


def _reports_of(person: Person) -> Any:
    mine = (LedgerReport.reported_by == person.account_id) | (LedgerReport.reopened_by == person.account_id)
    return select(LedgerReport).where(mine)


WEIGHT_PERSONAL_DATA = (
    PersonalData(
        title="登记垃圾清运和上报台账的记录",
        purpose="记录清运由谁登记、由谁更正、台账由谁上报",
        basis="履行法定职责",
        export=_export,
        erase=_erase,
        tables=("plugin_waste_sorting.collection", "plugin_waste_sorting.ledger_report"),
    ),
)
