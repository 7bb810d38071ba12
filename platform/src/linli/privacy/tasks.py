"""Background work on people's data: copies, erasures, and the daily purge."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select

from linli.db.session import ScopedSession
from linli.files.models import StoredFile
from linli.files.sealing import store_sealed
from linli.files.service import file_reader, store_file
from linli.identity.retention import forget_account
from linli.kit.actor import Actor
from linli.kit.clock import SHANGHAI, now
from linli.kit.text import gettext as _
from linli.kit.text import speaking
from linli.notifications.retention import forget_contact
from linli.plugins.containment import PluginFailed
from linli.privacy.decisions import ERASE
from linli.privacy.erasure import erase, finish
from linli.privacy.export import gather, pack
from linli.privacy.models import Consent, PrivacyRequest
from linli.privacy.permissions import READ
from linli.privacy.purging import PURGE_AT, period_of, purge_step
from linli.privacy.requests import EXPORT
from linli.privacy.sources import data_classes, person_of
from linli.privacy.telling import COPY_READY, tell_resident
from linli.tasks import JobRun, JobStopped, Schedule, task
from linli.tasks.run import RunnerStops
from linli.tenancy.outline import place_names

log = structlog.get_logger(__name__)

# All that is known of a person, their numbers in clear.
store_sealed("core", "personal_copy")

#: Steps of one class in one night; a class that never ends is not asked for ever.
_STEPS = 1000


@file_reader("core", "personal_copy")
def _may_read_copy(session: Any, actor: Actor, file: StoredFile) -> bool:
    """Its person alone; beside them whoever made it at the counter, who is its owner."""
    if not actor.resident_ids:
        return False
    mine = select(PrivacyRequest.id).where(
        PrivacyRequest.id == file.subject_id, PrivacyRequest.resident_id.in_(actor.resident_ids)
    )
    return session.scalar(mine) is not None


@file_reader("core", "consent")
def _may_read_scan(session: Any, actor: Actor, file: StoredFile) -> bool:
    if actor.can(READ, community_id=file.community_id):
        return True
    mine = select(Consent.id).where(Consent.id == file.subject_id, Consent.resident_id.in_(actor.resident_ids))
    return session.scalar(mine) is not None


@task(EXPORT, title="制作个人信息副本", lease=300)
def export_person(run: JobRun) -> dict[str, Any] | None:
    """Gather what is kept about a person into a file that is theirs alone."""
    with run.unit_of_work() as session, speaking(run.args.get("locale", "")):
        request = _request(session, run)
        if request is None or request.state != "working":
            return None
        person = person_of(session, request.resident_id)
        if person is None:
            return None
        names = place_names(session, request.community_id)
        sections = gather(session, person)
        content = pack(sections, street=names.street, community=names.community)
        file = store_file(
            session,
            run.actor,
            content,
            owner="core",
            name=f"{_('个人信息副本')}.zip",
            subject=("personal_copy", request.id),
            community_id=request.community_id,
        )
        days = period_of(session, "core.personal_copies") or 7
        expires_at = file.expires_at = now() + timedelta(days=days)
        request.state, request.done_at, request.file_id = "done", now(), file.id
        request.outcome = {
            "parts": [
                {"owner": each.owner, "title": each.title, "rows": len(each.rows), "fault": each.fault}
                for each in sections
            ]
        }
        session.flush()
        tell_resident(session, request, COPY_READY, {"expires_on": expires_at.astimezone(SHANGHAI).date()})
        return {"request_id": str(request.id)}


@task(ERASE, title="删除个人信息", lease=300)
def erase_person(run: JobRun) -> dict[str, Any] | None:
    """Carry out an accepted erasure: the community's rows first, then the account, which belongs to the street."""
    account_id = UUID(run.args["account_id"]) if run.args.get("account_id") else None
    with run.unit_of_work() as session:
        request = _request(session, run)
        if request is None or request.state != "working":
            return None
        is_whole = erase(session, request, account_id)
    account = ""
    if account_id is not None:
        with run.street_unit_of_work() as session:
            account = forget_account(session, account_id)
            if account != "bound":
                forget_contact(session, account_id)
    with run.unit_of_work() as session:
        if (request := _request(session, run)) is not None and request.state == "working":
            finish(session, request, account, is_whole=is_whole)
    return {"request_id": run.args["request_id"], "is_whole": is_whole}


@task("core.purge_expired", title="删除到期的数据", lease=600, schedule=Schedule.daily(PURGE_AT))
def purge_expired(run: JobRun) -> dict[str, Any]:
    """Delete what is older than its period, class by class, in steps; a class that fails stops none of the others."""
    purged: dict[str, int] = {}
    failed: dict[str, str] = {}
    classes = data_classes()
    for n, source in enumerate(classes):
        run.progress(n, len(classes), source.item.title)
        name = source.item.name
        try:
            for _step in range(_STEPS):
                with run.unit_of_work() as session:
                    gone = purge_step(session, source)
                if gone == 0:
                    break
                purged[name] = purged.get(name, 0) + gone
        except (JobStopped, RunnerStops):
            raise
        except Exception as error:
            log.exception("purge failed", data_class=name, owner=source.owner)
            failed[name] = error.error_type if isinstance(error, PluginFailed) else type(error).__name__
    return {"purged": purged, "failed": failed}


def _request(session: ScopedSession, run: JobRun) -> PrivacyRequest | None:
    wanted = select(PrivacyRequest).where(PrivacyRequest.id == UUID(run.args["request_id"]))
    return session.scalar(wanted.with_for_update().execution_options(populate_existing=True))
