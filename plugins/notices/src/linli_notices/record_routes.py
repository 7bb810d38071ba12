"""The JSON API beside notices: their records, templates, categories, and where else they were made known."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec

from linli.sdk import (
    PAGE,
    Actor,
    After,
    Conflict,
    Download,
    Limit,
    NotFound,
    Page,
    Place,
    ScopedSession,
    delete,
    get,
    page_of,
    post,
    put,
)
from linli.sdk import gettext as _
from linli_notices import board, channels, notice_templates, service
from linli_notices.attachments import decoded
from linli_notices.categories import Category, archive_category, categories, save_category
from linli_notices.choices import community_of, required_community
from linli_notices.models import Notice
from linli_notices.permissions import CREATE, MANAGE_CATEGORIES, MANAGE_TEMPLATES, READ
from linli_notices.record_pages import download_record, fetch_record, record_name
from linli_notices.schemas import (
    CategoryOut,
    CategoryWrite,
    ChannelOut,
    ChannelWrite,
    SnapshotOut,
    TemplateOut,
    TemplateWrite,
)
from linli_notices.snapshot import snapshots_of, verify

#: A photo in base64 is a third larger than itself.
_LARGEST_PHOTO = 15 * 1024 * 1024


RecordNumber = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]


class ChannelCreate(ChannelWrite, kw_only=True):
    """Where else a notice was made known, with a photo as evidence."""

    photo_name: Annotated[str, msgspec.Meta(max_length=200)] = ""
    photo: Annotated[str, msgspec.Meta(description="the photo in base64, at most 10 MB before encoding")] = ""


class Archiving(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Whether something is no longer offered."""

    archived: bool


def _snapshot(session: ScopedSession, notice: Notice) -> Download:
    found = snapshots_of(session, notice.id)
    if not found:
        raise Conflict(_("这则公告还没有存档"))
    last = found[-1]
    headers = {"x-content-sha256": last.sha256.hex()}
    return Download(last.content, record_name(notice, last.number), "application/json", headers=headers)


def _verdicts(session: ScopedSession, notice: Notice) -> list[SnapshotOut]:
    made = []
    for each in snapshots_of(session, notice.id):
        verdict = verify(session, notice, each)
        made.append(
            SnapshotOut(
                notice_id=notice.id,
                number=each.number,
                purpose=each.purpose,
                made_at=each.made_at,
                sha256=each.sha256.hex(),
                recomputed=verdict.recomputed.hex(),
                is_equal=verdict.is_equal,
                previous=each.previous.hex(),
                follows=verdict.follows,
                differs=list(verdict.differs),
            )
        )
    return made


@get("/{notice_id:uuid}/snapshot", needs=READ, also=(409,))
def fetch_snapshot(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID) -> Download:
    """The latest record of a closed notice, byte for byte as it was hashed."""
    return _snapshot(session, service.find_managed(session, actor, READ, community_of(place), notice_id))


@get("/{notice_id:uuid}/verify", needs=READ)
def verify_snapshot(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID) -> Page[SnapshotOut]:
    """Whether the records of a closed notice are what was hashed; none while it is open."""
    return Page(items=_verdicts(session, service.find_managed(session, actor, READ, community_of(place), notice_id)))


@get("/board/{notice_id:uuid}/snapshot", public=True, also=(409,))
def fetch_board_snapshot(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID) -> Download:
    """The record of a closed notice for its readers; that of a withdrawn one is no longer given out."""
    notice = board.readable_notice(session, actor, required_community(place), notice_id)
    if notice.state == "withdrawn":
        raise NotFound(_("这则公告已经撤回，存档不再公开"))
    return _snapshot(session, notice)


@get("/board/{notice_id:uuid}/verify", public=True)
def verify_board_snapshot(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID) -> Page[SnapshotOut]:
    """For readers: whether the records of a closed notice are what was hashed."""
    return Page(items=_verdicts(session, board.readable_notice(session, actor, required_community(place), notice_id)))


@get("/board/{notice_id:uuid}/record/{number:int}", public=True, also=(409,))
def fetch_board_record(
    session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, number: RecordNumber
) -> Download:
    """One record of a notice by its number, for its readers."""
    return fetch_record.call(session, actor, place, notice_id, number)


@get("/{notice_id:uuid}/record/{number:int}", needs=READ, also=(409,))
def fetch_numbered(
    session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, number: RecordNumber
) -> Download:
    """One record of a notice by its number, byte for byte as it was hashed."""
    return download_record.call(session, actor, place, notice_id, number)


