"""Where an act turns out to take two people: what it did so far is undone, and the approval is asked for instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from litestar import Response

from linli.approvals import ApprovalRequired, ask_approval
from linli.kit.text import gettext as _
from linli.web.flash import flash_cookie
from linli.web.forms import Form
from linli.web.routing import Portal

if TYPE_CHECKING:
    from linli.web.site import Site
    from linli.web.visit import Visit


def ask_instead(site: Site, visit: Visit, needed: ApprovalRequired, form: Form) -> Response[Any]:
    """Ask in a transaction of its own. A person is led to the request; a program is told where it is, with 202.

    Raises:
        ApprovalRequired: this part of the site has no approvals.
        Conflict: nobody else could approve.
    """
    portal = visit.place.portal
    if visit.place.scope is None or portal in (Portal.RESIDENT, Portal.STREET):
        raise needed
    with site.house.database.unit_of_work(visit.scope, visit.actor) as session:
        approval_id = ask_approval(
            session,
            visit.actor,
            needed.act.name,
            needed.payload,
            reason=needed.reason or form.value("reason"),
            subject=needed.subject,
            community_id=needed.community_id,
        )
    to = visit.place.url(f"/approvals/{approval_id}")
    if portal.is_api:
        return Response(
            {"approval_id": str(approval_id), "act": needed.act.name, "detail": needed.message},
            status_code=202,
            headers={"location": to},
            media_type="application/json",
        )
    message = _("已提交申请，等另一人审批后生效")
    if needed.subject[0] == "setting":
        message = _("已提交申请，等另一人审批后生效。这次同时做的其他改动没有保存")
    response: Response[Any] = Response(None, status_code=303, headers={"location": to})
    response.set_cookie(flash_cookie(site, message, "done", to))
    return response
