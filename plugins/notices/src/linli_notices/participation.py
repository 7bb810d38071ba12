"""What the pages of a notice show beside it: what was said, its poster, and how it looks when it is passed on."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from linli.sdk import Actor, Place, ScopedSession, ShareCard, community_names, get_setting, share_card, today
from linli_notices import board, disclosure, service
from linli_notices.choices import publisher_of, required_community
from linli_notices.forms import list_after
from linli_notices.models import Notice
from linli_notices.objections import own_pages, view
from linli_notices.objections.counts import counts_of
from linli_notices.objections.permissions import FILE_PAPER, READ_OBJECTIONS, READ_REACH
from linli_notices.objections.window import window_of
from linli_notices.participation_settings import SEARCH_ENGINES
from linli_notices.permissions import CREATE
from linli_notices.repository import status_of


def of_managed(session: ScopedSession, actor: Actor, place: Place, notice: Notice) -> dict[str, Any]:
    """For those who manage a notice: how much waits for an answer, and which papers it has."""
    is_out = notice.published_at is not None
    where = {"community_id": place.community.id if place.community else None}
    window = window_of(session, notice)
    is_unmasked = (
        notice.is_public
        and notice.state in ("draft", "scheduled")
        and service.may_manage(actor, notice, CREATE)
        and not disclosure.is_confirmed(session, notice)
    )
    return {
        "is_unmasked": is_unmasked,
        "said": counts_of(session, [notice.id]).get(notice.id) if notice.allows_objections and is_out else None,
        "takes_to": window.last_day if window else None,
        "may_read_objections": actor.holds(READ_OBJECTIONS),
        "may_file_paper": place.community is not None and window is not None and actor.can(FILE_PAPER, **where),
        "may_read_reach": place.community is not None and actor.holds(READ_REACH),
        "communities": {} if place.community or not is_out else community_names(session),
    }


def of_reader(
    session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, base_url: str, after: str
) -> dict[str, Any]:
    """For readers of a notice: what was said about it, and what a link to it shows elsewhere."""
    community_id = required_community(place)
    notice = board.readable_notice(session, actor, community_id, notice_id)
    window = window_of(session, notice)
    shows = status_of(notice) == "showing"
    return {
        "publisher": publisher_of(session, notice.community_id),
        "days_left": (notice.posting_to - today()).days if shows and notice.posting_to else None,
        "board": view.objection_board(session, actor, community_id, notice, after=list_after(after)),
        "takes_to": window.last_day if window else None,
        "share": _share(session, place, notice, base_url),
        "may_be_found": notice.is_public and get_setting(session, "notices", SEARCH_ENGINES, community_id=community_id),
        **own_pages.words(),
    }


def _share(session: ScopedSession, place: Place, notice: Notice, base_url: str) -> ShareCard | None:
    # What is not public tells nothing to those who make a card of its link; nor does what was withdrawn.
    if not notice.is_public or notice.state != "published":
        return None
    path, publisher = f"/notices/{notice.id}", publisher_of(session, notice.community_id)
    return share_card(base_url, place, path, notice.title, notice.body_text, publisher=publisher)
