"""What the demo shows of numbers over time: three months back, told by the records where they can tell.

What no record tells of the time before the demo street was made (how many homes were registered then) is made up, grows
to what there is today, and is kept as made up: ``MetricValue.origin`` says ``demo``.
"""

# The Chinese here is data, not interface.
from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from linli.assignments.models import Assignment
from linli.assignments.schemas import AssignmentIn, ReportIn
from linli.assignments.service import report_done
from linli.console.briefing import issue
from linli.db.session import Database, ScopedSession
from linli.kit.actor import SYSTEM
from linli.kit.clock import today
from linli.kit.ids import new_id
from linli.kit.scope import Scope
from linli.plugins.informing import Number, declared_metrics
from linli.plugins.pushing import declared_pushes
from linli.plugins.repository import allowed_plugins
from linli.pushes.service import start_push
from linli.showing.history import fill_gaps, keep_made_up, keep_numbers
from linli.showing.models import MetricValue
from linli.tenancy.models import Community, Compound

#: Days back; every day is kept, as the nights would have done.
DAYS = 92
_SEED = 20260601
#: What was registered three months ago, in thousandths of what is registered today; no two communities alike.
_LEAST, _MOST = 780, 960
#: Tasks: title, what is asked for, what was reported.
_DONE = ("清点楼道堆物", "逐栋清点，写明发现几处、清走几处。", "共 8 处，当天清走 6 处，2 处已约定周末清走。")
_TASK = "core.street_task"
_RUNNING = ("更新社区通讯录", "核对值班电话，写明更新日期。")


def fill_numbers(database: Database, tenant_id: UUID) -> None:
    """Let the demo street look back on three months of numbers, unless it does already."""
    street = Scope.of_street(tenant_id)
    with database.unit_of_work(street) as session:
        if session.scalar(select(MetricValue.id).limit(1)) is not None:
            return
        keep_numbers(session)
    with database.unit_of_work(street) as session:
        fill_gaps(session, first=today() - timedelta(days=DAYS))
    with database.unit_of_work(street) as session:
        keep_made_up(session, _made_up(session))
    with database.unit_of_work(street) as session:
        _give_tasks(session)
    with database.unit_of_work(street) as session:
        issue(session, SYSTEM, allowed_plugins(session), today().replace(day=1) - timedelta(days=1))


def _made_up(session: ScopedSession) -> dict[date, Mapping[str, Mapping[UUID | None, Number]]]:
    """For each past day the numbers that nobody can tell any more: growing to today's, in steps of working weeks."""
    untold = {item.name: item for _owner, item in declared_metrics() if item.measure_on is None}
    rows = session.execute(
        select(MetricValue.metric, MetricValue.community_id, MetricValue.value).where(
            MetricValue.grain == "day", MetricValue.starts_on == today(), MetricValue.metric.in_(untold)
        )
    ).all()
    chance = random.Random(_SEED)  # noqa: S311 nothing is secret here
    ids = sorted({row.community_id for row in rows if row.community_id is not None})
    shares = {each: chance.randrange(_LEAST, _MOST) for each in ids}
    found: dict[date, Mapping[str, Mapping[UUID | None, Number]]] = {}
    for back in range(DAYS, 0, -1):
        day = today() - timedelta(days=back)
        cells: dict[str, dict[UUID | None, Number]] = {}
        for row in rows:
            if (row.community_id is None) is (untold[row.metric].level == "street"):
                # How many communities there are does not grow by registering.
                share = shares.get(row.community_id, 1000)
                cells.setdefault(row.metric, {})[row.community_id] = _then(row.value, share, back)
        found[day] = cells
    return found


def _then(value: Decimal, share: int, back: int) -> Number:
    # Registered by the week: what came in on weekdays stands from Friday on.
    weeks, of = back // 7, DAYS // 7
    grown = value * (Decimal(share) + (1000 - Decimal(share)) * (of - weeks) / of) / 1000
    return round(grown) if value == int(value) else grown.quantize(Decimal("0.1"))


def _give_tasks(session: ScopedSession) -> None:
    """Two tasks of the street, pushed down to all that have compounds: one that was reported, one still to be done."""
    if session.scalar(select(Assignment.id).limit(1)) is not None:
        return
    homes = session.scalars(
        select(Community.id).where(Community.id.in_(select(Compound.community_id))).order_by(Community.code)
    ).all()
    _owner, kind = declared_pushes()[_TASK]
    first = AssignmentIn(title=_DONE[0], body=_DONE[1])
    start_push(session, SYSTEM, kind, first, homes, new_id())
    for row in session.scalars(select(Assignment).order_by(Assignment.community_id)).all()[::2]:
        report_done(session, SYSTEM, row.id, ReportIn(version=row.version, report=_DONE[2]))
    second = AssignmentIn(title=_RUNNING[0], body=_RUNNING[1], due_on=today() + timedelta(days=5))
    start_push(session, SYSTEM, kind, second, homes, new_id())
