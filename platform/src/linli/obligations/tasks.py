"""Every night each community is judged, and those responsible are reminded; what fails in one stops no other."""

from __future__ import annotations

from datetime import time
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select

from linli.kit.text import gettext as _
from linli.obligations.rechecking import JUDGE
from linli.obligations.reminding import remind
from linli.obligations.service import judge_community
from linli.tasks import JobRun, JobStopped, Schedule, task
from linli.tasks.run import RunnerStops
from linli.tenancy.models import Community

log = structlog.get_logger(__name__)

#: Soon after midnight in Asia/Shanghai, when the day has turned.
JUDGE_AT = time(0, 20)


@task(JUDGE, title="核对履职情况", lease=300, schedule=Schedule.daily(JUDGE_AT), queue="slow")
def judge_obligations(run: JobRun) -> dict[str, Any]:
    """Judge and remind, community by community, each in a step of its own: a crash goes on where it stopped."""
    with run.unit_of_work(read_only=True) as session:
        communities = list(session.scalars(_communities(run)))
    looked_at = changed = told = 0
    failed: list[str] = []
    for n, community_id in enumerate(communities):
        try:
            with run.unit_of_work() as session:
                judged = judge_community(session, community_id)
                told += remind(session, community_id)
        except (JobStopped, RunnerStops):
            raise
        except Exception as error:
            log.exception("obligations could not be judged", community=str(community_id))
            failed.append(type(error).__name__)
            continue
        looked_at, changed = looked_at + judged.looked_at, changed + judged.changed
        run.progress(n + 1, len(communities), note=_("已核对 {n} 项").format(n=looked_at))
    if failed and len(failed) == len(communities):
        raise RuntimeError(f"no community could be judged: {', '.join(sorted(set(failed)))}")
    return {"communities": len(communities) - len(failed), "looked_at": looked_at, "changed": changed, "told": told}


def _communities(run: JobRun) -> Any:
    wanted = select(Community.id).where(Community.status == "active").order_by(Community.code)
    one = run.args.get("community_id") or run.scope.community_id
    return wanted.where(Community.id == UUID(str(one))) if one else wanted
