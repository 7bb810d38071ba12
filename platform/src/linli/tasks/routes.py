"""Background work in the JSON API: how a job stands, for its asker and for those who read the audit trail."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.errors import NotFound
from linli.kit.text import gettext as _
from linli.tasks.service import job_state
from linli.web.routing import get


class JobOut(msgspec.Struct, kw_only=True):
    """A job; ``state`` is queued, running, done, failed, parked or cancelled."""

    id: UUID
    task: str
    state: str
    percent: int
    done: int
    total: int
    note: str
    error: str
    result: dict[str, Any] | None
    created_at: datetime
    finished_at: datetime | None


@get("/jobs/{job_id:uuid}", signed_in=True, tags=["jobs"])
def show_job(session: ScopedSession, actor: Actor, job_id: UUID) -> JobOut:
    """How a piece of background work stands."""
    job = job_state(session, job_id)
    is_asker = actor.account_id is not None and actor.account_id == job.created_by
    if not is_asker and not actor.can("core.audit.read", community_id=job.community_id):
        raise NotFound(_("没有找到这项任务"))
    return JobOut(
        id=job.id,
        task=job.task,
        state=job.state,
        percent=job.percent,
        done=job.done,
        total=job.total,
        note=job.note,
        error=job.error if job.state == "failed" else "",
        result=dict(job.result) if job.result is not None else None,
        created_at=job.created_at,
        finished_at=job.finished_at,
    )


street_api = [show_job]
community_api = [show_job]
