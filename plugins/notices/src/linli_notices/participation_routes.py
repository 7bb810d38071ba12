"""The JSON API beside a notice: its poster, how far it reached, and what in it looks like personal data."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec

from linli.sdk import PAGE, Actor, Limit, Place, ScopedSession, get, post
from linli_notices import disclosure, reach, service
from linli_notices.choices import community_of, required_community
from linli_notices.objections.permissions import READ_REACH
from linli_notices.participation_pages import mark_of, mark_text, print_poster
from linli_notices.permissions import CREATE, PUBLISH

Mark = Annotated[str, msgspec.Meta(max_length=400)]


class BuildingReachOut(msgspec.Struct, kw_only=True):
    """How far a notice reached in one building; households and residents are those of today."""

    compound_id: UUID | None
    building_id: UUID | None
    compound: str
    building: str
    households: int
    residents: int
    notified: int
    readers: int
    households_reached: int


class ReachOut(msgspec.Struct, kw_only=True):
    """How far a notice reached, by building, with sums for each compound and for all."""

    buildings: list[BuildingReachOut]
    compounds: list[BuildingReachOut]
    whole: BuildingReachOut


class UnreachedOut(msgspec.Struct, kw_only=True):
    """A household of which nobody has read a notice."""

    dwelling_id: UUID
    compound_id: UUID
    building_id: UUID
    door: str
    names: Annotated[list[str], msgspec.Meta(description="masked")]
    has_account: bool


class UnreachedPage(msgspec.Struct, kw_only=True):
    """Households by door; ``next`` is the ``after`` of the following page."""

    items: list[UnreachedOut]
    next: str | None


class FindingOut(msgspec.Struct, kw_only=True):
    """Something that looks like personal data."""

    field: Annotated[str, msgspec.Meta(description="title, body, or file.<id>")]
    kind: Annotated[str, msgspec.Meta(description="name, phone, id_number or door")]
    text: str
    masked: str


class FindingsOut(msgspec.Struct, kw_only=True):
    """What in a notice looks like personal data; a public one is published once it is masked or answered for."""

    is_confirmed: bool
    items: list[FindingOut]


class Disclosing(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why what was found may be shown."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


@get("/{notice_id:uuid}/reach", needs=READ_REACH)
def show_reach(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID) -> ReachOut:
    """Who was told and who has read, by compound and building."""
    community_id = required_community(place)
    notice = reach.find_reached(session, actor, community_id, notice_id)
    found = reach.reach_by_building(session, actor, community_id, notice)
    return ReachOut(
        buildings=[_row(each) for each in found.buildings],
        compounds=[_row(each) for each in found.compounds],
        whole=_row(found.whole),
    )


@get("/{notice_id:uuid}/reach/unreached", needs=READ_REACH)
def list_unreached(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    notice_id: UUID,
    building_id: UUID | None = None,
    after: Mark = "",
    limit: Limit = PAGE,
) -> UnreachedPage:
    """The households of which nobody has read it, by door."""
    community_id = required_community(place)
    notice = reach.find_reached(session, actor, community_id, notice_id)
    found, following = reach.unreached(
        session, actor, community_id, notice, building_id=building_id, after=mark_of(after), limit=limit
    )
    items = [
        UnreachedOut(
            dwelling_id=each.dwelling_id,
            compound_id=each.compound_id,
            building_id=each.building_id,
            door=each.door,
            names=list(each.names),
            has_account=each.has_account,
        )
        for each in found
    ]
    return UnreachedPage(items=items, next=mark_text(following) or None)


@get("/{notice_id:uuid}/personal", needs=CREATE)
def show_personal(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID) -> FindingsOut:
    """What in a notice looks like personal data."""
    return _findings(session, service.find_managed(session, actor, CREATE, community_of(place), notice_id))


@post("/{notice_id:uuid}/personal/mask", needs=CREATE, status=200)
def mask_personal(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID) -> FindingsOut:
    """Mask all of it in the draft; a second call changes nothing."""
    notice = service.require_draft(session, actor, community_of(place), notice_id)
    disclosure.mask_draft(session, actor, notice)
    return _findings(session, notice)


@post("/{notice_id:uuid}/personal/disclose", needs=PUBLISH, status=200)
def disclose_personal(
    session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, data: Disclosing
) -> FindingsOut:
    """Answer for showing it, with the reason."""
    notice = service.find_managed(session, actor, PUBLISH, community_of(place), notice_id, lock=True)
    disclosure.confirm_disclosure(session, actor, notice, data.reason)
    return _findings(session, notice)


def _findings(session: ScopedSession, notice: Any) -> FindingsOut:
    found = disclosure.findings_of(session, notice)
    items = [FindingOut(field=each.field, kind=each.kind, text=each.text, masked=each.masked) for each in found]
    return FindingsOut(is_confirmed=disclosure.is_confirmed(session, notice, found), items=items)


def _row(each: reach.BuildingReach) -> BuildingReachOut:
    return BuildingReachOut(**{name: getattr(each, name) for name in BuildingReachOut.__struct_fields__})


managing = (print_poster, show_personal, mask_personal, disclose_personal)
community = (show_reach, list_unreached)
