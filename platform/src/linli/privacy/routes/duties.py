"""The street's duties about people's data in the API: periods, purges, holds, assessments."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.cursor import PAGE, After, Limit
from linli.privacy import assessments, holds, purging
from linli.privacy.inbox import load_by_community
from linli.privacy.permissions import MANAGE, READ
from linli.privacy.routes.listing import TAGS
from linli.privacy.schemas import (
    AssessmentIn,
    AssessmentOut,
    AssessmentUpdate,
    ClassOut,
    CommunityLoad,
    HoldIn,
    HoldOut,
    Lift,
    PeriodIn,
    PurgeOut,
    Rehearsal,
)
from linli.web.results import Page, page_of
from linli.web.routing import get, post, put


class ClassName(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The class of data to rehearse."""

    data_class: Annotated[str, Meta(max_length=100)]


class Version(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The version that was read."""

    version: int


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
    sort: Literal["purged_at", "-purged_at", "rows", "-rows"] = "-purged_at",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[PurgeOut]:
    """What was deleted, with its proof, newest first."""
    items, more = purging.list_purges(session, data_class=data_class, sort=sort, after=after, limit=limit)
    return Page(items=items, next=more)


@get("/holds", needs=READ, tags=TAGS)
def list_holds(
    session: ScopedSession,
    state: Literal["", "active", "over"] = "",
    sort: Literal["set_at", "-set_at", "until", "-until"] = "-set_at",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[HoldOut]:
    """Legal holds, newest first."""
    items, more = holds.list_holds(session, state=state, sort=sort, after=after, limit=limit)
    return Page(items=items, next=more)


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
    sort: Literal["created_at", "-created_at", "held_on", "-held_on"] = "-created_at",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[AssessmentOut]:
    """Impact assessments, newest first."""
    items, more = assessments.list_assessments(session, search=q, state=state, sort=sort, after=after, limit=limit)
    return Page(items=items, next=more)


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


HANDLERS = [
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
]
