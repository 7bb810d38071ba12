"""Requests of the people concerned: asked by themselves or at the counter, decided by the office in time, answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET
from sqlalchemy import func, select, text

from linli.audit.record import record
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import SHANGHAI, now, today
from linli.kit.cursor import PAGE
from linli.kit.errors import Conflict, Invalid, NotFound, TooMany
from linli.kit.ids import new_id
from linli.kit.phones import normalise_phone
from linli.kit.text import current_locale
from linli.kit.text import gettext as _
from linli.privacy.inbox import OPEN, detail, requests_out
from linli.privacy.models import PrivacyRequest
from linli.privacy.permissions import HANDLE
from linli.privacy.schemas import CorrectionAsk, ErasureAsk, OfficeAsk, RequestDetail, RequestOut
from linli.privacy.telling import REQUEST_TAKEN, tell_office, tell_resident
from linli.residents.models import Resident
from linli.residents.wording import limited, required_name
from linli.settings.service import get_setting
from linli.tasks import enqueue
from linli.tenancy.workdays import add_workdays

EXPORT = "core.export_person"
#: The fields that a person may ask to correct, as ``CorrectionAsk`` has them.
CORRECTABLE = ("name", "gender", "born_on", "phone", "remarks")

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")


def own_resident(session: ScopedSession, actor: Actor) -> Resident:
    """The actor's own entry in this community; raises ``NotFound`` for somebody without one."""
    found = session.scalar(
        select(Resident)
        .where(Resident.id.in_(actor.resident_ids), Resident.erased_at.is_(None), Resident.merged_into.is_(None))
        .order_by(Resident.id)
        .limit(1)
    )
    if found is None:
        raise NotFound(_("社区还没有登记您的信息"))
    return found


def due_day(session: ScopedSession, asked_on: date) -> date:
    """The last day on which a request of this day is answered in time; the day itself does not count."""
    days = get_setting(session, "core", "privacy_request_days")
    try:
        return add_workdays(session, asked_on, days)
    except Invalid:
        # The calendar of the coming year is published in November; until then weekends alone are left out.
        day = asked_on
        while days > 0:
            day += timedelta(days=1)
            days -= day.weekday() < 5
        return day


def due_day_count(session: ScopedSession) -> int:
    """Within how many working days the street answers."""
    return get_setting(session, "core", "privacy_request_days")


def ask_for_copy(session: ScopedSession, actor: Actor) -> RequestOut:
    """Have a copy of the actor's own data made in the background (PIPL 45).

    Raises:
        TooMany: one was asked for today already.
        NotFound: the actor has no entry here.
    """
    resident = own_resident(session, actor)
    _lock(session, resident)
    if (pending := _pending(session, resident, "copy")) is not None:
        return requests_out(session, [pending])[0]
    midnight = datetime.combine(today(), time(), SHANGHAI)
    asked = select(func.count()).where(
        PrivacyRequest.resident_id == resident.id,
        PrivacyRequest.kind == "copy",
        PrivacyRequest.channel == "portal",
        PrivacyRequest.created_at >= midnight,
    )
    if session.scalar(asked):
        wait = midnight + timedelta(days=1) - now()
        raise TooMany(_("每天可以要一份副本，今天的已经做好了，请明天再要"), int(wait.total_seconds()) + 1)
    return _start_copy(session, actor, resident, "portal", "", "")


def make_copy_at_counter(session: ScopedSession, actor: Actor, resident_id: UUID, data: OfficeAsk) -> RequestOut:
    """Have a copy made for a person who asks in person; whoever makes it may fetch it and hand it over.

    Raises:
        Invalid: no reason given.
        NotFound: there is no such resident where the actor may handle requests.
    """
    resident = resident_handled(session, actor, resident_id, HANDLE)
    reason = _reason(data.reason)
    _lock(session, resident)
    if (pending := _pending(session, resident, "copy")) is not None:
        return requests_out(session, [pending])[0]
    return _start_copy(session, actor, resident, "office", reason, data.identity_check)


