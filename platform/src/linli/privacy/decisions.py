"""What the office decides on requests, and what follows from it at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from linli.approvals import Act, require_approved
from linli.audit.record import record
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import SHANGHAI, now
from linli.kit.errors import Conflict, Invalid, NotFound
from linli.kit.text import gettext as _
from linli.notifications import Term
from linli.privacy.choices import IDENTITY_CHECKS
from linli.privacy.erasure import require_free
from linli.privacy.inbox import ERASE_ACT, content_of, detail, request_handled
from linli.privacy.models import PrivacyRequest
from linli.privacy.permissions import HANDLE
from linli.privacy.schemas import Decision, RequestDetail
from linli.privacy.telling import REQUEST_DECIDED, tell_resident
from linli.residents.models import Resident
from linli.residents.schemas import ResidentUpdate
from linli.residents.service import update_resident
from linli.residents.wording import limited
from linli.tasks import enqueue

ERASE = "core.erase_person"


def decide(session: ScopedSession, actor: Actor, request_id: UUID, data: Decision) -> RequestDetail:
    """Accept or refuse a request to correct or to erase, with the reason that the person gets to read.

    A correction is made at once, through the register's own service; an erasure in the background.

    Raises:
        Invalid: no reason, or an erasure is accepted though nobody says how the person's identity was checked.
        Conflict: it was decided already or changed meanwhile, or a legal hold forbids the erasure.
        ApprovalRequired: accepting an erasure takes a second person here.
        NotFound: there is none where the actor may handle requests, or its person may not be changed by the actor.
    """
    request = request_handled(session, actor, request_id, HANDLE, lock=True)
    if request.kind == "copy" or request.state != "open":
        raise Conflict(_("这项请求已经办理，不能再作决定"))
    if request.version != data.version:
        raise Conflict
    reason = limited(data.reason, "reason")
    if not reason:
        raise Invalid.one("reason", _("请填写理由，本人会看到"))
    request.decision_reason, request.decided_at = reason, now()
    request.decided_by, request.decided_by_name = actor.account_id, actor.display_name
    request.identity_check = data.identity_check or request.identity_check or ""
    if not data.accept:
        request.state, request.done_at = "refused", now()
    elif request.kind == "correction":
        _correct(session, actor, request)
        request.state, request.done_at = "done", now()
    else:
        if request.identity_check not in IDENTITY_CHECKS:
            raise Invalid.one("identity_check", _("请先核实是不是本人"))
        require_free(session, request)
        require_approved(
            session,
            actor,
            ERASE_ACT,
            {
                "request_id": request.id,
                "version": data.version,
                "identity_check": request.identity_check,
                "reason": reason,
            },
            subject=("privacy_request", request.id),
            reason=reason,
            community_id=request.community_id,
        )
        request.state = "working"
    session.flush()
    _note(session, request, data)
    # Told before the account is cut off from the entry: afterwards nobody can be reached.
    answer = Term("同意") if data.accept else Term("未同意")
    tell_resident(session, request, REQUEST_DECIDED, {"answer": answer, "reason": reason})
    if data.accept and request.kind == "erasure":
        begin_erasure(session, request)
    session.flush()
    return detail(session, request)


def begin_erasure(session: ScopedSession, request: PrivacyRequest) -> UUID:
    """Have an accepted erasure carried out in the background; the job's id."""
    account_id = session.scalar(select(Resident.account_id).where(Resident.id == request.resident_id))
    arguments = {"request_id": str(request.id), "account_id": str(account_id) if account_id else None}
    if account_id is None and request.job_id is not None and request.outcome:
        # A further run: the entry has lost its account, the first run's note has not.
        arguments["account_id"] = request.outcome.get("account_id")
    job_id = enqueue(session, ERASE, arguments, community_id=request.community_id, dedup_key=f"erase {request.id}")
    request.job_id = job_id
    session.flush()
    return job_id


def erase_again(session: ScopedSession, actor: Actor, request_id: UUID) -> RequestDetail:
    """Try an erasure again of which a part has failed.

    Raises:
        Conflict: it has not failed, or a legal hold forbids it now.
        NotFound: there is none where the actor may handle requests.
    """
    request = request_handled(session, actor, request_id, HANDLE, lock=True)
    if request.kind != "erasure" or request.state != "working":
        raise Conflict(_("这项请求没有需要重试的部分"))
    require_free(session, request)
    begin_erasure(session, request)
    return detail(session, request)


def _correct(session: ScopedSession, actor: Actor, request: PrivacyRequest) -> None:
    wanted: Mapping[str, Any] = content_of(session, request).get("wanted", {})
    resident = session.scalar(select(Resident).where(Resident.id == request.resident_id))
    if resident is None or resident.erased_at is not None:
        raise NotFound(_("找不到这位居民"))
    changes: dict[str, Any] = {name: pair[1] for name, pair in wanted.items()}
    if "born_on" in changes:
        changes["born_on"] = date.fromisoformat(changes["born_on"]) if changes["born_on"] else None
    update_resident(session, actor, resident.id, ResidentUpdate(version=resident.version, **changes))


def _note(session: ScopedSession, request: PrivacyRequest, data: Decision) -> None:
    record(
        session,
        "core.privacy_request.accept" if data.accept else "core.privacy_request.refuse",
        ("privacy_request", request.id),
        community_id=request.community_id,
        after={"kind": request.kind, "status": request.state, "identity_check": request.identity_check},
        reason=request.decision_reason,
    )


def _perform(session: ScopedSession, asker: Actor, payload: Mapping[str, Any]) -> str:
    accepted = Decision(
        accept=True,
        reason=payload["reason"],
        version=payload["version"],
        identity_check=payload["identity_check"],
    )
    decide(session, asker, UUID(payload["request_id"]), accepted)
    return _("已同意，正在删除")


def _describe(session: ScopedSession, payload: Mapping[str, Any]) -> list[tuple[str, str]]:
    request = session.scalar(select(PrivacyRequest).where(PrivacyRequest.id == UUID(payload["request_id"])))
    if request is None:
        raise NotFound(_("没有找到这项请求"))
    asked = detail(session, request)
    check = payload["identity_check"]
    return [
        (_("居民"), asked.name),
        (_("提出时间"), f"{asked.asked_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"),
        (_("本人的说明"), asked.note),
        (_("身份核实"), _(IDENTITY_CHECKS[check]) if check in IDENTITY_CHECKS else check),
        (_("理由"), payload["reason"]),
    ]


ACTS = (
    Act(
        ERASE_ACT,
        "同意删除居民的个人信息",
        asks=HANDLE,
        approves="core.approval.decide",
        perform=_perform,
        describe=_describe,
    ),
)
