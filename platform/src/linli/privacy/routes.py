"""People's data in the API: one's own, the requests of a community, and the street's periods, holds and purges."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.cursor import PAGE, After, Limit
from linli.kit.errors import NotFound
from linli.kit.scope import Scope
from linli.privacy import assessments, consents, decisions, holds, purging, requests
from linli.privacy.export import gather
from linli.privacy.inbox import RequestFilter, get_request, list_requests, load_by_community, masked_changes
from linli.privacy.permissions import HANDLE, MANAGE, OWN, READ
from linli.privacy.portal.mine import whom
from linli.privacy.reveals import reveals_page
from linli.privacy.schemas import (
    AssessmentIn,
    AssessmentOut,
    AssessmentUpdate,
    ClassOut,
    CommunityLoad,
    ConsentOut,
    CorrectionAsk,
    Decision,
    ErasureAsk,
    HoldIn,
    HoldOut,
    Lift,
    OfficeAsk,
    PeriodIn,
    PurgeOut,
    PurposeIn,
    PurposeOut,
    Rehearsal,
    RequestDetail,
    RequestOut,
    RevealOut,
    SectionOut,
)
from linli.privacy.sources import person_of
from linli.web.results import Page, page_of
from linli.web.routing import get, post, put

TAGS = ["privacy"]
AfterRow = Annotated[UUID | None, Meta(description="`next` of the page before")]
Kind = Literal["", "copy", "correction", "erasure"]
RequestState = Literal["", "pending", "open", "working", "done", "refused", "withdrawn"]


class Choice(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A choice on a purpose, for oneself or for a child of one's household."""

    act: Literal["given", "withdrawn"]
    resident_id: UUID | None = None


