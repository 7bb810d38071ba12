"""The pages: managing notices in the street console and the admin portal, reading them in the resident portal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import msgspec

from linli.sdk import (
    Actor,
    Download,
    Form,
    Invalid,
    Place,
    Redirect,
    ScopedSession,
    SheetColumns,
    SheetFormat,
    TableState,
    View,
    get,
    post,
    table_pages,
    table_sheet,
)
from linli.sdk import gettext as _
from linli_notices import (
    attachments,
    board,
    category_pages,
    channels,
    draft_pages,
    participation,
    participation_pages,
    publishing,
    record_pages,
    service,
    template_pages,
)
from linli_notices.categories import categories, category_titles, length_words
from linli_notices.choices import (
    community_of,
    outline_of,
    publisher_of,
    reach_names,
    required_community,
    translated,
    with_images,
)
from linli_notices.closing import last_snapshot
from linli_notices.forms import (
    ScheduleForm,
    WithdrawForm,
    list_filter,
    moment_of,
)
from linli_notices.listing import NOTICES
from linli_notices.objections import own_pages
from linli_notices.objections import pages as objection_pages
from linli_notices.objections.permissions import READ_OBJECTIONS
from linli_notices.permissions import CREATE, MANAGE_CATEGORIES, MANAGE_TEMPLATES, PUBLISH, READ, WITHDRAW
from linli_notices.schemas import CHANNELS, IDENTITY_RULES, KINDS, STATUSES, NoticeLine

#: Rows of an exported list.
_MOST_ROWS = 5000
_AT_ONCE = 500

Words = Annotated[str, msgspec.Meta(max_length=100)]


@get("/", needs=READ, table=NOTICES)
def list_notices(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    table: TableState,
    q: Words = "",
    status: str = "",
    kind: str = "",
    category: str = "",
    compound: str = "",
    after: str = "",
) -> View:
    """The notices that the person manages."""
    wanted = list_filter(q, status, kind, compound, category)
    lines, following = service.list_notices(session, actor, community_of(place), wanted, sort=table.sort, after=after)
    outline = outline_of(session, place)
    return View(
        "notices/list.html",
        {
            "notices": [(line, reach_names(outline, line.places, place) if line.places else "") for line in lines],
            "next": following,
            "statuses": translated(STATUSES),
            "kinds": translated(KINDS),
            "categories": category_titles(session, archived=True),
            "compounds": {str(each.id): each.name for each in outline},
            "may_create": actor.holds(CREATE),
            "may_read_objections": actor.holds(READ_OBJECTIONS),
            "may_manage_categories": place.community is None and actor.can(MANAGE_CATEGORIES),
        },
        fragment="notices/_list.html",
    )


@get("/export", needs=READ, table=NOTICES)
def export_notices(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    table: TableState,
    q: Words = "",
    status: str = "",
    kind: str = "",
    category: str = "",
    compound: str = "",
    columns: SheetColumns = "all",
    file: SheetFormat = "csv",
) -> Download:
    """The list as a file, filtered and in the order of the page."""
    wanted = list_filter(q, status, kind, compound, category)
    outline = outline_of(session, place)
    named = category_titles(session, archived=True)
    rows: list[dict[str, Any]] = []
    after: str | None = ""
    while after is not None and len(rows) < _MOST_ROWS:
        lines, after = service.list_notices(
            session, actor, community_of(place), wanted, sort=table.sort, after=after, limit=_AT_ONCE
        )
        rows += [_cells(line, named, reach_names(outline, line.places, place)) for line in lines]
    return table_sheet(_("公告公示"), table, rows[:_MOST_ROWS], file, columns)


def _cells(line: NoticeLine, named: Mapping[str, str], places: str) -> dict[str, Any]:
    days = [day.isoformat() if day else "" for day in (line.posting_from, line.posting_to)]
    return {
        **msgspec.structs.asdict(line),
        "category": named.get(line.category) or _(KINDS[line.kind]),
        "status": _(STATUSES[line.status]),
        "posting": _("至").join(days) if any(days) else "",
        "places": places,
        "is_public": _("是") if line.is_public else _("否"),
        "allows_objections": _("是") if line.allows_objections else _("否"),
    }


@get("/{notice_id:uuid}", needs=READ)
def show_notice(session: ScopedSession, actor: Actor, place: Place, house: Any, notice_id: UUID) -> View:
    """A notice as its readers will see it, and what can be done with it."""
    row = service.find_managed(session, actor, READ, community_of(place), notice_id)
    notice = service.get_notice(session, actor, community_of(place), notice_id)
    said = participation.of_managed(session, actor, place, row)
    files = attachments.attachments_of(session, notice.id)
    named = categories(session, archived=True)
    link = f"{house.settings.base_url}{place.home}/notices/{notice.id}" if place.community else ""
    publisher = publisher_of(session, notice.community_id)
    corrects = service.find_corrected(session, actor, row)
    return View(
        "notices/show.html",
        {
            "notice": notice,
            "body_html": with_images(notice.body_html, files, place),
            "category": named[notice.category].title if notice.category in named else "",
            "length": length_words(notice) if notice.period_days else "",
            "source": named[notice.category].source if notice.category in named else "",
            "reach": reach_names(outline_of(session, place), notice.places, place),
            "files": files,
            "statuses": translated(STATUSES),
            "kinds": translated(KINDS),
            "identity_rules": translated(IDENTITY_RULES),
            "channel_names": translated(CHANNELS),
            "channels": channels.channels_of(session, notice.id) if notice.published_at else [],
            "chat": channels.chat_text(notice.title, row.body_text, publisher, link) if notice.published_at else "",
            "snapshot": last_snapshot(session, notice.id) if notice.closed_at else None,
            "corrects": corrects,
            "corrected_by": service.corrections_of(session, actor, row),
            **said,
            "may_create": service.may_manage(actor, row, CREATE),
            "may_publish": service.may_manage(actor, row, PUBLISH),
            "may_withdraw": service.may_manage(actor, row, WITHDRAW),
            "may_keep_template": actor.can(MANAGE_TEMPLATES, community_id=notice.community_id),
        },
    )


@post("/{notice_id:uuid}/publish", needs=PUBLISH, retry=show_notice)
def publish_notice(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, form: Form) -> Redirect:
    """Publish a draft as it was read."""
    version = form.value("version")
    publishing.publish_notice(
        session, actor, community_of(place), notice_id, version=int(version) if version.isdigit() else None
    )
    return Redirect(f"/notices/{notice_id}", _("已发布"))


@post("/{notice_id:uuid}/schedule", needs=PUBLISH, retry=show_notice)
def schedule_notice(
    session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, data: ScheduleForm
) -> Redirect:
    """Have a draft publish itself at a moment, or move that moment."""
    publishing.schedule_notice(
        session, actor, community_of(place), notice_id, moment_of(data.publish_at), version=data.version
    )
    return Redirect(f"/notices/{notice_id}", _("已设定定时发布，到时自动发布"))


@post("/{notice_id:uuid}/unschedule", needs=PUBLISH)
def unschedule_notice(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID) -> Redirect:
    """Make a draft again of a notice that waits for its moment."""
    publishing.unschedule_notice(session, actor, community_of(place), notice_id)
    return Redirect(f"/notices/{notice_id}", _("已取消定时发布，仍是草稿"))


@post("/{notice_id:uuid}/withdraw", needs=WITHDRAW, retry=show_notice)
def withdraw_notice(
    session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, data: WithdrawForm
) -> Redirect:
    """Take a published notice back."""
    publishing.withdraw_notice(session, actor, community_of(place), notice_id, data.reason)
    return Redirect(f"/notices/{notice_id}", _("已撤回，居民不再看到这则公告"))


@post("/{notice_id:uuid}/discard", needs=CREATE)
def discard_draft(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID) -> Redirect:
    """Delete a draft."""
    service.discard_draft(session, actor, community_of(place), notice_id)
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
        community_of(place),
        notice_id,
        form.uploads["file"],
        name=upload.filename,
        media_type=upload.content_type or "",
    )
    return Redirect(f"/notices/{notice_id}", _("附件已添加"))


@post("/{notice_id:uuid}/files/{file_id:uuid}/remove", needs=CREATE)
def detach_file(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, file_id: UUID) -> Redirect:
    """Take an attachment off a draft."""
    attachments.detach(session, actor, community_of(place), notice_id, file_id)
    return Redirect(f"/notices/{notice_id}", _("附件已移除"))


@get("/", public=True)
def show_board(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    q: Words = "",
    status: str = "",
    kind: str = "",
    category: Words = "",
    after: str = "",
) -> View:
    """The community's notices for those who read them; without signing in what is public."""
    wanted = list_filter(q, status, kind, "", category)
    found = board.read_board(session, actor, required_community(place), wanted, after)
    return View(
        "notices/board.html",
        {
            "notices": found.notices,
            "next": found.next,
            "kinds": translated(KINDS),
            "categories": category_titles(session),
            "names": category_titles(session, archived=True) if found.notices else {},
            "statuses": {each: _(STATUSES[each]) for each in board.BOARD_STATUSES},
        },
        fragment="notices/_board.html",
    )


