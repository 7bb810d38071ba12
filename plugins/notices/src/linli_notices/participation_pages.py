"""Pages of staff beside a notice: its poster, how far it reached, and what in it looks like personal data."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from linli.sdk import (
    Actor,
    Download,
    Invalid,
    Place,
    Redirect,
    ScopedSession,
    SheetFormat,
    View,
    get,
    place_names,
    post,
    sheet,
)
from linli.sdk import gettext as _
from linli_notices import disclosure, reach, service
from linli_notices.attachments import attachments_of
from linli_notices.categories import category_titles
from linli_notices.choices import community_of, required_community
from linli_notices.masks import KINDS as PERSONAL_KINDS
from linli_notices.models import Notice
from linli_notices.objections.permissions import READ_REACH
from linli_notices.permissions import CREATE, PUBLISH, READ
from linli_notices.poster import make_poster
from linli_notices.schemas import KINDS

#: Rows of an exported list.
_MOST_ROWS = 5000

Paper = Literal["a4", "a3"]
Mark = Annotated[str, msgspec.Meta(max_length=400)]


class DiscloseForm(msgspec.Struct, kw_only=True):
    """Why what was found may be shown."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


def poster_of(
    session: ScopedSession, notice: Notice, base_url: str, paper: Paper, community_id: UUID | None
) -> Download:
    """The poster of a notice that leads to its page in a community.

    Raises:
        Invalid: the street's notice is read in each community, and none is named.
        Conflict: it was never published.
    """
    community_id = notice.community_id or community_id
    if community_id is None:
        raise Invalid.one("where", _("请选择海报贴在哪个社区"))
    names = place_names(session, community_id)
    if not names.community:
        raise Invalid.one("where", _("没有找到这个社区"))
    named = category_titles(session, archived=True)
    return make_poster(
        session,
        notice,
        paper=paper,
        address=f"{base_url}{names.path}/notices/{notice.id}",
        category=named.get(notice.category) or _(KINDS[notice.kind]),
        community_id=community_id,
        files=attachments_of(session, notice.id),
    )


@get("/{notice_id:uuid}/poster", needs=READ)
def print_poster(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    house: Any,
    notice_id: UUID,
    paper: Paper = "a4",
    where: UUID | None = None,
) -> Download:
    """The poster as PDF; ``where`` names the community for one of the street's notices."""
    notice = service.find_managed(session, actor, READ, community_of(place), notice_id)
    return poster_of(session, notice, house.settings.base_url, paper, where)


@get("/{notice_id:uuid}/reach", needs=READ_REACH)
def show_reach(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID) -> View:
    """Who was told and who has read, by compound and building."""
    community_id = required_community(place)
    notice = reach.find_reached(session, actor, community_id, notice_id)
    found = reach.reach_by_building(session, actor, community_id, notice)
    return View("notices/reach.html", {"notice": {"id": notice.id, "title": notice.title}, "reach": found})


@get("/{notice_id:uuid}/reach/export", needs=READ_REACH)
def export_reach(
    session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, file: SheetFormat = "csv"
) -> Download:
    """The same as a file."""
    community_id = required_community(place)
    notice = reach.find_reached(session, actor, community_id, notice_id)
    found = reach.reach_by_building(session, actor, community_id, notice)
    rows = [
        [row.compound, row.building, row.households, row.residents, row.notified, row.readers, row.households_reached]
        for row in found.buildings
    ]
    header = [_("小区"), _("楼栋"), _("户数"), _("居民人数"), _("已通知人数"), _("已读人数"), _("已读户数")]
    return sheet(_("送达情况"), header, rows, file)