def _start_copy(
    session: ScopedSession, actor: Actor, resident: Resident, channel: str, reason: str, identity_check: str
) -> RequestOut:
    request = _new(session, actor, resident, "copy", channel)
    request.state, request.decision_reason, request.identity_check = "working", reason, identity_check
    session.add(request)
    session.flush()
    request.job_id = enqueue(
        session,
        EXPORT,
        {"request_id": str(request.id), "locale": current_locale()},
        community_id=resident.community_id,
        dedup_key=f"copy {request.id}",
    )
    _record(session, "core.privacy_request.create", request, reason=reason)
    return requests_out(session, [request])[0]


def ask_for_correction(session: ScopedSession, actor: Actor, data: CorrectionAsk) -> RequestOut:
    """Ask the office to change what is wrong in the actor's own entry (PIPL 46).

    Raises:
        Invalid: nothing differs from what is registered, or a value is at fault.
        Conflict: a request to correct is open already.
    """
    resident = own_resident(session, actor)
    wanted = _differing(session, resident, data)
    if not wanted:
        raise Invalid(_("没有改动，请先改正要改的内容"))
    return _ask(session, actor, resident, "correction", {"wanted": wanted, "note": data.note.strip()})


def ask_for_erasure(session: ScopedSession, actor: Actor, data: ErasureAsk) -> RequestOut:
    """Ask the office to erase the actor's own data (PIPL 47).

    Raises:
        Conflict: a request to erase is open already.
    """
    return _ask(session, actor, own_resident(session, actor), "erasure", {"note": data.note.strip()})


def ask_erasure_at_counter(session: ScopedSession, actor: Actor, resident_id: UUID, data: OfficeAsk) -> RequestOut:
    """Write down that a person asks for erasure at the counter; it is decided like any other.

    Raises:
        Invalid: no reason given.
        Conflict: a request to erase is open already.
    """
    resident = resident_handled(session, actor, resident_id, HANDLE)
    note = {"note": _reason(data.reason)}
    return _ask(session, actor, resident, "erasure", note, channel="office", identity_check=data.identity_check)


def _ask(
    session: ScopedSession,
    actor: Actor,
    resident: Resident,
    kind: str,
    content: dict[str, Any],
    *,
    channel: str = "portal",
    identity_check: str = "",
) -> RequestOut:
    _lock(session, resident)
    if _pending(session, resident, kind) is not None:
        raise Conflict(
            _("您已经提出过这样的请求，正在办理") if channel == "portal" else _("这位居民的同类请求正在办理")
        )
    request = _new(session, actor, resident, kind, channel)
    request.identity_check = identity_check
    plain = msgspec.json.encode(content).decode()
    request.content_ct = session.vault.encrypt(session, "privacy_request", "content", request.id, plain)
    session.add(request)
    session.flush()
    _record(session, "core.privacy_request.create", request)
    tell_resident(session, request, REQUEST_TAKEN, {"due_on": request.due_on})
    if channel == "portal":
        tell_office(session, request)
    return requests_out(session, [request])[0]


def withdraw(session: ScopedSession, actor: Actor, request_id: UUID) -> RequestOut:
    """Take back one's own request before it was decided.

    Raises:
        NotFound: the actor has made none of this number.
        Conflict: it was decided meanwhile.
    """
    request = _own(session, actor, request_id, lock=True)
    if request.state == "withdrawn":
        return requests_out(session, [request])[0]
    if request.state != "open":
        raise Conflict(_("这项请求已经开始办理，不能撤回"))
    request.state, request.done_at, request.content_ct = "withdrawn", now(), None
    session.flush()
    _record(session, "core.privacy_request.withdraw", request)
    return requests_out(session, [request])[0]


def own_requests(session: ScopedSession, resident_ids: Sequence[UUID]) -> list[RequestOut]:
    """A person's latest requests, newest first, at most fifty."""
    return own_requests_page(session, resident_ids)[0]


def own_requests_page(
    session: ScopedSession, resident_ids: Sequence[UUID], *, after: UUID | None = None, limit: int = PAGE
) -> tuple[list[RequestOut], UUID | None]:
    """A page of a person's requests, newest first, and the next page's ``after``."""
    wanted = select(PrivacyRequest).where(PrivacyRequest.resident_id.in_(resident_ids))
    if after is not None:
        wanted = wanted.where(PrivacyRequest.id < after)
    rows = session.scalars(wanted.order_by(PrivacyRequest.id.desc()).limit(limit + 1)).all()
    return requests_out(session, rows[:limit]), rows[limit - 1].id if len(rows) > limit else None


