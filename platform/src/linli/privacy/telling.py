"""What people are told about their requests and their numbers, and administrators about too many looks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.ids import new_id
from linli.notifications import Recipient, Term, holders_of, notify
from linli.plugins.contributions import NotificationType
from linli.privacy.choices import KINDS
from linli.privacy.models import PrivacyRequest
from linli.privacy.permissions import HANDLE
from linli.residents.models import Resident
from linli.tenancy.models import Community, Tenant

REQUEST_TAKEN = NotificationType(
    name="core.privacy_request_taken",
    title="收到您的个人信息请求",
    subject="收到您的请求：{kind}",
    body="社区收到了您关于个人信息的请求（{kind}），最迟在{due_on}前答复。在“我的信息”里可以看到进度。",
)
REQUEST_DECIDED = NotificationType(
    name="core.privacy_request_decided",
    title="答复您的个人信息请求",
    subject="您的请求“{kind}”有了答复",
    body="您关于个人信息的请求（{kind}）有了答复：{answer}。说明：{reason}",
    channels=("email",),
)
COPY_READY = NotificationType(
    name="core.personal_copy_made",
    title="您的信息副本做好了",
    subject="您的个人信息副本可以下载了",
    body="您要的个人信息副本已经做好，请在{expires_on}前到“我的信息”里下载，过期会自动删除。",
)
REQUEST_ARRIVED = NotificationType(
    name="core.privacy_request_arrived",
    title="居民提出个人信息请求",
    subject="有居民提出个人信息请求：{kind}",
    body="有居民提出了个人信息请求（{kind}），请在{due_on}前办理并答复。",
    needs=HANDLE,
)
MANY_REVEALS = NotificationType(
    name="core.numbers_revealed_often",
    title="查看完整号码次数过多",
    subject="{name}一小时内查看了 {count} 次完整号码",
    body="{name}在{place}一小时内查看了 {count} 次居民的完整号码，请核实是否工作需要。查看的记录在“操作记录”里。",
    is_urgent=True,
    channels=("email",),
    needs="core.staff.manage",
)

#: Every kind of message that this room sends.
KINDS_TOLD = (REQUEST_TAKEN, REQUEST_DECIDED, COPY_READY, REQUEST_ARRIVED, MANY_REVEALS)


def tell_resident(
    session: ScopedSession, request: PrivacyRequest, kind: NotificationType, context: Mapping[str, Any]
) -> None:
    """Tell the person who asked how their request stands."""
    account = session.scalar(select(Resident.account_id).where(Resident.id == request.resident_id))
    if account is None:
        return
    person = Recipient(account, request.resident_id, None)
    told = {"kind": Term(KINDS[request.kind]), **context}
    link = _home(session, request.community_id) + f"/my-data/requests/{request.id}"
    notify(
        session,
        kind.name,
        [person],
        told,
        subject=("privacy_request", request.id),
        link=link,
        community_id=request.community_id,
    )


def tell_office(session: ScopedSession, request: PrivacyRequest) -> None:
    """Tell those who handle requests in the community that one has come."""
    link = _home(session, request.community_id) + f"/admin/privacy/{request.id}"
    notify(
        session,
        REQUEST_ARRIVED.name,
        holders_of(session, HANDLE, community_id=request.community_id),
        {"kind": Term(KINDS[request.kind]), "due_on": request.due_on},
        subject=("privacy_request", request.id),
        link=link,
        community_id=request.community_id,
    )


def tell_of_many_reveals(session: ScopedSession, actor: Actor, community_id: UUID, count: int) -> None:
    """Tell the administrators of a community and its street that somebody looks at very many numbers."""
    place = session.scalar(select(Community.name).where(Community.id == community_id)) or ""
    notify(
        session,
        MANY_REVEALS.name,
        [
            each
            for each in holders_of(session, "core.staff.manage", community_id=community_id)
            if each.account_id != actor.account_id
        ],
        {"name": actor.display_name, "place": place, "count": count},
        # Another hour is another alert.
        subject=("reveal_alert", new_id()),
        link=_home(session, community_id) + "/admin/audit?kind=core.resident",
        community_id=community_id,
    )


def _home(session: ScopedSession, community_id: UUID) -> str:
    row = session.execute(
        select(Tenant.slug, Community.slug.label("community"))
        .join(Community, Community.tenant_id == Tenant.id)
        .where(Community.id == community_id)
    ).one()
    return f"/s/{row.slug}/c/{row.community}"
