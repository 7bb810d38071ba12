"""What the demo shows of duties: a street that settled a cadence, a quarter that was missed, one that is excused."""

# The Chinese here is data, not interface.
from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import select, update

from linli.db.session import Database, ScopedSession
from linli.kit.actor import SYSTEM
from linli.kit.clock import SHANGHAI, frozen, now, today
from linli.kit.scope import Scope
from linli.obligations.exemptions import exempt
from linli.obligations.models import ObligationRecord
from linli.obligations.periods import period_of
from linli.obligations.schemas import ExemptionIn
from linli.obligations.service import judge_community
from linli.plugins.models import PluginEnablement
from linli.plugins.obligations import declared_obligations
from linli.rules.overrides import set_override
from linli.rules.repository import overrides_at
from linli.rules.schemas import OverrideIn
from linli.rules.values import Duration
from linli.tenancy.models import Community, Compound

_RULE = "public_revenue.published_every"
_DUTY = "notices.accounts"
_WEEK = timedelta(days=7)
_QUARTER = Duration(3, "months")


def fill_obligations(database: Database, tenant_id: UUID) -> None:
    """Let the demo street look back on a quarter, unless it was judged already.

    Its places are made out to be there since two quarters, so that there is something to look back on.
    """
    looked_back = [(owner, each) for owner, each in declared_obligations() if each.name == _DUTY]
    if not looked_back:
        return
    before = period_of(period_of(today(), _QUARTER).first - timedelta(days=1), _QUARTER)
    with database.unit_of_work(Scope.of_street(tenant_id)) as session:
        if session.scalar(select(ObligationRecord.id).limit(1)) is not None:
            return
        _settle(session, before.first - timedelta(days=60))
        since = datetime.combine(before.first - timedelta(days=30), time(9), SHANGHAI)
        session.execute(update(Compound).values(created_at=since))
        session.execute(update(PluginEnablement).values(created_at=since))
        communities = list(session.scalars(select(Community.id).order_by(Community.code)))
    # The quarter before is judged from its first day on and the last days from a week ago, as the nights would have
    # done; other duties than the accounts' have no records of that quarter.
    for moment, duties in (
        (datetime.combine(before.first, time(1), SHANGHAI), looked_back),
        (datetime.combine(today() - _WEEK, time(1), SHANGHAI), None),
        (now(), None),
    ):
        for community_id in communities:
            with database.unit_of_work(Scope.of_street(tenant_id)) as session, frozen(moment):
                judge_community(session, community_id, obligations=duties)
    with database.unit_of_work(Scope.of_street(tenant_id)) as session:
        rebuilt = session.scalar(select(Compound.id).order_by(Compound.name).limit(1))
        if rebuilt is not None:
            given = ExemptionIn(
                obligation=_DUTY,
                compound_id=rebuilt,
                starts_on=before.first,
                ends_on=today() + timedelta(days=30),
                reason="全小区综合改造，公共收益停收",
            )
            exempt(session, SYSTEM, given)


def _settle(session: ScopedSession, day: date) -> None:
    """The street settles what no rule of its city says."""
    if overrides_at(session, [_RULE], None):
        return
    wanted = OverrideIn(
        value="3 months",
        starts_on=day,
        reason="本市未规定间隔，参照《民法典》第二百八十二条、第九百四十三条定期公布的要求",
        decision="街道办事处物业工作办法",
        decided_on=day,
    )
    set_override(session, SYSTEM, _RULE, wanted)
