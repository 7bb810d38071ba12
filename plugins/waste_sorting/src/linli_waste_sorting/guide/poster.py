"""The guide on paper: one page for each kind of waste, with its colour, for the wall beside the containers."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from linli.sdk import Download, ScopedSession, code_picture, place_names, render_pdf
from linli.sdk import gettext as _
from linli_waste_sorting.guide.service import items_for
from linli_waste_sorting.guide.showing import Speaker
from linli_waste_sorting.models import CATEGORIES

Paper = Literal["a4", "a3"]


def make_poster(
    session: ScopedSession, community_id: UUID | None, base_url: str, category: str, paper: Paper
) -> Download:
    """A page for each kind of waste, or for one of them, as PDF.

    Args:
        session: of the street or the community.
        community_id: whose own rules it shows, and to whose page its code leads; ``None`` for the shared list alone,
            without a code.
        base_url: what addresses of this installation begin with.
        category: one kind; empty for all.
        paper: ``a4`` or ``a3``, upright.
    """
    speaker, names = Speaker(session), place_names(session, community_id)
    address = f"{base_url}{names.path}/waste_sorting/guide" if community_id else ""
    items = [each for each in items_for(session, community_id) if category in ("", each.category)]
    data = {
        "paper": paper,
        "title": _("什么垃圾投哪里"),
        "office": f"{names.street} {names.community}".strip(),
        "address": address,
        "kinds": [_page(speaker, code, items) for code in CATEGORIES if category in ("", code)],
        "words": {
            "scan": _("没有写到的，扫码查一查"),
            "code": _("二维码，打开查询页面"),
            "ask": _("拿不准，请问值守人员。"),
            "own": _("本社区规定"),
            "comma": _("、"),
        },
    }
    pictures = {"code.svg": code_picture(address)} if address else {}
    title = speaker.titles[category] if category else _("什么垃圾投哪里")
    content = render_pdf("waste_sorting/guide.typ", data, pictures=pictures)
    return Download(content, f"{title}-{paper.upper()}.pdf", "application/pdf")


def _page(speaker: Speaker, code: str, items: list[Any]) -> dict[str, Any]:
    shown = [speaker.shown(each) for each in items if each.category == code]
    return {
        "label": speaker.titles[code],
        "tone": speaker.tones[code],
        "items": [{"title": each.title, "hint": each.hint, "own": each.own_id is not None} for each in shown],
    }
