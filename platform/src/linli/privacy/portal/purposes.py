"""The purposes for which people are asked for their consent, of the street and of a community."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.text import gettext as _
from linli.privacy import consents
from linli.privacy.permissions import MANAGE, READ
from linli.privacy.schemas import PurposeIn
from linli.web.place import Place
from linli.web.results import Redirect, View
from linli.web.routing import get, post


class PurposeForm(Struct, kw_only=True):
    """The text that people read before they choose."""

    code: Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{1,39}$")]
    title: Annotated[str, Meta(min_length=1, max_length=100)]
    body: Annotated[str, Meta(min_length=1, max_length=8000)]
    is_sensitive: bool = False


def _community(place: Place) -> UUID | None:
    return place.community.id if place.community else None


@get("/consent-purposes", needs=READ)
def show_purposes(session: ScopedSession, place: Place) -> View:
    """What people are asked here."""
    return View("privacy/purposes.html", {"purposes": consents.list_purposes(session, _community(place))})


@get("/consent-purposes/new", needs=MANAGE)
def new_purpose(code: str = "") -> View:
    """The form of a new purpose, or of a new text for one."""
    return View("privacy/purpose_form.html", {"purpose": None, "code": code[:40]})


@get("/consent-purposes/{consent_purpose_id:uuid}", needs=READ)
def show_purpose(session: ScopedSession, place: Place, consent_purpose_id: UUID) -> View:
    """One text, and the form to write its next edition."""
    purpose = consents.get_purpose(session, consent_purpose_id)
    is_own = purpose.community_id == _community(place)
    return View("privacy/purpose_form.html", {"purpose": purpose, "code": purpose.code, "is_own": is_own})


@post("/consent-purposes", needs=MANAGE, retry=new_purpose)
def publish_purpose(session: ScopedSession, actor: Actor, place: Place, data: PurposeForm) -> Redirect:
    """Publish a text; whoever agreed to an older one is asked again."""
    wanted = PurposeIn(code=data.code, title=data.title, body=data.body, is_sensitive=data.is_sensitive)
    consents.publish_purpose(session, actor, _community(place), wanted)
    return Redirect("/consent-purposes", _("已发布，居民会在“我的信息”里看到"))


@post("/consent-purposes/{consent_purpose_id:uuid}/retire", needs=MANAGE)
def retire_purpose(session: ScopedSession, place: Place, consent_purpose_id: UUID) -> Redirect:
    """Ask no more."""
    consents.retire_purpose(session, _community(place), consent_purpose_id)
    return Redirect("/consent-purposes", _("已停用，不再询问居民"))


pages = [show_purposes, new_purpose, show_purpose, publish_purpose, retire_purpose]
