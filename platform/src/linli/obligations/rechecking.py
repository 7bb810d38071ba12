"""Having duties judged again now, beside the nightly turn."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from linli.audit import record
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.errors import Forbidden, NotFound
from linli.kit.text import gettext as _
from linli.obligations.permissions import READ, RECHECK
from linli.obligations.service import Judged, judge_community
from linli.tasks import enqueue
from linli.tenancy.models import Compound

#: The job that judges every community of its scope, or one.
JUDGE = "core.judge_obligations"


def recheck_obligations(session: Session, community_id: UUID) -> None:
    """Have the duties of a community judged soon, because something was recorded that counts.

    Cheap: one job after the commit, however often it is asked for before that job begins.

    Args:
        session: of the community or its street.
        community_id: whose duties.
    """
    enqueue(session, JUDGE, {"community_id": str(community_id)}, community_id=community_id, dedup_key=JUDGE)


def recheck_place(session: ScopedSession, actor: Actor, compound_id: UUID) -> Judged:
    """Judge one compound at once, for somebody who waits for the page.

    Raises:
        NotFound: there is no such compound where the actor may see duties.
        Forbidden: the actor may not ask for it there.
    """
    compound = session.scalar(select(Compound).where(Compound.id == compound_id))
    if compound is None or not actor.can(READ, community_id=compound.community_id, compound_id=compound.id):
        raise NotFound(_("没有找到这个小区"))
    if not actor.can(RECHECK, community_id=compound.community_id, compound_id=compound.id):
        raise Forbidden(_("您没有重新核对的权限"))
    judged = judge_community(session, compound.community_id, compound_id=compound.id)
    record(
        session,
        "core.obligation.recheck",
        ("compound", compound.id),
        community_id=compound.community_id,
        after={"name": compound.name, "rows": judged.looked_at, "changed": judged.changed},
    )
    return judged


def recheck_all(session: ScopedSession, actor: Actor) -> UUID:
    """Have all of the scope judged in the background; the job's id. While it waits or runs, the same is the answer.

    Raises:
        Forbidden: the actor may not ask for the whole place.
    """
    community_id = session.scope.community_id
    if not actor.can(RECHECK, community_id=community_id):
        raise Forbidden(_("您没有重新核对的权限"))
    args = {"community_id": str(community_id)} if community_id else {}
    job_id = enqueue(session, JUDGE, args, community_id=community_id, dedup_key=JUDGE)
    record(session, "core.obligation.recheck", ("street", session.scope.tenant_id), community_id=community_id)
    return job_id
