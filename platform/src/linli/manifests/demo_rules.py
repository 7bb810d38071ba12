"""What the demo shows of rules: decisions of street and compound, one taken back, and rules kept for a meeting."""

# The Chinese here is data, not interface.
from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from linli.db.session import Database
from linli.kit.actor import SYSTEM
from linli.kit.clock import today
from linli.kit.scope import Scope
from linli.rules import find_body, freeze
from linli.rules.models import RuleOverride
from linli.rules.overrides import set_override, withdraw_override
from linli.rules.schemas import OverrideIn, Withdrawal
from linli.tenancy.models import Compound


def fill_rules(database: Database, tenant_id: UUID, community_id: UUID) -> None:
    """Let the demo street and one of its compounds settle something themselves, unless they have done so already."""
    day = today() - timedelta(days=60)
    with database.unit_of_work(Scope.of_street(tenant_id)) as session:
        if session.scalar(select(RuleOverride.id).limit(1)) is not None:
            return
        decision = {"decision": "街道办事处物业工作办法", "decided_on": day}
        wanted = OverrideIn(value="20 days", starts_on=day, reason="老年居民多，留足时间上门告知", **decision)
        set_override(session, SYSTEM, "owners_assembly.notice", wanted)
        wanted = OverrideIn(value="< 2/5", starts_on=day, reason="试行提高续交线", **decision)
        row = set_override(session, SYSTEM, "maintenance_fund.renew_below", wanted)
        withdraw_override(session, SYSTEM, row.id, Withdrawal(reason="试行结束", version=row.version))
    with database.unit_of_work(Scope.of_communities(tenant_id, community_id)) as session:
        compound_id = session.scalar(
            select(Compound.id).where(Compound.community_id == community_id).order_by(Compound.name).limit(1)
        )
        if compound_id is None:
            return
        wanted = OverrideIn(
            value="3 years",
            starts_on=day,
            reason="章程修改，任期由两年改为三年",
            decision="居民代表会议第三次会议决定",
            decided_on=day,
        )
        set_override(session, SYSTEM, "compound_management_committee.term", wanted, compound_id=compound_id)
        keys = ["owners_assembly.notice", *find_body("compound_management_committee").keys]
        freeze(session, keys, purpose="小区管理委员会换届会议", compound_id=compound_id, on=day)
