"""One's own data in the API: what is kept, who looked, what was asked for, what was agreed to."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

import msgspec

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.cursor import PAGE, After, Limit
from linli.kit.errors import NotFound
from linli.privacy import consents, requests
from linli.privacy.export import gather
from linli.privacy.inbox import masked_changes
from linli.privacy.permissions import OWN
from linli.privacy.portal.mine import whom
from linli.privacy.reveals import reveals_page
from linli.privacy.routes.listing import TAGS, AfterRow, consent_key
from linli.privacy.schemas import (
    ConsentOut,
    CorrectionAsk,
    ErasureAsk,
    RequestDetail,
    RequestOut,
    RevealOut,
    SectionOut,
)
from linli.privacy.sources import person_of
from linli.web.results import Page, page_of
from linli.web.routing import get, post


class Choice(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A choice on a purpose, for oneself or for a child of one's household."""

    act: Literal["given", "withdrawn"]
    resident_id: UUID | None = None


@get("/my-data", needs=OWN, tags=TAGS)
def show_my_data(session: ScopedSession, actor: Actor) -> Page[SectionOut]:
    """Everything that is stored about the caller, part by part, their own numbers in clear."""
    person = person_of(session, requests.own_resident(session, actor).id)
    if person is None:
        raise NotFound
    return Page(items=gather(session, person, read_only=True))


@get("/my-data/reveals", needs=OWN, tags=TAGS)
def list_my_reveals(session: ScopedSession, actor: Actor, after: After = "", limit: Limit = PAGE) -> Page[RevealOut]:
    """Who has seen the caller's whole numbers, newest first."""
    person = person_of(session, requests.own_resident(session, actor).id)
    items, more = reveals_page(session, person.resident_ids if person else (), after=after, limit=limit)
    return Page(items=items, next=more)


@get("/my-data/requests", needs=OWN, tags=TAGS)
def list_my_requests(
    session: ScopedSession, actor: Actor, after: AfterRow = None, limit: Limit = PAGE
) -> Page[RequestOut]:
    """The caller's requests, newest first."""
    items, more = requests.own_requests_page(session, actor.resident_ids, after=after, limit=limit)
    return Page(items=items, next=str(more) if more else None)


@get("/my-data/requests/{privacy_request_id:uuid}", needs=OWN, tags=TAGS)
def show_my_request(session: ScopedSession, actor: Actor, privacy_request_id: UUID) -> RequestDetail:
    """How one of the caller's requests stands."""
    return masked_changes(requests.own_request(session, actor, privacy_request_id))


@post("/my-data/copies", needs=OWN, tags=TAGS)
def ask_copy(session: ScopedSession, actor: Actor) -> RequestOut:
    """Have a copy made; one a day."""
    return requests.ask_for_copy(session, actor)


@post("/my-data/corrections", needs=OWN, tags=TAGS)
def ask_correction(session: ScopedSession, actor: Actor, data: CorrectionAsk) -> RequestOut:
    """Ask to change what is wrong."""
    return requests.ask_for_correction(session, actor, data)


@post("/my-data/erasures", needs=OWN, tags=TAGS)
def ask_erasure(session: ScopedSession, actor: Actor, data: ErasureAsk) -> RequestOut:
    """Ask to be erased."""
    return requests.ask_for_erasure(session, actor, data)


@post("/my-data/requests/{privacy_request_id:uuid}/withdraw", needs=OWN, status=200, tags=TAGS)
def take_back_request(session: ScopedSession, actor: Actor, privacy_request_id: UUID) -> RequestOut:
    """Take back a request that was not decided yet."""
    return requests.withdraw(session, actor, privacy_request_id)


@get("/my-data/consents", needs=OWN, tags=TAGS)
def list_my_consents(session: ScopedSession, actor: Actor, after: After = "", limit: Limit = PAGE) -> Page[ConsentOut]:
    """Where the caller, and the children of their household, stand on each purpose."""
    me = requests.own_resident(session, actor)
    people = (me, *consents.wards_of(session, me.id))
    found = [line for each in people for line in consents.consents_of(session, each)]
    return page_of(found, after, limit, key=consent_key)


@post("/my-data/consents/{consent_purpose_id:uuid}", needs=OWN, status=200, tags=TAGS)
def choose_consent(session: ScopedSession, actor: Actor, consent_purpose_id: UUID, data: Choice) -> ConsentOut:
    """Give or withdraw a consent."""
    resident, guardian_id = whom(session, actor, data.resident_id)
    return consents.choose(session, actor, resident, consent_purpose_id, data.act, guardian_id=guardian_id)


HANDLERS = [
    show_my_data,
    list_my_reveals,
    list_my_requests,
    show_my_request,
    ask_copy,
    ask_correction,
    ask_erasure,
    take_back_request,
    list_my_consents,
    choose_consent,
]
