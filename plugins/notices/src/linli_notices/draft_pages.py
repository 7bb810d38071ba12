"""Pages of drafting: what to begin with, the form, and what a text will look like."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec

from linli.sdk import Actor, Form, Place, Redirect, ScopedSession, View, asked_when, get, get_setting, post
from linli.sdk import gettext as _
from linli_notices import notice_templates, service
from linli_notices.body import gaps_in, make_body
from linli_notices.categories import Category, categories, defaults_of, length_words
from linli_notices.choices import community_of, reaches, translated, with_images
from linli_notices.forms import NoticeForm, notice_fields, reach_keys
from linli_notices.permissions import CREATE
from linli_notices.schemas import IDENTITY_RULES, KINDS, UNITS, NoticeCreate, NoticeUpdate
from linli_notices.settings import POSTING_DAYS

#: Characters of a text that is looked at before it is kept.
_MOST_TEXT = 20000

#: What the form of a new draft begins with.
_EMPTY: dict[str, Any] = {
    "title": "",
    "body": "",
    "kind": "announcement",
    "category": "",
    "reach": [],
    "posting_from": None,
    "posting_to": None,
    "period_days": None,
    "period_unit": "day",
    "is_public": False,
    "is_pinned": False,
    "allows_objections": False,
    "objection_days": None,
    "identity_rule": "masked",
    "notifies": True,
    "corrects_id": None,
}

Words = Annotated[str, msgspec.Meta(max_length=100)]


@get("/start", needs=CREATE)
def start_notice(session: ScopedSession, place: Place) -> View:
    """What a draft can begin with: a template, a category, or an empty page."""
    known = categories(session, archived=True)
    return View(
        "notices/start.html",
        {
            "templates": notice_templates.list_templates(session, community_of(place)),
            "categories": [
                {"key": each.key, "title": each.title, "kind": each.kind, "length": length_words(each)}
                for each in known.values()
                if not each.is_archived
            ],
            "kinds": translated(KINDS),
            "names": {key: each.title for key, each in known.items()},
        },
    )


@get("/new", needs=CREATE)
def new_notice(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    category: Words = "",
    template: Words = "",
    corrects: UUID | None = None,
) -> View:
    """The form of a new draft: empty, or begun with a category, a template or the notice that is to be put right."""
    known = categories(session, archived=True)
    start: dict[str, Any] = _EMPTY | {"category": category}
    if template:
        chosen = notice_templates.get_template(session, community_of(place), template)
        start["title"], start["body"] = notice_templates.begin_with(session, community_of(place), chosen)
        start["category"] = chosen.category
    if corrects is not None:
        old = service.get_notice(session, actor, community_of(place), corrects)
        start |= {"corrects_id": old.id, "title": _("更正：{title}").format(title=old.title)[:100], "body": old.body}
        start |= {"category": old.category, "reach": reach_keys(old.places)}
    chosen_category = known.get(str(start["category"]))
    if chosen_category is not None and not chosen_category.is_archived:
        start |= defaults_of(chosen_category)
    return View("notices/form.html", {"notice": None, "start": start, **_form_context(session, actor, place, known)})


def _form_context(
    session: ScopedSession, actor: Actor, place: Place, known: dict[str, Category], category: str = ""
) -> dict[str, Any]:
    offered = {key: each.title for key, each in known.items() if not each.is_archived or key == category}
    return {
        "asked": asked_when(NoticeForm),
        "kinds": translated(KINDS),
        "units": translated(UNITS),
        "identity_rules": translated(IDENTITY_RULES),
        "categories": offered,
        "sources": {key: each.source for key, each in known.items() if each.source},
        "reaches": reaches(session, actor, place),
        "posting_days": get_setting(session, "notices", POSTING_DAYS, community_id=community_of(place)),
    }


@post("/preview", needs=CREATE)
def preview_text(form: Form, place: Place) -> View:
    """What a text will look like; nothing is kept."""
    text = form.value("body")[:_MOST_TEXT]
    shown = with_images(make_body(text).html, [], place)
    context = {"title": form.value("title")[:100], "body_html": shown, "gaps": gaps_in(text)}
    return View("notices/preview.html", context, fragment="notices/_preview.html")


@post("/new", needs=CREATE, retry=new_notice)
def create_notice(session: ScopedSession, actor: Actor, place: Place, data: NoticeForm) -> Redirect:
    """Keep a draft."""
    notice = service.create_notice(session, actor, community_of(place), NoticeCreate(**notice_fields(data)))
    return Redirect(f"/notices/{notice.id}", _("草稿已保存，请核对后发布"))


@get("/{notice_id:uuid}/edit", needs=CREATE)
def edit_notice(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID) -> View:
    """The form of a draft."""
    service.require_draft(session, actor, community_of(place), notice_id, lock=False)
    notice = service.get_notice(session, actor, community_of(place), notice_id)
    context = _form_context(session, actor, place, categories(session, archived=True), notice.category)
    start = {**msgspec.structs.asdict(notice), "reach": reach_keys(notice.places)}
    return View("notices/form.html", {"notice": notice, "start": start, **context})


@post("/{notice_id:uuid}/edit", needs=CREATE, retry=edit_notice)
def update_notice(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, data: NoticeForm) -> Redirect:
    """Change a draft."""
    change = NoticeUpdate(version=data.version, **notice_fields(data))
    service.update_notice(session, actor, community_of(place), notice_id, change)
    return Redirect(f"/notices/{notice_id}", _("修改已保存"))


managing = (start_notice, new_notice, preview_text, create_notice, edit_notice, update_notice)
