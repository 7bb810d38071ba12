"""Pages beside a notice: its record that anyone may check, and where else it was made known."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from linli.sdk import (
    Actor,
    Conflict,
    Download,
    Form,
    NotFound,
    Place,
    Redirect,
    ScopedSession,
    View,
    get,
    photos_of,
    post,
    today,
)
from linli.sdk import gettext as _
from linli_notices import board, channels, service
from linli_notices.choices import community_of, required_community, translated
from linli_notices.forms import ChannelForm
from linli_notices.models import Notice
from linli_notices.permissions import CREATE, READ
from linli_notices.schemas import CHANNELS, ChannelWrite
from linli_notices.snapshot import snapshots_of, verify

_DIFFERENCES = {
    "title": "标题",
    "kind": "类别",
    "body_html": "正文",
    "body_text": "正文",
    "is_public": "对外公开",
    "posting_from": "首日",
    "posting_to": "末日",
    "allows_objections": "接受意见",
    "objection_days": "接受意见的天数",
    "attachments": "附件",
    "record": "存档",
}


def record_name(notice: Notice, number: int) -> str:
    """The file name of a record: plain letters, so that the command beside it can be copied as it stands."""
    return f"notice-record-{number}-{notice.id.hex[:8]}.json"


def _record(session: ScopedSession, notice: Notice, own: str, *, whole: bool) -> dict[str, Any]:
    found = snapshots_of(session, notice.id)
    return {
        "notice": {"id": notice.id, "title": notice.title, "withdrawn": notice.state == "withdrawn"},
        "own": own,
        "records": [
            {
                "number": each.number,
                "purpose": each.purpose,
                "made_at": each.made_at,
                "sha256": each.sha256.hex(),
                "previous": each.previous.hex() if any(each.previous) else "",
                "recomputed": verdict.recomputed.hex(),
                "is_equal": verdict.is_equal,
                "follows": verdict.follows,
                "differs": list(dict.fromkeys(_(_DIFFERENCES.get(name, name)) for name in verdict.differs)),
                "is_sound": verdict.is_sound,
                "file": record_name(notice, each.number),
            }
            for each in found
            for verdict in [verify(session, notice, each)]
        ],
        "whole": whole,
    }


def _download(session: ScopedSession, notice: Notice, number: int) -> Download:
    found = snapshots_of(session, notice.id)
    if not found:
        raise Conflict(_("这则公告还没有存档"))
    for each in found:
        if each.number == number:
            return Download(each.content, record_name(notice, number), "application/json")
    raise NotFound(_("没有找到这份存档"))


@get("/{notice_id:uuid}/record", needs=READ)
def show_record(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID) -> View:
    """The record of a closed notice: its hash as recorded and as computed now."""
    notice = service.find_managed(session, actor, READ, community_of(place), notice_id)
    return View("notices/record.html", _record(session, notice, place.url(f"/notices/{notice.id}"), whole=True))


@get("/{notice_id:uuid}/record/{number:int}", needs=READ)
def download_record(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, number: int) -> Download:
    """The bytes of a record, exactly as they were hashed."""
    notice = service.find_managed(session, actor, READ, community_of(place), notice_id)
    return _download(session, notice, number)


@get("/{notice_id:uuid}/record", public=True)
def check_record(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID) -> View:
    """For readers: whether the record is what was hashed, and how to check that oneself."""
    notice = board.readable_notice(session, actor, required_community(place), notice_id)
    own = place.url(f"/notices/{notice.id}")
    return View("notices/record.html", _record(session, notice, own, whole=notice.state != "withdrawn"))


@get("/{notice_id:uuid}/record/{number:int}", public=True)
def fetch_record(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, number: int) -> Download:
    """For readers: the bytes of a record; of a withdrawn notice only those who manage it still read the text."""
    notice = board.readable_notice(session, actor, required_community(place), notice_id)
    if notice.state == "withdrawn":
        raise NotFound(_("这则公告已经撤回，存档不再公开"))
    return _download(session, notice, number)


@get("/{notice_id:uuid}/channels", needs=CREATE)
def new_channel(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID) -> View:
    """The form for where else a notice was made known."""
    notice = service.find_managed(session, actor, CREATE, community_of(place), notice_id)
    return View(
        "notices/channel.html",
        {"notice": notice, "channel_names": translated(CHANNELS), "day": today()},
    )


@post("/{notice_id:uuid}/channels", needs=CREATE, retry=new_channel, max_body=channels.PHOTO_LIMIT + 1024 * 1024)
def add_channel(
    session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, form: Form, data: ChannelForm
) -> Redirect:
    """Record where else a notice was made known, with a photo."""
    sent = photos_of(form, "photo", most=1, max_mb=channels.PHOTO_LIMIT // (1024 * 1024))
    photo = (sent[0].name, sent[0].content) if sent else None
    fields = {name: getattr(data, name) for name in ("channel", "place", "done_on", "done_by", "note")}
    channels.add_channel(session, actor, community_of(place), notice_id, ChannelWrite(**fields), photo=photo)
    return Redirect(f"/notices/{notice_id}", _("已记录"))


@post("/{notice_id:uuid}/channels/{channel_id:uuid}/remove", needs=CREATE)
def remove_channel(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, channel_id: UUID) -> Redirect:
    """Take back what was recorded by mistake."""
    channels.remove_channel(session, actor, community_of(place), notice_id, channel_id)
    return Redirect(f"/notices/{notice_id}", _("已删除这条记录"))


managing = (show_record, download_record, new_channel, add_channel, remove_channel)
resident = (check_record, fetch_record)
