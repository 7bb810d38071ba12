"""Leave to export the register with whole numbers, given by a second person where the street asks for one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from linli.approvals import Act, require_approved
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.errors import NotFound
from linli.kit.text import gettext as _
from linli.residents.permissions import ROSTER_EXPORT
from linli.tenancy.models import Community, Compound

_ACT = "core.export_register"


def require_full_export(
    session: ScopedSession,
    actor: Actor,
    community_id: UUID,
    compound_id: UUID | None,
    file_format: str,
    reason: str,
) -> None:
    """Return only where the file may be made now.

    Raises:
        ApprovalRequired: a second person has to approve exactly this export first.
    """
    require_approved(
        session,
        actor,
        _ACT,
        {"community_id": community_id, "compound_id": compound_id, "format": file_format},
        subject=("compound", compound_id) if compound_id else ("community", community_id),
        reason=reason,
        community_id=community_id,
    )


def _perform(_session: ScopedSession, asker: Actor, _payload: Mapping[str, Any]) -> str:
    # The file goes to whoever asked, never to whoever approves.
    return _("已同意，{name}可在 24 小时内导出一次").format(name=asker.display_name)


def _describe(session: ScopedSession, payload: Mapping[str, Any]) -> list[tuple[str, str]]:
    tenant = session.scope.tenant_id
    community = session.get(Community, (tenant, UUID(payload["community_id"])))
    compound = session.get(Compound, (tenant, UUID(payload["compound_id"]))) if payload["compound_id"] else None
    if community is None or (payload["compound_id"] and compound is None):
        raise NotFound
    return [
        (_("社区"), community.name),
        (_("小区"), compound.name if compound else _("全社区")),
        (_("内容"), _("全部居民和业主，含完整的电话和证件号")),
        (_("文件"), payload["format"].upper()),
    ]


ACTS = (
    Act(
        _ACT,
        "导出居民名册的完整号码",
        asks=ROSTER_EXPORT,
        approves="core.approval.decide",
        perform=_perform,
        describe=_describe,
        is_pass=True,
    ),
)
