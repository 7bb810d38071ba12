"""Carrying out an erasure: every part of the platform takes out what may go and says what has to stay (PIPL 47)."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select

from linli.audit.record import record
from linli.db.session import ScopedSession
from linli.files.models import StoredFile
from linli.files.service import remove_file
from linli.kit.actor import SYSTEM
from linli.kit.clock import now
from linli.kit.errors import Conflict
from linli.kit.text import gettext as _
from linli.plugins.containment import ERASURE, PluginFailed, call, contained
from linli.plugins.containment.calls import WrongAnswer
from linli.plugins.contributions import Erased, Person, PersonalData
from linli.privacy.holds import holds_on_person
from linli.privacy.models import PrivacyRequest
from linli.privacy.sources import Source, person_of, personal_data


def require_free(session: ScopedSession, request: PrivacyRequest) -> None:
    """Go on only when no legal hold keeps the person's data; raises ``Conflict`` with the reason of the hold."""
    person = person_of(session, request.resident_id)
    ids = person.resident_ids if person else (request.resident_id,)
    if holds := holds_on_person(session, ids, request.community_id):
        raise Conflict(_("数据已被冻结，现在不能删除。冻结原因：{reason}").format(reason=holds[0].reason))


def erase(session: ScopedSession, request: PrivacyRequest, account_id: UUID | None) -> bool:
    """Take a person out of every part; whether all parts succeeded. May be called again: what went stays gone.

    The core's parts stand or fall together. A plugin that raises costs its own part alone, which is named in the
    certificate and may be tried again.

    Args:
        session: of the request's community.
        request: an accepted erasure.
        account_id: what the person signs in with, as it was when the erasure was accepted.
    """
    require_free(session, request)
    known = person_of(session, request.resident_id)
    person = Person(known.resident_ids if known else (request.resident_id,), account_id)
    earlier = {(part["owner"], part["title"]): part for part in (request.outcome or {}).get("parts", ())}
    parts = []
    for source in personal_data():
        before = earlier.get((source.owner, source.item.title), {})
        part: dict[str, Any] = {"owner": source.owner, "title": source.item.title, "removed": before.get("removed", 0)}
        try:
            result = _erased(session, source, person)
        except PluginFailed as failed:
            part |= {"kept": 0, "reason": "", "fault": failed.error_type}
        else:
            part["removed"] += result.removed
            part |= {"kept": result.kept, "reason": result.reason, "fault": ""}
        parts.append(part)
    _forget_requests(session, person)
    request.outcome = {"parts": parts, "account": "", "account_id": str(account_id) if account_id else None}
    session.flush()
    _note(session, request, parts)
    return not any(part["fault"] for part in parts)


def _erased(session: ScopedSession, source: Source[PersonalData], person: Person) -> Erased:
    if source.owner == "core":
        with contained(session):
            return source.item.erase(session, person)
    where = source.item.title
    return call(session, source.owner, ERASURE, partial(source.item.erase, session, person), where=where, check=_told)


def _told(answer: Any) -> Erased:
    if not isinstance(answer, Erased) or not isinstance(answer.removed, int) or not isinstance(answer.kept, int):
        raise WrongAnswer(f"erase answers with Erased, not {type(answer).__name__}")
    return answer


def finish(session: ScopedSession, request: PrivacyRequest, account: str, *, is_whole: bool) -> None:
    """Write the last line of the certificate: what became of the account.

    Args:
        session: of the request's community.
        request: after ``erase``.
        account: of ``forget_account``; empty for somebody who never signed in.
        is_whole: whether every part succeeded; otherwise the request waits to be tried again.
    """
    outcome = {**(request.outcome or {}), "account": account}
    if is_whole:
        # The certificate leads to nobody; until it is whole a further try needs the account.
        outcome["account_id"] = None
        request.state, request.done_at = "done", now()
    request.outcome = outcome
    session.flush()


def _forget_requests(session: ScopedSession, person: Person) -> None:
    rows = session.scalars(select(PrivacyRequest).where(PrivacyRequest.resident_id.in_(person.resident_ids))).all()
    for each in rows:
        each.content_ct, each.asked_by = None, None
        if each.file_id is not None:
            alive = select(StoredFile.id).where(
                StoredFile.id == each.file_id, StoredFile.removed_at.is_(None), StoredFile.expires_at > now()
            )
            if session.scalar(alive) is not None:
                remove_file(session, SYSTEM, each.file_id, reason=_("本人的信息已删除"))
            each.file_id = None
        if each.kind == "correction" and each.state == "open":
            each.state, each.done_at = "withdrawn", now()


def _note(session: ScopedSession, request: PrivacyRequest, parts: list[dict[str, Any]]) -> None:
    record(
        session,
        "core.resident.erase",
        ("resident", request.resident_id),
        community_id=request.community_id,
        after={
            "rows": sum(part["removed"] for part in parts),
            "kept": sum(part["kept"] for part in parts),
            "failed": [part["owner"] for part in parts if part["fault"]],
        },
        reason=request.decision_reason,
    )
