"""A notice as a poster for the wall, A4 or A3: what may hang in public, and a code that opens its page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select

from linli.sdk import (
    SHANGHAI,
    Conflict,
    Download,
    ScopedSession,
    StoredFile,
    body_tree,
    code_picture,
    day_text,
    fit_picture,
    now,
    open_file,
    place_names,
    render_pdf,
)
from linli.sdk import gettext as _
from linli_notices.disclosure import hidden_names, is_confirmed
from linli_notices.masks import masked
from linli_notices.models import Notice, NoticeSnapshot
from linli_notices.objections.window import window_of
from linli_notices.repository import status_of

Paper = Literal["a4", "a3"]

#: Pictures among the attachments that are printed below the text.
_MOST_PICTURES = 4
_PICTURES = ("image/jpeg", "image/png", "image/webp")


def make_poster(
    session: ScopedSession,
    notice: Notice,
    *,
    paper: Paper,
    address: str,
    category: str,
    community_id: UUID | None,
    files: Sequence[StoredFile] = (),
) -> Download:
    """The poster as PDF. Names and doors are masked unless somebody has confirmed that these may be shown.

    Args:
        session: of the street or the community.
        notice: one that was published, withdrawn or not; the caller has judged who may have its poster.
        paper: ``a4`` or ``a3``, upright.
        address: the absolute address of its page.
        category: what kind of notice it is, in the reader's language.
        community_id: whose office stands below; ``None`` for the street's.
        files: its attachments; pictures among them are printed.

    Raises:
        Conflict: it was never published.
    """
    if notice.state not in ("published", "withdrawn") or status_of(notice) in ("draft", "scheduled"):
        raise Conflict(_("发布以后才能打印海报"))
    pictures: dict[str, bytes] = {"code.svg": code_picture(address)}
    is_open = is_confirmed(session, notice)
    names = [] if is_open else hidden_names(session, notice)
    body = body_tree(notice.body_html if is_open else masked(notice.body_html, names))
    body += _drawn(session, files, pictures)
    title = notice.title if is_open else masked(notice.title, names)
    data = {
        "paper": paper,
        "title": title,
        "category": category,
        "body": body,
        "office": _office(session, notice, community_id),
        "day": day_text(notice.published_at.astimezone(SHANGHAI).date()) if notice.published_at else "",
        "address": address,
        "lines": _lines(session, notice, files),
        "sha256": _sha256(session, notice),
        "withdrawn": _("已撤回") if notice.state == "withdrawn" else "",
        "words": {
            "scan": _("扫码查看全文和附件") if notice.is_public else _("扫码登录后查看全文和附件"),
            "code": _("二维码，打开这则公告的网页"),
            "sha256": _("存档校验值（SHA-256）："),
            "seal": _("（盖章处）"),
            "page": _("第 {n} 页 共 {m} 页"),
        },
    }
    content = render_pdf("notices/poster.typ", data, pictures=pictures)
    return Download(content, f"{title[:40]}-{paper.upper()}.pdf", "application/pdf")


def _drawn(session: ScopedSession, files: Sequence[StoredFile], pictures: dict[str, bytes]) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = []
    for file in files:
        if file.media_type not in _PICTURES or len(nodes) >= _MOST_PICTURES:
            continue
        _row, source = open_file(session, file.id)
        with source:
            fitted = fit_picture(source.read())
        if fitted is not None:
            name = f"picture-{len(nodes) + 1}.jpg"
            pictures[name] = fitted
            nodes.append({"type": "picture", "name": name, "alt": _("附图 {n}").format(n=len(nodes) + 1)})
    return nodes


def _office(session: ScopedSession, notice: Notice, community_id: UUID | None) -> str:
    names = place_names(session, notice.community_id or None)
    if notice.community_id is None or not names.community:
        return names.street
    return f"{names.street} {names.community}" if community_id is not None else names.community


def _lines(session: ScopedSession, notice: Notice, files: Sequence[StoredFile]) -> list[list[str]]:
    lines = []
    if notice.posting_from is not None:
        first = day_text(notice.posting_from)
        if notice.posting_to is not None:
            lines.append([_("展示日期"), _("{first}至{last}").format(first=first, last=day_text(notice.posting_to))])
        else:
            lines.append([_("展示日期"), _("{first}起").format(first=first)])
    window = window_of(session, notice)
    if window is not None and (window.closes_at is None or now() < window.closes_at):
        lines.append([_("异议和意见"), _("可扫码登录后提出，也可到居委会书面提出")])
    if files:
        lines.append([_("附件"), _("{n} 个，扫码查看").format(n=len(files))])
    return lines


def _sha256(session: ScopedSession, notice: Notice) -> str:
    if notice.closed_at is None:
        return ""
    found = session.scalar(
        select(NoticeSnapshot.sha256)
        .where(NoticeSnapshot.notice_id == notice.id)
        .order_by(NoticeSnapshot.number.desc())
        .limit(1)
    )
    return found.hex() if found else ""
