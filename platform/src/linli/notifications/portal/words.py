"""The street's own words for messages: a list of kinds, an editor with a preview, and the way back."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.text import LOCALES
from linli.kit.text import gettext as _
from linli.notifications.kinds import kinds_on
from linli.notifications.log import CHANNEL_TITLES
from linli.notifications.rendering import INBOX, Words
from linli.notifications.templates import (
    BODY_LENGTH,
    PLACES,
    SUBJECT_LENGTH,
    Template,
    clear_template,
    get_template,
    preview,
    rewritten,
    set_template,
)
from linli.plugins.gate import is_on
from linli.web.results import Redirect, View
from linli.web.routing import get, post
from linli.web.visit import Visit


class WordsForm(Struct):
    subject: Annotated[str, Meta(max_length=SUBJECT_LENGTH * 4)] = ""
    body: Annotated[str, Meta(max_length=BODY_LENGTH * 4)] = ""
    version: int = 0
    only_look: bool = False


def place_titles() -> dict[str, str]:
    """The inbox and the channels, in the language of the request."""
    return {INBOX: _("站内消息"), **{name: _(title) for name, title in CHANNEL_TITLES.items()}}


@get("/messages", needs="core.message.read")
def show_kinds(session: ScopedSession, visit: Visit) -> View:
    """Every kind of message, and where the street has words of its own."""
    own = rewritten(session)
    titles = place_titles()
    rows = [
        {
            "name": kind.name,
            "title": _(kind.title),
            "subject": _(kind.subject),
            "is_urgent": kind.is_urgent,
            "channels": [titles[channel] for channel in kind.channels],
            "own": [(locale, channel, LOCALES[locale], titles[channel]) for locale, channel in own.get(kind.name, [])],
        }
        for kind in kinds_on(lambda owner: is_on(owner, visit.plugins))
    ]
    return View("notifications/kinds.html", {"kinds": rows})


@get("/messages/{kind:str}/{locale:str}/{channel:str}", needs="core.message.read")
def show_words(session: ScopedSession, kind: str, locale: str, channel: str) -> View:
    """The words of one kind, to be changed."""
    return _page(session, get_template(session, kind, locale, channel))


def _page(session: ScopedSession, template: Template, looked_at: Words | None = None) -> View:
    return View(
        "notifications/words.html",
        {
            "template": template,
            "kind": template.kind.name,
            "kind_title": _(template.kind.title),
            "names": [f"{{{name}}}" for name in template.names],
            "locales": LOCALES,
            "places": {place: place_titles()[place] for place in PLACES},
            "looked_at": looked_at,
            "shown": preview(session, template, template.words),
            "subject_length": SUBJECT_LENGTH,
            "body_length": BODY_LENGTH,
        },
    )


@post("/messages/{kind:str}/{locale:str}/{channel:str}", needs="core.message.manage", retry=show_words)
def save_words(
    session: ScopedSession, actor: Actor, data: WordsForm, kind: str, locale: str, channel: str
) -> Redirect | View:
    """Keep the street's own words, or only look at them."""
    template = get_template(session, kind, locale, channel)
    words = Words(data.subject, data.body)
    if data.only_look:
        return _page(session, template, preview(session, template, words))
    set_template(session, actor, template, words, version=data.version)
    return Redirect(f"/messages/{kind}/{locale}/{channel}", _("已保存，从现在起使用这段文字"))


@post("/messages/{kind:str}/{locale:str}/{channel:str}/clear", needs="core.message.manage")
def restore_words(session: ScopedSession, kind: str, locale: str, channel: str) -> Redirect:
    """Give up the street's own words."""
    clear_template(session, get_template(session, kind, locale, channel))
    return Redirect(f"/messages/{kind}/{locale}/{channel}", _("已恢复默认文字"))


pages = [show_kinds, show_words, save_words, restore_words]