@get("/{notice_id:uuid}/channels", needs=READ)
def list_channels(
    session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, after: After = "", limit: Limit = PAGE
) -> Page[ChannelOut]:
    """Where else a notice was made known; at most thirty entries."""
    found = channels.list_channels(session, actor, community_of(place), notice_id)
    return page_of(found, after, limit, key=lambda channel: str(channel.id))


@post("/{notice_id:uuid}/channels", needs=CREATE, max_body=_LARGEST_PHOTO)
def add_channel(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, data: ChannelCreate) -> ChannelOut:
    """Record that a notice was made known somewhere else."""
    fields = {name: getattr(data, name) for name in ("channel", "place", "done_on", "done_by", "note")}
    photo = (data.photo_name or "photo.jpg", decoded(data.photo, "photo")) if data.photo else None
    return channels.add_channel(session, actor, community_of(place), notice_id, ChannelWrite(**fields), photo=photo)


@delete("/{notice_id:uuid}/channels/{channel_id:uuid}", needs=CREATE)
def remove_channel(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, channel_id: UUID) -> None:
    """Take back what was recorded by mistake, while the record is open."""
    channels.remove_channel(session, actor, community_of(place), notice_id, channel_id)


@get("/templates", needs=CREATE)
def list_templates(
    session: ScopedSession, place: Place, archived: bool = False, after: After = "", limit: Limit = PAGE
) -> Page[TemplateOut]:
    """The templates that this place may use: its own, its street's, the built-in ones."""
    found = notice_templates.list_templates(session, community_of(place), archived=archived)
    return page_of(found, after, limit, key=lambda template: template.id)


@get("/templates/{template_id:str}", needs=CREATE)
def show_template(session: ScopedSession, place: Place, template_id: str) -> TemplateOut:
    """One template, with the same text filled in."""
    return notice_templates.get_template(session, community_of(place), template_id)


@post("/templates", needs=MANAGE_TEMPLATES)
def create_template(session: ScopedSession, actor: Actor, place: Place, data: TemplateWrite) -> TemplateOut:
    """A new template of this place."""
    return notice_templates.save_template(session, actor, community_of(place), "", data)


@put("/templates/{template_id:str}", needs=MANAGE_TEMPLATES)
def update_template(
    session: ScopedSession, actor: Actor, place: Place, template_id: str, data: TemplateWrite
) -> TemplateOut:
    """Change a template of this place; a stale ``version`` is refused."""
    return notice_templates.save_template(session, actor, community_of(place), template_id, data)


@post("/templates/{template_id:str}/archive", needs=MANAGE_TEMPLATES, status=200)
def archive_template(
    session: ScopedSession, actor: Actor, place: Place, template_id: str, data: Archiving
) -> TemplateOut:
    """Offer a template no longer, or again."""
    return notice_templates.archive_template(session, actor, community_of(place), template_id, archived=data.archived)


@get("/categories", needs=READ)
def list_categories(
    session: ScopedSession, archived: bool = False, after: After = "", limit: Limit = PAGE
) -> Page[CategoryOut]:
    """The categories of the street; with ``archived`` also those no longer offered."""
    found = [_category(each) for each in categories(session, archived=archived).values()]
    return page_of(found, after, limit, key=lambda category: category.key)


@post("/categories", needs=MANAGE_CATEGORIES)
def create_category(session: ScopedSession, actor: Actor, data: CategoryWrite) -> CategoryOut:
    """Add a category of the street's own."""
    return _category(save_category(session, actor, "", data))


@put("/categories/{key:str}", needs=MANAGE_CATEGORIES)
def update_category(session: ScopedSession, actor: Actor, key: str, data: CategoryWrite) -> CategoryOut:
    """Change a category; a stale ``version`` is refused."""
    return _category(save_category(session, actor, key, data))


@post("/categories/{key:str}/archive", needs=MANAGE_CATEGORIES, status=200)
def set_category_archived(session: ScopedSession, actor: Actor, key: str, data: Archiving) -> CategoryOut:
    """Offer a category no longer, or again."""
    return _category(archive_category(session, actor, key, archived=data.archived))


def _category(each: Category) -> CategoryOut:
    names = {field.name for field in msgspec.structs.fields(CategoryOut)} - {"name", "source"}
    values = {name: getattr(each, name) for name in names}
    return CategoryOut(name=each.title, source=each.source, **values)


managing = (
    fetch_snapshot,
    fetch_numbered,
    verify_snapshot,
    list_channels,
    add_channel,
    remove_channel,
    list_templates,
    show_template,
    create_template,
    update_template,
    archive_template,
    list_categories,
)
street_api = (*managing, create_category, update_category, set_category_archived)
community_api = (*managing, fetch_board_snapshot, fetch_board_record, verify_board_snapshot)
