"""Audit chains in the background: signed every hour, walked whole every night and whenever somebody asks."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import time
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import structlog
from sqlalchemy import or_, select

from linli.audit import record
from linli.audit.anchors import Anchor, make_anchor, public_keys, verify_anchored, verify_latest
from linli.audit.copies import copy_anchors, read_anchors
from linli.audit.verify import ChainReport
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.notifications.kinds import AUDIT_BROKEN
from linli.notifications.recipients import holders_of
from linli.notifications.service import notify
from linli.tasks import JobRun, Schedule, enqueue, task
from linli.tasks.models import Job
from linli.tenancy.models import Tenant

log = structlog.get_logger("linli.audit")

VERIFY = "core.verify_audit"
ANCHOR = "core.anchor_audit"
#: Rows between two looks at whether the job is still wanted.
_STEP = 50_000


@task(ANCHOR, title="给操作记录存证", lease=300, schedule=Schedule.hourly(17))
def anchor_audit(run: JobRun) -> dict[str, Any]:
    """Sign how far the chain goes, if it still follows from the last anchor, and copy the anchor out of the house."""

    def opened() -> AbstractContextManager[ScopedSession]:
        return run.unit_of_work(read_only=True)

    with opened() as session:
        keys, folder, street = public_keys(session.vault), session.info.get("anchor_dir"), street_code(session)
    report = verify_latest(opened, keys)
    if not report.is_whole:
        # Whoever signed now would bless what was done to it.
        return _broken(run, report)
    with run.unit_of_work() as session:
        anchor = make_anchor(session)
    written = copy_anchors(opened, folder, keys, street=street) if folder is not None else 0
    return {**_result(report), "n": anchor.n if anchor else None, "written": written}


@task(VERIFY, title="核对操作记录", lease=300, schedule=Schedule.daily(time(4, 10)))
def verify_audit(run: JobRun) -> dict[str, Any]:
    """Walk the whole chain and hold it against every anchor, those in the folder of copies among them."""

    def opened() -> AbstractContextManager[ScopedSession]:
        return run.unit_of_work(read_only=True)

    told = 0

    def tell(done: int, total: int) -> None:
        nonlocal told
        if done - told >= _STEP or done == total:
            told = done
            run.progress(done, total)

    with opened() as session:
        keys, folder, street = public_keys(session.vault), session.info.get("anchor_dir"), street_code(session)
    outside, damaged = copies_of(folder, street, run.scope.tenant_id)
    report = verify_anchored(opened, keys, outside=outside, tell=tell)
    if not report.is_whole:
        return _broken(run, report)
    return {**_result(report), "copies": len(outside), "damaged": damaged}


def begin_verification(session: ScopedSession, actor: Actor) -> UUID:  # noqa: ARG001 services name who acts
    """Have the street's chain verified in the background; while that waits or runs, the same job is the answer."""
    running = session.scalar(select(Job.id).where(Job.dedup_key == VERIFY))
    if running is not None:
        return running
    record(session, "core.audit.verify", ("street", session.scope.tenant_id))
    return enqueue(session, VERIFY, dedup_key=VERIFY)


def latest_verifications(session: ScopedSession) -> tuple[Job | None, Job | None]:
    """The verification that waits or runs now, and the last one that ended with a finding; ``None`` for either."""
    asked = (Job.task == VERIFY) & or_(Job.state == "running", (Job.state == "queued") & (Job.dedup_key == VERIFY))
    going_on = session.scalars(select(Job).where(asked).order_by(Job.created_at.desc()).limit(1)).one_or_none()
    ended = select(Job).where(Job.task == VERIFY, Job.state == "done", Job.result.is_not(None))
    done = session.scalars(ended.order_by(Job.finished_at.desc()).limit(1)).one_or_none()
    return going_on, done


def copies_of(folder: Path | None, street: str, tenant_id: UUID) -> tuple[list[Anchor], list[str]]:
    """A street's anchors in the folder of copies, and the names of damaged files."""
    damaged: list[str] = []
    if folder is None:
        return [], damaged
    found = [each for each in read_anchors(folder / street, damaged) if each.tenant_id == tenant_id]
    return found, damaged


def street_code(session: ScopedSession) -> str:
    """The code of the session's street."""
    return session.scalars(select(Tenant.code).where(Tenant.id == session.scope.tenant_id)).one()


def _broken(run: JobRun, report: ChainReport) -> dict[str, Any]:
    log.error("an audit chain is broken", tenant=str(run.scope.tenant_id), fault=report.fault, at=report.broken_at)
    with run.unit_of_work() as session:
        # Once for each finding, however often it is found again.
        subject = uuid5(run.scope.tenant_id, f"{report.fault}/{report.broken_at}")
        people = holders_of(session, "core.audit.verify")
        notify(
            session,
            AUDIT_BROKEN.name,
            people,
            {"n": report.broken_at},
            subject=("audit_chain", subject),
            link=f"/s/{street_code(session)}/console/audit/proof",
        )
    return _result(report)


def _result(report: ChainReport) -> dict[str, Any]:
    return {
        "rows": report.rows,
        "fault": report.fault,
        "broken_at": report.broken_at,
        "anchored": report.anchored,
        "anchors": report.anchors,
    }
