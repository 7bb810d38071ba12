"""Reporting a month's ledger to the street, and taking a report back to put it right."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from linli.sdk import (
    Actor,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    ScopedSession,
    new_id,
    now,
    recheck_obligations,
    record,
    today,
)
from linli.sdk import gettext as _
from linli_waste_sorting.weights import repository
from linli_waste_sorting.weights.ledger import Month, ledger_lines
from linli_waste_sorting.weights.models import LedgerReport
from linli_waste_sorting.weights.permissions import REPORT_LEDGER
from linli_waste_sorting.weights.schemas import LedgerLine, ReportOut, ReportReopen
from linli_waste_sorting.weights.service import hold_ledger

Totals = dict[str, dict[str, dict[str, str | int]]]


def get_report(session: ScopedSession, community_id: UUID, ledger_report_id: UUID) -> LedgerReport:
    """One report of a community.

    Raises:
        NotFound: there is none there.
    """
    mine = select(LedgerReport).where(LedgerReport.id == ledger_report_id, LedgerReport.community_id == community_id)
    found = session.scalar(mine)
    if found is None:
        raise NotFound(_("没有找到这次上报"))
    return found


def report_ledger(session: ScopedSession, actor: Actor, community_id: UUID, month: Month) -> LedgerReport:
    """Report a month: who did and when is kept with the sums of that moment, and its records are closed.

    Raises:
        Forbidden: the actor may not report there.
        Conflict: it is reported already.
        Invalid: the month is not over.
    """
    _require(actor, community_id)
    if month.last >= today():
        allowed = _("{day} 起可以上报").format(day=month.after.first.isoformat())
        raise Invalid.one("month", _("这个月还没有结束"), allowed)
    hold_ledger(session, community_id)
    if repository.is_reported(session, community_id, month.first):
        raise Conflict(_("这个月已经上报"))
    sums = repository.month_sums(session, month.first, month.last, community_id)
    lines = ledger_lines(sums, {})
    row = LedgerReport(
        id=new_id(),
        community_id=community_id,
        month=month.first,
        reported_at=now(),
        reported_by=actor.account_id,
        reported_name=actor.display_name,
        times=sum(each.times for each in lines),
        kg=sum((each.kg for each in lines), Decimal("0.0")),
        totals=totals_of(lines),
        reopened_name="",
        reopen_reason="",
    )
    session.add(row)
    session.flush()
    told = {"month": month.key, "times": str(row.times), "kg": str(row.kg)}
    record(
        session, "waste_sorting.ledger_report.report", ("ledger_report", row.id), community_id=community_id, after=told
    )
    recheck_obligations(session, community_id)
    return row


def reopen_ledger(
    session: ScopedSession, actor: Actor, community_id: UUID, ledger_report_id: UUID, data: ReportReopen
) -> LedgerReport:
    """Take a report back so that the month's records can be put right; it stays to be seen.

    Raises:
        NotFound: there is none there.
        Forbidden: the actor may not report there.
        Conflict: it was taken back already.
        Invalid: no reason is given.
    """
    _require(actor, community_id)
    hold_ledger(session, community_id)
    row = get_report(session, community_id, ledger_report_id)
    if row.reopened_at is not None:
        raise Conflict(_("这次上报已经撤回"))
    if not data.reason.strip():
        raise Invalid.one("reason", _("必须填写"))
    row.reopened_at, row.reopen_reason = now(), data.reason.strip()
    row.reopened_by, row.reopened_name = actor.account_id, actor.display_name
    session.flush()
    told = {"month": month_key(row.month), "reason": row.reopen_reason}
    record(
        session, "waste_sorting.ledger_report.reopen", ("ledger_report", row.id), community_id=community_id, after=told
    )
    recheck_obligations(session, community_id)
    return row


def totals_of(lines: list[LedgerLine]) -> Totals:
    """Compound to kind of waste to its sums, as a report keeps them."""
    found: Totals = {}
    for line in lines:
        told: dict[str, str | int] = {"kg": str(line.kg), "times": line.times, "pieces": line.pieces}
        found.setdefault(str(line.compound_id), {})[line.category] = told
    return found


def month_key(month: date) -> str:
    """``2026-11``."""
    return f"{month:%Y-%m}"


def report_out(row: LedgerReport) -> ReportOut:
    """As the API shows it."""
    plain = {name: getattr(row, name) for name in ReportOut.__struct_fields__ if name != "month"}
    return ReportOut(month=month_key(row.month), **plain)


def _require(actor: Actor, community_id: UUID) -> None:
    if not actor.can(REPORT_LEDGER, community_id=community_id):
        raise Forbidden