class ClassName(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The class of data to rehearse."""

    data_class: Annotated[str, Meta(max_length=100)]


class Version(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The version that was read."""

    version: int


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
    return page_of(found, after, limit, key=_consent_key)


@post("/my-data/consents/{consent_purpose_id:uuid}", needs=OWN, status=200, tags=TAGS)
def choose_consent(session: ScopedSession, actor: Actor, consent_purpose_id: UUID, data: Choice) -> ConsentOut:
    """Give or withdraw a consent."""
    resident, guardian_id = whom(session, actor, data.resident_id)
    return consents.choose(session, actor, resident, consent_purpose_id, data.act, guardian_id=guardian_id)


@get("/privacy-requests", needs=READ, tags=TAGS)
def list_privacy_requests(
    session: ScopedSession,
    actor: Actor,
    scope: Scope,
    kind: Kind = "",
    state: RequestState = "",
    overdue: bool = False,
    resident_id: UUID | None = None,
    after: AfterRow = None,
    limit: Limit = PAGE,
) -> Page[RequestOut]:
    """The community's requests, newest first."""
    wanted = RequestFilter(kind=kind, state=state, is_overdue=overdue, resident_id=resident_id)
    items, more = list_requests(session, actor, _community(scope), wanted, after=after, limit=limit)
    return Page(items=items, next=str(more) if more else None)


@get("/privacy-requests/{privacy_request_id:uuid}", needs=READ, tags=TAGS)
def show_privacy_request(session: ScopedSession, actor: Actor, privacy_request_id: UUID) -> RequestDetail:
    """One request with what was asked."""
    return get_request(session, actor, privacy_request_id)


@post("/privacy-requests/{privacy_request_id:uuid}/decide", needs=HANDLE, status=200, tags=TAGS, also=(202,))
def decide_request(session: ScopedSession, actor: Actor, privacy_request_id: UUID, data: Decision) -> RequestDetail:
    """Accept or refuse; an erasure goes on in the background."""
    return decisions.decide(session, actor, privacy_request_id, data)


@post("/privacy-requests/{privacy_request_id:uuid}/again", needs=HANDLE, status=200, tags=TAGS)
def erase_again(session: ScopedSession, actor: Actor, privacy_request_id: UUID) -> RequestDetail:
    """Try the failed parts of an erasure again."""
    return decisions.erase_again(session, actor, privacy_request_id)


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
    return page_of(consents.consents_of(session, resident), after, limit, key=_consent_key)


@post("/residents/{resident_id:uuid}/copies", needs=HANDLE, tags=TAGS)
def make_copy(session: ScopedSession, actor: Actor, resident_id: UUID, data: OfficeAsk) -> RequestOut:
    """Have a copy made for a person who asks in person."""
    return requests.make_copy_at_counter(session, actor, resident_id, data)


@post("/residents/{resident_id:uuid}/erasures", needs=HANDLE, tags=TAGS)
def write_down_erasure(session: ScopedSession, actor: Actor, resident_id: UUID, data: OfficeAsk) -> RequestOut:
    """Write down that a person asks for erasure at the counter."""
    return requests.ask_erasure_at_counter(session, actor, resident_id, data)


@get("/consent-purposes", needs=READ, tags=TAGS)
def list_purposes(session: ScopedSession, scope: Scope, after: After = "", limit: Limit = PAGE) -> Page[PurposeOut]:
    """What people are asked here."""
    found = consents.list_purposes(session, scope.community_id)
    return page_of(found, after, limit, key=lambda purpose: str(purpose.id))


@get("/consent-purposes/{consent_purpose_id:uuid}", needs=READ, tags=TAGS)
def show_purpose(session: ScopedSession, consent_purpose_id: UUID) -> PurposeOut:
    """One text that people are asked to agree to."""
    return consents.get_purpose(session, consent_purpose_id)


@post("/consent-purposes", needs=MANAGE, tags=TAGS)
def publish_purpose(session: ScopedSession, actor: Actor, scope: Scope, data: PurposeIn) -> PurposeOut:
    """Publish a text; whoever agreed to an older one is asked again."""
    return consents.publish_purpose(session, actor, scope.community_id, data)


@post("/consent-purposes/{consent_purpose_id:uuid}/retire", needs=MANAGE, status=200, tags=TAGS)
def retire_purpose(session: ScopedSession, scope: Scope, consent_purpose_id: UUID) -> PurposeOut:
    """Ask no more."""
    return consents.retire_purpose(session, scope.community_id, consent_purpose_id)


@get("/privacy-requests", needs=READ, tags=TAGS)
def count_requests(session: ScopedSession, after: After = "", limit: Limit = PAGE) -> Page[CommunityLoad]:
    """How many requests wait in each community, those with overdue ones first."""
    return page_of(load_by_community(session), after, limit, key=lambda load: str(load.community_id))


@get("/retention", needs=READ, tags=TAGS)
def list_classes(session: ScopedSession, after: After = "", limit: Limit = PAGE) -> Page[ClassOut]:
    """Every class of data with its period and its last purge."""
    return page_of(purging.list_classes(session), after, limit, key=lambda found: found.name)


@put("/retention", needs=MANAGE, tags=TAGS)
def set_period(session: ScopedSession, actor: Actor, data: PeriodIn) -> ClassOut:
    """Choose the period of a class."""
    return purging.set_period(session, actor, data)


@post("/retention/preview", needs=READ, status=200, tags=TAGS)
def preview_purge(session: ScopedSession, data: ClassName) -> Rehearsal:
    """Count what a purge would delete now; nothing is deleted."""
    return purging.rehearse(session, data.data_class)


@get("/purges", needs=READ, tags=TAGS)
def list_purges(
    session: ScopedSession,
    data_class: Annotated[str, Meta(max_length=100)] = "",
    after: AfterRow = None,
    limit: Limit = PAGE,
) -> Page[PurgeOut]:
    """What was deleted, with its proof, newest first."""
    items, more = purging.list_purges(session, data_class=data_class, after=after, limit=limit)
    return Page(items=items, next=str(more) if more else None)


@get("/holds", needs=READ, tags=TAGS)
def list_holds(
    session: ScopedSession,
    state: Literal["", "active", "over"] = "",
    after: AfterRow = None,
    limit: Limit = PAGE,
) -> Page[HoldOut]:
    """Legal holds, newest first."""
    items, more = holds.list_holds(session, state=state, after=after, limit=limit)
    return Page(items=items, next=str(more) if more else None)


@get("/holds/{legal_hold_id:uuid}", needs=READ, tags=TAGS)
def show_hold(session: ScopedSession, legal_hold_id: UUID) -> HoldOut:
    """One legal hold, in force or over."""
    return holds.get_hold(session, legal_hold_id)


@post("/holds", needs=MANAGE, tags=TAGS)
def set_hold(session: ScopedSession, actor: Actor, data: HoldIn) -> HoldOut:
    """Hold a person's data, a community's, or a class of data."""
    return holds.set_hold(session, actor, data)


@post("/holds/{legal_hold_id:uuid}/lift", needs=MANAGE, status=200, tags=TAGS)
def lift_hold(session: ScopedSession, actor: Actor, legal_hold_id: UUID, data: Lift) -> HoldOut:
    """End a hold."""
    return holds.lift_hold(session, actor, legal_hold_id, data)


@get("/assessments", needs=READ, tags=TAGS)
def list_assessments(
    session: ScopedSession,
    q: Annotated[str, Meta(max_length=100)] = "",
    state: Literal["", "open", "closed"] = "",
    after: AfterRow = None,
    limit: Limit = PAGE,
) -> Page[AssessmentOut]:
    """Impact assessments, newest first."""
    items, more = assessments.list_assessments(session, search=q, state=state, after=after, limit=limit)
    return Page(items=items, next=str(more) if more else None)


@post("/assessments", needs=MANAGE, tags=TAGS)
def create_assessment(session: ScopedSession, data: AssessmentIn) -> AssessmentOut:
    """Begin an assessment."""
    return assessments.create_assessment(session, data)


@get("/assessments/{impact_assessment_id:uuid}", needs=READ, tags=TAGS)
def show_assessment(session: ScopedSession, impact_assessment_id: UUID) -> AssessmentOut:
    """One impact assessment."""
    return assessments.get_assessment(session, impact_assessment_id)


@put("/assessments/{impact_assessment_id:uuid}", needs=MANAGE, tags=TAGS)
def update_assessment(session: ScopedSession, impact_assessment_id: UUID, data: AssessmentUpdate) -> AssessmentOut:
    """Change an open assessment."""
    return assessments.update_assessment(session, impact_assessment_id, data)


@post("/assessments/{impact_assessment_id:uuid}/close", needs=MANAGE, status=200, tags=TAGS)
def close_assessment(session: ScopedSession, actor: Actor, impact_assessment_id: UUID, data: Version) -> AssessmentOut:
    """End the writing; from now on it is kept at least three years."""
    return assessments.close_assessment(session, actor, impact_assessment_id, data.version)


def _consent_key(each: ConsentOut) -> str:
    return f"{each.resident_id}.{each.purpose.id}"


def _community(scope: Scope) -> UUID:
    if scope.community_id is None:
        raise NotFound
    return scope.community_id


community_api = [
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
    list_privacy_requests,
    show_privacy_request,
    decide_request,
    erase_again,
    list_reveals,
    list_consents,
    make_copy,
    write_down_erasure,
    list_purposes,
    show_purpose,
    publish_purpose,
    retire_purpose,
]
street_api = [
    count_requests,
    list_classes,
    set_period,
    preview_purge,
    list_purges,
    list_holds,
    show_hold,
    set_hold,
    lift_hold,
    list_assessments,
    create_assessment,
    show_assessment,
    update_assessment,
    close_assessment,
    list_purposes,
    show_purpose,
    publish_purpose,
    retire_purpose,
]
