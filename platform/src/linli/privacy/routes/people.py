"""One resident's rights in the API, as the office sees to them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.cursor import PAGE, After, Limit
from linli.kit.errors import Invalid
from linli.kit.text import gettext as _
from linli.privacy import consents, holds, requests
from linli.privacy.permissions import HANDLE, MANAGE, READ
from linli.privacy.reveals import reveals_page
from linli.privacy.routes.listing import TAGS, consent_key
from linli.privacy.schemas import (
    ConsentOut,
    HoldIn,
    HoldOut,
    OfficeAsk,
    RequestOut,
    RevealOut,
)
from linli.privacy.sources import person_of
from linli.web.results import Page, page_of
from linli.web.routing import get, post

#: A scan in base64 is a third larger than itself.
_LARGEST_SCAN = 28 * 1024 * 1024


class PaperConsent(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A consent that was signed, or taken back, on paper."""

    purpose_id: UUID
    act: Literal["given", "withdrawn"] = "given"
    guardian_id: Annotated[UUID | None, Meta(description="who signed for a child")] = None
    scan_name: Annotated[str, Meta(min_length=1, max_length=200)] = "scan.pdf"
    scan: Annotated[bytes, Meta(description="the paper in base64; only a withdrawal does without")] = b""


class PersonHold(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why a person's data may not be deleted, and until when."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    until: date | None = None


@get("/residents/{resident_id:uuid}/reveals", needs=READ, tags=TAGS)
def list_reveals(
    session: ScopedSession, actor: Actor, resident_id: UUID, after: After = "", limit: Limit = PAGE
) -> Page[RevealOut]:
    """Who has seen a resident's whole numbers, newest first."""
    resident = requests.resident_handled(session, actor, resident_id, READ)
    person = person_of(session, resident.id)
    mine = person.resident_ids if person else ()
    items, more = reveals_page(session, mine, with_names=True, after=after, limit=limit)
    return Page(items=items, next=more)


@get("/residents/{resident_id:uuid}/consents", needs=READ, tags=TAGS)
def list_consents(
    session: ScopedSession, actor: Actor, resident_id: UUID, after: After = "", limit: Limit = PAGE
) -> Page[ConsentOut]:
    """Where a resident stands on each purpose."""
    resident = requests.resident_handled(session, actor, resident_id, READ)
    return page_of(consents.consents_of(session, resident), after, limit, key=consent_key)


@post("/residents/{resident_id:uuid}/copies", needs=HANDLE, tags=TAGS)
def make_copy(session: ScopedSession, actor: Actor, resident_id: UUID, data: OfficeAsk) -> RequestOut:
    """Have a copy made for a person who asks in person."""
    return requests.make_copy_at_counter(session, actor, resident_id, data)


@post("/residents/{resident_id:uuid}/erasures", needs=HANDLE, tags=TAGS)
def write_down_erasure(session: ScopedSession, actor: Actor, resident_id: UUID, data: OfficeAsk) -> RequestOut:
    """Write down that a person asks for erasure at the counter."""
    return requests.ask_erasure_at_counter(session, actor, resident_id, data)


@post("/residents/{resident_id:uuid}/consents", needs=HANDLE, max_body=_LARGEST_SCAN, tags=TAGS)
def record_paper(session: ScopedSession, actor: Actor, resident_id: UUID, data: PaperConsent) -> ConsentOut:
    """Record what a resident signed on paper, with its scan."""
    resident = requests.resident_handled(session, actor, resident_id, HANDLE)
    if data.act == "given" and not data.scan:
        raise Invalid.one("scan", _("请上传签字文件的照片或扫描件"), "pdf, jpg, png")
    return consents.choose(
        session,
        actor,
        resident,
        data.purpose_id,
        data.act,
        guardian_id=data.guardian_id,
        channel="paper",
        scan=(data.scan_name, data.scan) if data.scan else None,
    )


@post("/residents/{resident_id:uuid}/holds", needs=MANAGE, tags=TAGS)
def hold_person(session: ScopedSession, actor: Actor, resident_id: UUID, data: PersonHold) -> HoldOut:
    """Hold a resident's data: nothing of it is deleted until the hold ends."""
    resident = requests.resident_handled(session, actor, resident_id, MANAGE)
    return holds.set_hold(session, actor, HoldIn(reason=data.reason, resident_id=resident.id, until=data.until))


HANDLERS = [
    list_reveals,
    list_consents,
    make_copy,
    write_down_erasure,
    record_paper,
    hold_person,
]