@get("/{notice_id:uuid}", public=True)
def read_notice(
    session: ScopedSession, actor: Actor, place: Place, house: Any, notice_id: UUID, after: str = ""
) -> View:
    """One notice, in full."""
    reading = board.read_notice(session, actor, required_community(place), notice_id)
    shown = with_images(reading.notice.body_html, reading.files, place)
    return View(
        "notices/read.html",
        {
            "reading": reading,
            "notice": msgspec.structs.replace(reading.notice, body_html=shown),
            "category": category_titles(session, archived=True).get(reading.notice.category, ""),
            "kinds": translated(KINDS),
            "statuses": translated(STATUSES),
            **participation.of_reader(session, actor, place, notice_id, house.settings.base_url, after),
        },
    )


@post("/{notice_id:uuid}/read", public=True)
def confirm_read(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID) -> Redirect:
    """Count the resident among the readers."""
    board.confirm_read(session, actor, required_community(place), notice_id)
    return Redirect(f"/notices/{notice_id}", _("谢谢，已记录您的阅读"))


_managing = (
    list_notices,
    *table_pages(list_notices),
    export_notices,
    show_notice,
    publish_notice,
    schedule_notice,
    unschedule_notice,
    withdraw_notice,
    discard_draft,
    attach_file,
    detach_file,
)
console = [*_managing, *draft_pages.managing, *record_pages.managing, *template_pages.managing, *category_pages.console]
console += [*objection_pages.managing, *participation_pages.managing]
admin = [*_managing, *draft_pages.managing, *record_pages.managing, *template_pages.managing]
admin += [*objection_pages.managing, *objection_pages.admin]
admin += [*participation_pages.managing, *participation_pages.admin]
resident = [show_board, read_notice, confirm_read, *record_pages.resident, *own_pages.resident]
