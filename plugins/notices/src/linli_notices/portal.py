"""The pages: managing notices in the street console and the admin portal, reading them in the resident portal."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec

from linli.sdk import (
    Actor,
    CompoundOutline,
    Download,
    Form,
    Invalid,
    NotFound,
    Place,
    Redirect,
    ScopedSession,
    SheetFormat,
    View,
    community_outline,
    get,
    get_setting,
    post,
    sheet,
)
from linli.sdk import gettext as _
from linli_notices import attachments, board, service
from linli_notices.forms import NoticeForm, WithdrawForm, list_after, list_filter, notice_fields, reach_key
from linli_notices.permissions import CREATE, PUBLISH, READ, WITHDRAW
from linli_notices.schemas import KINDS, STATUSES, NoticeCreate, NoticeUpdate
from linli_notices.settings import POSTING_DAYS

#: Rows of an exported list.
_MOST_ROWS = 5000

Words = Annotated[str, msgspec.Meta(max_length=100)]


def _community(place: Place) -> UUID | None:
    return place.community.id if place.community else None


def _outline(session: ScopedSession, place: Place) -> list[CompoundOutline]:
    return community_outline(session, place.community.id) if place.community else []


def _reaches(session: ScopedSession, actor: Actor, place: Place, permission: str = CREATE) -> dict[str, str]:
    community_id = _community(place)
    found: dict[str, str] = {}
    if actor.can(permission, community_id=community_id):
        found["all"] = _("全社区") if place.community else _("全街道各社区")
    for compound in _outline(session, place):
        if actor.can(permission, community_id=community_id, compound_id=compound.id):
            found[reach_key(compound.id, None)] = compound.name
        for building in compound.buildings:
            if actor.can(permission, community_id=community_id, compound_id=compound.id, building_id=building.id):
                found[reach_key(compound.id, building.id)] = f"{compound.name} · {building.name}"
    return found


def _translated(words: dict[str, str]) -> dict[str, str]:
    return {key: _(title) for key, title in words.items()}


@get("/", needs=READ)
def list_notices(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    q: Words = "",
    status: str = "",
    kind: str = "",
    compound: str = "",
    after: str = "",
) -> View:
    """The notices that the person manages."""
    wanted = list_filter(q, status, kind, compound)
    lines, following = service.list_notices(session, actor, _community(place), wanted, after=list_after(after))
    compounds = {str(each.id): each.name for each in _outline(session, place)}
    return View(
        "notices/list.html",
        {
            "notices": lines,
            "next": str(following) if following else "",
            "statuses": _translated(STATUSES),
            "kinds": _translated(KINDS),
            "compounds": compounds,
            "may_create": actor.holds(CREATE),
        },
        fragment="notices/_list.html",
    )


@get("/export", needs=READ)
def export_notices(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    q: Words = "",
    status: str = "",
    kind: str = "",
    compound: str = "",
    file: SheetFormat = "csv",
) -> Download:
    """The list as a file, filtered as on the page."""
    wanted = list_filter(q, status, kind, compound)
    compounds = {each.id: each.name for each in _outline(session, place)}
    rows: list[list[Any]] = []
    after: UUID | None = None
    while len(rows) < _MOST_ROWS:
        lines, after = service.list_notices(session, actor, _community(place), wanted, after=after)
        for line in lines:
            days = [line.posting_from, line.posting_to]
            where = compounds.get(line.compound_id, "") if line.compound_id else ""
            is_public = _("是") if line.is_public else _("否")
            words = [line.title, _(KINDS[line.kind]), _(STATUSES[line.status]), where]
            rows.append([*words, *days, is_public, line.published_at, line.readers])
        if after is None:
            break
    header = [
        _("标题"),
        _("类别"),
        _("状态"),
        _("小区"),
        _("首日"),
        _("末日"),
        _("对外公开"),
        _("发布时间"),
        _("阅读人数"),
    ]
    return sheet(_("公告公示"), header, rows, file)


@get("/new", needs=CREATE)
def new_notice(session: ScopedSession, actor: Actor, place: Place) -> View:
    """An empty form."""
    return View("notices/form.html", {"notice": None, **_form_context(session, actor, place)})


def _form_context(session: ScopedSession, actor: Actor, place: Place) -> dict[str, Any]:
    return {
        "kinds": _translated(KINDS),
        "reaches": _reaches(session, actor, place),
        "posting_days": get_setting(session, "notices", POSTING_DAYS, community_id=_community(place)),
    }


@post("/new", needs=CREATE, retry=new_notice)
def create_notice(session: ScopedSession, actor: Actor, place: Place, data: NoticeForm) -> Redirect:
    """Keep a draft."""
    notice = service.create_notice(session, actor, _community(place), NoticeCreate(**notice_fields(data)))
    return Redirect(f"/notices/{notice.id}", _("草稿已保存，请核对后发布"))


@get("/{notice_id:uuid}", needs=READ)
def show_notice(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID) -> View:
    """A notice as its readers will see it, and what can be done with it."""
    notice = service.get_notice(session, actor, _community(place), notice_id)
    where = {"community_id": notice.community_id, "compound_id": notice.compound_id, "building_id": notice.building_id}
    names = _reaches(session, actor, place, READ)
    return View(
        "notices/show.html",
        {
            "notice": notice,
            "reach": names.get(reach_key(notice.compound_id, notice.building_id), ""),
            "files": attachments.attachments_of(session, notice.id),
            "statuses": _translated(STATUSES),
            "kinds": _translated(KINDS),
            "may_create": actor.can(CREATE, **where),
            "may_publish": actor.can(PUBLISH, **where),
            "may_withdraw": actor.can(WITHDRAW, **where),
        },
    )


@get("/{notice_id:uuid}/edit", needs=CREATE)
def edit_notice(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID) -> View:
    """The form of a draft."""
    service.require_draft(session, actor, _community(place), notice_id, lock=False)
    notice = service.get_notice(session, actor, _community(place), notice_id)
    context = _form_context(session, actor, place)
    return View(
        "notices/form.html",
        {"notice": notice, "reach": reach_key(notice.compound_id, notice.building_id), **context},
    )


@post("/{notice_id:uuid}/edit", needs=CREATE, retry=edit_notice)
def update_notice(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, data: NoticeForm) -> Redirect:
    """Change a draft."""
    change = NoticeUpdate(version=data.version, **notice_fields(data))
    service.update_notice(session, actor, _community(place), notice_id, change)
    return Redirect(f"/notices/{notice_id}", _("修改已保存"))


@post("/{notice_id:uuid}/publish", needs=PUBLISH, retry=show_notice)
def publish_notice(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, form: Form) -> Redirect:
    """Publish a draft as it was read."""
    version = form.value("version")
    service.publish_notice(
        session, actor, _community(place), notice_id, version=int(version) if version.isdigit() else None
    )
    return Redirect(f"/notices/{notice_id}", _("已发布"))


@post("/{notice_id:uuid}/withdraw", needs=WITHDRAW, retry=show_notice)
def withdraw_notice(
    session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, data: WithdrawForm
) -> Redirect:
    """Take a published notice back."""
    service.withdraw_notice(session, actor, _community(place), notice_id, data.reason)
    return Redirect(f"/notices/{notice_id}", _("已撤回，居民不再看到这则公告"))


@post("/{notice_id:uuid}/discard", needs=CREATE)
def discard_draft(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID) -> Redirect:
    """Delete a draft."""
    service.discard_draft(session, actor, _community(place), notice_id)
    return Redirect("/notices", _("草稿已删除"))


@post(
    "/{notice_id:uuid}/files",
    needs=CREATE,
    retry=show_notice,
    max_body=attachments.FILE_LIMIT + 1024 * 1024,
)
def attach_file(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, form: Form) -> Redirect:
    """Attach a file to a draft."""
    upload = form.files.get("file")
    if upload is None:
        raise Invalid.one("file", _("请选择要上传的文件"))
    attachments.attach(
        session,
        actor,
        _community(place),
        notice_id,
        form.uploads["file"],
        name=upload.filename,
        media_type=upload.content_type or "",
    )
    return Redirect(f"/notices/{notice_id}", _("附件已添加"))


@post("/{notice_id:uuid}/files/{file_id:uuid}/remove", needs=CREATE)
def detach_file(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, file_id: UUID) -> Redirect:
    """Take an attachment off a draft."""
    attachments.detach(session, actor, _community(place), notice_id, file_id)
    return Redirect(f"/notices/{notice_id}", _("附件已移除"))


@get("/", public=True)
def show_board(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    q: Words = "",
    status: str = "",
    kind: str = "",
    after: str = "",
) -> View:
    """The community's notices for those who read them; without signing in what is public."""
    found = board.read_board(session, actor, _required(place), list_filter(q, status, kind, ""), after)
    return View(
        "notices/board.html",
        {
            "notices": found.notices,
            "next": found.next,
            "kinds": _translated(KINDS),
            "statuses": {each: _(STATUSES[each]) for each in board.BOARD_STATUSES},
        },
        fragment="notices/_board.html",
    )


@get("/{notice_id:uuid}", public=True)
def read_notice(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID) -> View:
    """One notice, in full."""
    reading = board.read_notice(session, actor, _required(place), notice_id)
    return View(
        "notices/read.html",
        {"reading": reading, "notice": reading.notice, "kinds": _translated(KINDS), "statuses": _translated(STATUSES)},
    )


@post("/{notice_id:uuid}/read", public=True)
def confirm_read(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID) -> Redirect:
    """Count the resident among the readers."""
    board.confirm_read(session, actor, _required(place), notice_id)
    return Redirect(f"/notices/{notice_id}", _("谢谢，已记录您的阅读"))


def _required(place: Place) -> UUID:
    if place.community is None:
        raise NotFound
    return place.community.id


_managing = (
    list_notices,
    export_notices,
    new_notice,
    create_notice,
    show_notice,
    edit_notice,
    update_notice,
    publish_notice,
    withdraw_notice,
    discard_draft,
    attach_file,
    detach_file,
)
console = [*_managing]
admin = [*_managing]
resident = [show_board, read_notice, confirm_read]
