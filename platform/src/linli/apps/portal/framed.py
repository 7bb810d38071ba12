"""The page that frames an app's own, with the signed word that the person hands over by opening it."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from linli.apps.models import App
from linli.apps.panel import SANDBOX, content_security, context_for
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.web.middleware import CONTENT_SECURITY
from linli.web.place import Place
from linli.web.results import GuardedView, View
from linli.web.visit import Visit

AppName = Annotated[str, Meta(max_length=40)]


def framed(session: ScopedSession, actor: Actor, place: Place, visit: Visit, app: App) -> View:
    """The framed page of an app, for this person at this place."""
    word = context_for(
        session,
        app,
        actor,
        street=place.street.slug if place.street else "",
        community=place.community.slug if place.community else "",
        portal=place.portal.value,
        locale=visit.locale,
    )
    context = {"app": app, "word": word, "sandbox": SANDBOX}
    # The signed word is in the page: nobody keeps a copy, and it goes to nobody by a referrer.
    headers = {"content-security-policy": content_security(app, CONTENT_SECURITY), "referrer-policy": "no-referrer"}
    return GuardedView("apps/panel.html", context, headers=headers)