@get("/{notice_id:uuid}/reach/unreached", needs=READ_REACH)
def list_unreached(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    notice_id: UUID,
    building: UUID | None = None,
    after: Mark = "",
) -> View:
    """The households of which nobody has read it."""
    community_id = required_community(place)
    notice = reach.find_reached(session, actor, community_id, notice_id)
    found, following = reach.unreached(session, actor, community_id, notice, building_id=building, after=mark_of(after))
    buildings = reach.reach_by_building(session, actor, community_id, notice).buildings
    return View(
        "notices/unreached.html",
        {
            "notice": {"id": notice.id, "title": notice.title},
            "households": found,
            "buildings": {str(row.building_id): f"{row.compound} {row.building}" for row in buildings},
            "next": mark_text(following),
        },
        fragment="notices/_unreached.html",
    )


@get("/{notice_id:uuid}/reach/unreached/export", needs=READ_REACH)
def export_unreached(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    notice_id: UUID,
    building: UUID | None = None,
    file: SheetFormat = "csv",
) -> Download:
    """The same as a file, to go from door to door with."""
    community_id = required_community(place)
    notice = reach.find_reached(session, actor, community_id, notice_id)
    rows: list[list[Any]] = []
    after = None
    while len(rows) < _MOST_ROWS:
        found, after = reach.unreached(
            session, actor, community_id, notice, building_id=building, after=after, limit=500
        )
        rows += [[row.door, _("、").join(row.names), _("是") if row.has_account else _("否"), ""] for row in found]
        if after is None:
            break
    header = [_("门牌"), _("姓名"), _("能登录"), _("上门告知（签字）")]
    return sheet(_("未读户"), header, rows[:_MOST_ROWS], file)


@get("/{notice_id:uuid}/personal", needs=CREATE)
def show_personal(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID) -> View:
    """What in a notice looks like personal data, and who has answered for showing it."""
    notice = service.find_managed(session, actor, CREATE, community_of(place), notice_id)
    found = disclosure.findings_of(session, notice)
    return View(
        "notices/personal.html",
        {
            "notice": {"id": notice.id, "title": notice.title, "state": notice.state, "is_public": notice.is_public},
            "findings": [
                {
                    "kind": _(PERSONAL_KINDS[each.kind]),
                    "where": _where(each.field),
                    "text": each.text,
                    "masked": each.masked,
                }
                for each in found
            ],
            "is_confirmed": disclosure.is_confirmed(session, notice, found),
            "disclosures": disclosure.disclosures_of(session, notice.id),
            "may_disclose": service.may_manage(actor, notice, PUBLISH),
        },
    )


@post("/{notice_id:uuid}/personal/mask", needs=CREATE, retry=show_personal)
def mask_personal(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID) -> Redirect:
    """Mask all of it in the draft."""
    notice = service.require_draft(session, actor, community_of(place), notice_id)
    n = disclosure.mask_draft(session, actor, notice)
    return Redirect(f"/notices/{notice_id}", _("已打码 {n} 处").format(n=n))


@post("/{notice_id:uuid}/personal/disclose", needs=PUBLISH, retry=show_personal)
def disclose_personal(
    session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, data: DiscloseForm
) -> Redirect:
    """Answer for showing it, with the reason."""
    notice = service.find_managed(session, actor, PUBLISH, community_of(place), notice_id, lock=True)
    disclosure.confirm_disclosure(session, actor, notice, data.reason)
    return Redirect(f"/notices/{notice_id}", _("已记录理由，可以发布"))


def _where(field: str) -> str:
    return {"title": _("标题"), "body": _("正文")}.get(field, _("附件名称"))


def mark_text(mark: tuple[str, UUID] | None) -> str:
    """Where a page of households begins, as a text; empty for none."""
    return f"{mark[1]}~{mark[0]}" if mark else ""


def mark_of(text: str) -> tuple[str, UUID] | None:
    """The same read back; ``None`` for the first page. Raises ``Invalid`` for what no page gave out."""
    if not text:
        return None
    row, _tilde, key = text.partition("~")
    try:
        return (key, UUID(row))
    except ValueError as error:
        raise Invalid.one("after", _("翻页标记无效，请从第一页重新查看")) from error


managing = (print_poster, show_personal, mask_personal, disclose_personal)
admin = (show_reach, export_reach, list_unreached, export_unreached)
