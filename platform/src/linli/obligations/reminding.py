"""Those responsible are told before something falls due, and when it is overdue: each once, however often this runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import select

from linli.db.session import ScopedSession
from linli.kit.clock import now, today
from linli.kit.text import listed
from linli.notifications import Recipient, Term, notify
from linli.obligations.models import ObligationRecord
from linli.obligations.permissions import READ
from linli.obligations.places import DutyPlace, Holders, holders_in, places_in
from linli.obligations.settings import OVERDUE_DAYS, REMIND_DAYS
from linli.plugins.contributions import NotificationType
from linli.plugins.obligations import Obligation, declared_obligations
from linli.settings.service import get_setting
from linli.tenancy.outline import place_names

DUE = NotificationType(
    name="core.obligation_due",
    title="履职事项快到期",
    subject="{due} 前要完成：{title}",
    body="{places}（共 {count} 处）：“{title}”应在 {due} 前完成，目前还没有看到记录。"
    "完成后系统会自动核对，不需要另外登记。",
    channels=("email",),
    needs=READ,
)
OVERDUE = NotificationType(
    name="core.obligation_overdue",
    title="履职事项已逾期",
    subject="已逾期：{title}",
    body="{places}（共 {count} 处）：“{title}”应在 {due} 前完成，至今没有看到记录。"
    "请尽快补做；确有原因的，可以向街道申请豁免。",
    channels=("email",),
    needs=READ,
)
KINDS = (DUE, OVERDUE)

#: Names of places in one message; the page behind its link shows all.
_NAMED = 5


def remind(session: ScopedSession, community_id: UUID) -> int:
    """Tell those responsible in one community. What one duty asks for on one day is one message to each of them.

    Args:
        session: of the street or the community; after a judgement.
        community_id: whose duties. Its settings say how many days before and after; 0 is never.

    Returns:
        How many were told now.
    """
    obligations = {each.name: each for _owner, each in declared_obligations()}
    before = int(get_setting(session, "core", REMIND_DAYS, community_id=community_id))
    after = int(get_setting(session, "core", OVERDUE_DAYS, community_id=community_id))
    day = today()
    open_rows = session.scalars(
        select(ObligationRecord)
        .where(
            ObligationRecord.community_id == community_id,
            ObligationRecord.settled_at.is_(None),
            ObligationRecord.state.in_(("due", "overdue")),
            ObligationRecord.due_on <= day + timedelta(days=before),
        )
        .order_by(ObligationRecord.due_on, ObligationRecord.id)
    ).all()
    near = [row for row in open_rows if before and row.state == "due" and row.due_told_at is None]
    late = [
        row
        for row in open_rows
        if after and row.state == "overdue" and row.overdue_told_at is None and (day - row.due_on).days >= after
    ]
    known = [row for row in (*near, *late) if row.obligation in obligations]
    if not known:
        return 0
    places = {place.compound_id: place for place in places_in(session, community_id)}
    holders = holders_in(session, community_id, obligations.values())
    home = place_names(session, community_id).path
    told = 0
    for kind, rows in ((DUE, near), (OVERDUE, late)):
        for (name, due), accounts_rows in _groups(rows, obligations, places, holders).items():
            for own, accounts in accounts_rows.items():
                told += _tell(session, kind, obligations[name], due, own, accounts, home, places)
    for row in known:
        if row.state == "due":
            row.due_told_at = now()
        else:
            row.overdue_told_at = now()
    session.flush()
    return told


_Rows = tuple[ObligationRecord, ...]


def _groups(
    rows: Iterable[ObligationRecord],
    obligations: Mapping[str, Obligation],
    places: Mapping[UUID | None, DutyPlace],
    holders: Holders,
) -> dict[tuple[str, date], dict[_Rows, list[UUID]]]:
    """By duty and due day: which rows are whose; those who look after the same rows are told the same."""
    mine: dict[tuple[str, date], dict[UUID, list[ObligationRecord]]] = {}
    for row in rows:
        obligation, place = obligations.get(row.obligation), places.get(row.compound_id)
        if obligation is None or place is None:
            continue
        for account in holders.responsible(obligation, place):
            mine.setdefault((row.obligation, row.due_on), {}).setdefault(account, []).append(row)
    found: dict[tuple[str, date], dict[_Rows, list[UUID]]] = {}
    for key, by_account in mine.items():
        for account, own in by_account.items():
            found.setdefault(key, {}).setdefault(tuple(own), []).append(account)
    return found


def _tell(
    session: ScopedSession,
    kind: NotificationType,
    obligation: Obligation,
    due: date,
    rows: _Rows,
    accounts: Iterable[UUID],
    home: str,
    places: Mapping[UUID | None, DutyPlace],
) -> int:
    names = [places[row.compound_id].name for row in rows]
    compound_id = rows[0].compound_id
    path = f"/obligations/compounds/{compound_id}" if len(rows) == 1 and compound_id else "/obligations"
    # The same occasion has the same id, so that a second run, or one at the same time, adds nothing.
    occasion = uuid5(NAMESPACE_URL, " ".join(sorted(str(row.id) for row in rows)))
    return notify(
        session,
        kind.name,
        [Recipient(account, None, None) for account in sorted(accounts)],
        {
            "title": Term(obligation.title),
            "due": due,
            "count": len(rows),
            "places": listed(names[:_NAMED]) + ("…" if len(names) > _NAMED else ""),
        },
        subject=(kind.name.removeprefix("core."), occasion),
        link=f"{home}/admin{path}",
        community_id=rows[0].community_id,
    )