def own_request(session: ScopedSession, actor: Actor, request_id: UUID) -> RequestDetail:
    """One of the actor's own requests; raises ``NotFound``."""
    return detail(session, _own(session, actor, request_id))


def _own(session: ScopedSession, actor: Actor, request_id: UUID, *, lock: bool = False) -> PrivacyRequest:
    wanted = select(PrivacyRequest).where(
        PrivacyRequest.id == request_id, PrivacyRequest.resident_id.in_(actor.resident_ids)
    )
    found = session.scalar(wanted.with_for_update() if lock else wanted)
    if found is None:
        raise NotFound(_("没有找到这项请求"))
    return found


def resident_handled(session: ScopedSession, actor: Actor, resident_id: UUID, permission: str) -> Resident:
    """A living entry of a community in the whole of which the actor holds the right; raises ``NotFound``."""
    found = session.scalar(
        select(Resident).where(Resident.id == resident_id, Resident.erased_at.is_(None), Resident.merged_into.is_(None))
    )
    if found is None or not actor.can(permission, community_id=found.community_id):
        raise NotFound(_("找不到这位居民"))
    return found


def _differing(session: ScopedSession, resident: Resident, data: CorrectionAsk) -> dict[str, tuple[str, str]]:
    """Field to what is registered and what is wanted, each as text; phones masked before."""
    wanted: dict[str, tuple[str, str]] = {}
    if data.name is not UNSET:
        wanted["name"] = (resident.name, required_name(str(data.name)))
    if data.gender is not UNSET:
        wanted["gender"] = (resident.gender, str(data.gender))
    if data.born_on is not UNSET:
        born_on = data.born_on
        if isinstance(born_on, date) and not date(1850, 1, 1) <= born_on <= today():
            raise Invalid.one("born_on", _("出生日期不对"), _("不晚于今天"))
        wanted["born_on"] = (
            resident.born_on.isoformat() if resident.born_on else "",
            born_on.isoformat() if isinstance(born_on, date) else "",
        )
    if isinstance(data.phone, str) and data.phone.strip():
        phone = normalise_phone(data.phone)
        if phone is None:
            raise Invalid.one("phone", _("电话号码不正确"), _("11 位手机号，或带区号的固定电话"))
        if session.vault.blind_index(session, "phone", phone) != resident.phone_bi:
            wanted["phone"] = (resident.phone_mask, phone)
    if data.remarks is not UNSET:
        wanted["remarks"] = (resident.remarks, limited(str(data.remarks), "remarks"))
    return {name: pair for name, pair in wanted.items() if pair[0] != pair[1]}


def _new(session: ScopedSession, actor: Actor, resident: Resident, kind: str, channel: str) -> PrivacyRequest:
    return PrivacyRequest(
        id=new_id(),
        community_id=resident.community_id,
        resident_id=resident.id,
        kind=kind,
        state="open",
        channel=channel,
        asked_by=actor.account_id,
        due_on=due_day(session, today()),
        created_at=now(),
    )


def _pending(session: ScopedSession, resident: Resident, kind: str) -> PrivacyRequest | None:
    return session.scalar(
        select(PrivacyRequest).where(
            PrivacyRequest.resident_id == resident.id, PrivacyRequest.kind == kind, PrivacyRequest.state.in_(OPEN)
        )
    )


def _lock(session: ScopedSession, resident: Resident) -> None:
    session.execute(_LOCK, {"key": f"privacy {resident.id}"})


def _reason(typed: str) -> str:
    reason = limited(typed, "reason")
    if not reason:
        raise Invalid.one("reason", _("请填写原因"))
    return reason


def _record(session: ScopedSession, action: str, request: PrivacyRequest, *, reason: str = "") -> None:
    record(
        session,
        action,
        ("privacy_request", request.id),
        community_id=request.community_id,
        after={"kind": request.kind, "status": request.state, "channel": request.channel},
        reason=reason,
    )
