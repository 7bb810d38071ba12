"""What the demo shows of rights over data: texts to agree to, a consent, a correction, a wish to be erased."""

# The Chinese here is data, not interface.
from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from linli.access.models import RoleGrant
from linli.access.roles import role_permissions
from linli.approvals.standing import standing_of
from linli.db.session import Database
from linli.kit.actor import SYSTEM, Actor
from linli.kit.scope import Scope
from linli.privacy.consents import choose, publish_purpose
from linli.privacy.decisions import decide
from linli.privacy.models import ConsentPurpose
from linli.privacy.requests import ask_for_correction, ask_for_erasure
from linli.privacy.schemas import CorrectionAsk, Decision, ErasureAsk, PurposeIn
from linli.residents.models import Resident

_PURPOSES = (
    PurposeIn(
        code="photos",
        title="活动照片用于社区宣传",
        body="社区活动中拍到您的照片，可能用在社区公告栏和公众号。不同意不影响参加活动，以后随时可以撤回。",
    ),
    PurposeIn(
        code="care_visits",
        title="上门探访时了解健康状况",
        body="为了提供助老助残服务，探访人员会记录您需要哪些照料。健康状况属于敏感个人信息，只有负责探访的人能看到，"
        "不再需要时删除。不同意不影响您享受其他服务。",
        is_sensitive=True,
    ),
)


def fill_privacy(database: Database, tenant_id: UUID, community_id: UUID) -> None:
    """Let the demo's residents make use of their rights, unless they have done so already.

    Args:
        database: the runtime role's door.
        tenant_id: the demo street.
        community_id: where the residents with an account live.
    """
    with database.unit_of_work(Scope.of_street(tenant_id)) as session:
        if session.scalar(select(ConsentPurpose.id).limit(1)) is not None:
            return
        photos, _visits = [publish_purpose(session, SYSTEM, None, each) for each in _PURPOSES]
    with database.unit_of_work(Scope.of_communities(tenant_id, community_id)) as session:
        people = session.scalars(select(Resident).where(Resident.account_id.is_not(None)).order_by(Resident.id)).all()
        office_id = session.scalar(select(RoleGrant.account_id).where(RoleGrant.role == "community_administrator"))
        office = standing_of(session, office_id, role_permissions()) if office_id else None
        if len(people) < 2 or office is None:
            return
        first, second = people[:2]
        choose(session, _as(first), first, photos.id, "given")
        asked = ask_for_correction(session, _as(first), CorrectionAsk(remarks="听力不好，请敲门", note="请补上备注"))
        decide(session, office, asked.id, Decision(accept=True, reason="已当面核对", version=asked.version))
        ask_for_erasure(session, _as(second), ErasureAsk(note="下个月搬走"))


def _as(resident: Resident) -> Actor:
    return Actor(account_id=resident.account_id, display_name=resident.name, resident_ids=(resident.id,))
