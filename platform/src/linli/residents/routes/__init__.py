"""The register of people in the API of a community: residents, households, owners, electorate, rosters."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select

from linli.db.session import ScopedSession
from linli.house import House
from linli.identity import invitations
from linli.kit import clock
from linli.kit.actor import Actor
from linli.kit.cursor import PAGE, After, Limit
from linli.kit.errors import NotFound
from linli.kit.scope import Scope
from linli.kit.text import gettext as _
from linli.privacy import reveals
from linli.residents import service
from linli.residents.electorate import Electorate, Gap, electorate
from linli.residents.permissions import HOME, MANAGE, READ, REVEAL
from linli.residents.repository import ResidentFilter
from linli.residents.routes import rosters
from linli.residents.schemas import (
    HomeOut,
    HouseholdCreate,
    HouseholdOut,
    HouseholdUpdate,
    MemberIn,
    Merge,
    MoveOut,
    OrganisationCreate,
    OrganisationOut,
    OwnershipCreate,
    OwnershipOut,
    ResidentCreate,
    ResidentOut,
    ResidentUpdate,
    Reveal,
    Revealed,
    StayOut,
    Transfer,
)
from linli.tenancy.models import Compound
from linli.web.place import Place
from linli.web.results import Page, page_of
from linli.web.routing import get, patch, post

Search = Annotated[str, Meta(max_length=60)]


class EndOwnership(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The first day on which the share is no longer held."""

    on: date


class ResidentInvited(msgspec.Struct, kw_only=True):
    """A resident's way into the resident portal."""

    id: UUID
    name: str
    expires_at: datetime
    link: str


class HeadOut(msgspec.Struct, kw_only=True):
    """One head: its owners, its dwellings and the area, in square metres, that votes with it."""

    kind: str
    owners: list[UUID]
    dwellings: list[UUID]
    area: Decimal


class GapOut(msgspec.Struct, kw_only=True):
    """What the register does not know about a dwelling and a vote would need."""

    dwelling_id: UUID
    label: str
    reason: str


class ElectorateOut(msgspec.Struct, kw_only=True):
    """The owners of a compound on a day, counted by heads and by area; ``source`` is the rule's article."""

    compound_id: UUID
    on: date
    head_count: int
    area: Decimal
    gap_count: int
    source: str


@get("/residents", needs=READ, tags=["residents"])
def list_residents(
    session: ScopedSession,
    actor: Actor,
    q: Search = "",
    compound_id: UUID | None = None,
    building_id: UUID | None = None,
    dwelling_id: UUID | None = None,
    migrants: bool = False,
    sort: Literal["name", "-name", "born_on", "-born_on", "created_at", "-created_at"] = "name",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[ResidentOut]:
    """Residents that the caller may see; their names are sorted by their reading."""
    wanted = ResidentFilter(q, compound_id, building_id, dwelling_id, migrants_only=migrants)
    items, more = service.list_residents(session, actor, wanted, sort=sort, after=after, limit=limit)
    return Page(items=items, next=more)


@post("/residents", needs=MANAGE, tags=["residents"])
def create_resident(session: ScopedSession, actor: Actor, scope: Scope, data: ResidentCreate) -> ResidentOut:
    """Enter a person, with a dwelling to live in or without."""
    return service.create_resident(session, actor, _community(scope), data)


@get("/residents/{resident_id:uuid}", needs=READ, tags=["residents"])
def show_resident(session: ScopedSession, actor: Actor, resident_id: UUID) -> ResidentOut:
    """One resident, numbers masked."""
    return service.get_resident(session, actor, resident_id)


@patch("/residents/{resident_id:uuid}", needs=MANAGE, tags=["residents"])
def update_resident(session: ScopedSession, actor: Actor, resident_id: UUID, data: ResidentUpdate) -> ResidentOut:
    """Change what is sent; 409 when somebody changed the resident meanwhile."""
    return service.update_resident(session, actor, resident_id, data)


@post("/residents/{resident_id:uuid}/reveal", needs=REVEAL, status=200, tags=["residents"])
def reveal(session: ScopedSession, actor: Actor, resident_id: UUID, data: Reveal) -> Revealed:
    """One whole number, for a reason that the audit trail keeps."""
    return reveals.reveal(session, actor, resident_id, data)


@post("/residents/{resident_id:uuid}/merge", needs=MANAGE, status=200, tags=["residents"])
def merge_resident(session: ScopedSession, actor: Actor, resident_id: UUID, data: Merge) -> ResidentOut:
    """Fold a person that was entered twice into this one."""
    return service.merge_residents(session, actor, resident_id, data)


@post("/residents/{resident_id:uuid}/invitation", needs=MANAGE, tags=["residents"])
def invite_resident(
    session: ScopedSession, actor: Actor, house: House, place: Place, resident_id: UUID
) -> ResidentInvited:
    """A link by which a resident opens an account; it is told once, and earlier links of theirs die."""
    made, token = invitations.invite_resident(session, actor, resident_id)
    street = place.street.code if place.street else ""
    link = f"{house.settings.base_url}/account/invitations/{street}/{token}"
    return ResidentInvited(id=made.id, name=made.name, expires_at=made.expires_at, link=link)


@get("/residents/{resident_id:uuid}/stays", needs=READ, tags=["residents"])
def list_stays(
    session: ScopedSession, actor: Actor, resident_id: UUID, after: After = "", limit: Limit = PAGE
) -> Page[StayOut]:
    """Where a resident lives and lived, the newest first."""
    found = service.stays_of_resident(session, actor, resident_id)
    return page_of(found, after, limit, key=lambda each: f"{each.household_id}.{each.moved_in_on}")


@get("/dwellings/{dwelling_id:uuid}/households", needs=READ, tags=["households"])
def list_households(
    session: ScopedSession, actor: Actor, dwelling_id: UUID, after: After = "", limit: Limit = PAGE
) -> Page[HouseholdOut]:
    """The households of a dwelling, past ones included, the newest first."""
    found = service.households_of_dwelling(session, actor, dwelling_id)
    return page_of(found, after, limit, key=lambda each: str(each.id))


@post("/households", needs=MANAGE, tags=["households"])
def create_household(session: ScopedSession, actor: Actor, data: HouseholdCreate) -> HouseholdOut:
    """Let a household begin in a dwelling; lessees have the tenure ``lease``."""
    return service.create_household(session, actor, data)


@get("/households/{household_id:uuid}", needs=READ, tags=["households"])
def show_household(session: ScopedSession, actor: Actor, household_id: UUID) -> HouseholdOut:
    """One household with its members."""
    return service.get_household(session, actor, household_id)


@patch("/households/{household_id:uuid}", needs=MANAGE, tags=["households"])
def update_household(session: ScopedSession, actor: Actor, household_id: UUID, data: HouseholdUpdate) -> HouseholdOut:
    """Change tenure or pets."""
    return service.update_household(session, actor, household_id, data)


@post("/households/{household_id:uuid}/members", needs=MANAGE, tags=["households"])
def move_in(session: ScopedSession, actor: Actor, household_id: UUID, data: MemberIn) -> HouseholdOut:
    """Let a person move in."""
    return service.move_in(session, actor, household_id, data)


@post("/households/{household_id:uuid}/move-out", needs=MANAGE, status=200, tags=["households"])
def move_out(session: ScopedSession, actor: Actor, household_id: UUID, data: MoveOut) -> HouseholdOut:
    """Let one person, or everybody, move out on a day."""
    return service.move_out(session, actor, household_id, data)


@get("/dwellings/{dwelling_id:uuid}/ownerships", needs=READ, tags=["owners"])
def list_ownerships(
    session: ScopedSession, actor: Actor, dwelling_id: UUID, after: After = "", limit: Limit = PAGE
) -> Page[OwnershipOut]:
    """The owners of a dwelling, those of today first, past ones included."""
    found = service.owners_of(session, actor, dwelling_id)
    return page_of(found, after, limit, key=lambda each: str(each.id))


@post("/ownerships", needs=MANAGE, tags=["owners"])
def add_owner(session: ScopedSession, actor: Actor, data: OwnershipCreate) -> Page[OwnershipOut]:
    """Let a share begin beside those that are held; answers with all of the dwelling's."""
    return Page(items=service.add_owner(session, actor, data))


@post("/ownerships/{ownership_id:uuid}/end", needs=MANAGE, status=200, tags=["owners"])
def end_ownership(session: ScopedSession, actor: Actor, ownership_id: UUID, data: EndOwnership) -> Page[OwnershipOut]:
    """End one share on a day."""
    return Page(items=service.end_ownership(session, actor, ownership_id, data.on))


@post("/ownerships/{ownership_id:uuid}/represent", needs=MANAGE, status=200, tags=["owners"])
def choose_representative(session: ScopedSession, actor: Actor, ownership_id: UUID) -> Page[OwnershipOut]:
    """Note that this co-owner casts the vote of the dwelling."""
    return Page(items=service.choose_representative(session, actor, ownership_id))


@post("/dwellings/{dwelling_id:uuid}/transfer", needs=MANAGE, status=200, tags=["owners"])
def transfer_ownership(session: ScopedSession, actor: Actor, dwelling_id: UUID, data: Transfer) -> Page[OwnershipOut]:
    """Pass a dwelling to new owners on a day."""
    return Page(items=service.transfer_ownership(session, actor, dwelling_id, data))


@get("/organisations", needs=READ, tags=["owners"])
def list_organisations(
    session: ScopedSession,
    actor: Actor,
    scope: Scope,
    q: Search = "",
    sort: Literal["name", "-name", "created_at", "-created_at"] = "name",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[OrganisationOut]:
    """Title units, developers and companies."""
    found = service.list_organisations(session, actor, _community(scope), search=q, sort=sort, after=after, limit=limit)
    return Page(items=found.items, next=found.next)


@post("/organisations", needs=MANAGE, tags=["owners"])
def create_organisation(
    session: ScopedSession, actor: Actor, scope: Scope, data: OrganisationCreate
) -> OrganisationOut:
    """Enter an owner that is not a person."""
    return service.create_organisation(session, actor, _community(scope), data)


@get("/compounds/{compound_id:uuid}/electorate", needs=READ, tags=["owners"])
def show_electorate(session: ScopedSession, actor: Actor, compound_id: UUID, on: date | None = None) -> ElectorateOut:
    """The compound's owners on a day (today when none is given), counted by heads and by area."""
    counted = _counted(session, actor, compound_id, on)
    return ElectorateOut(
        compound_id=compound_id,
        on=counted.on,
        head_count=counted.head_count,
        area=counted.area,
        gap_count=len(counted.gaps),
        source=counted.rules.source,
    )


@get("/compounds/{compound_id:uuid}/electorate/heads", needs=READ, tags=["owners"])
def list_heads(
    session: ScopedSession,
    actor: Actor,
    compound_id: UUID,
    on: date | None = None,
    after: After = "",
    limit: Limit = PAGE,
) -> Page[HeadOut]:
    """The heads of the electorate on a day, each with its owners, its dwellings and its area."""
    heads = [
        HeadOut(
            kind=head.kind,
            owners=[owner.id for owner in head.owners],
            dwellings=[unit.id for unit in head.units],
            area=head.area,
        )
        for head in _counted(session, actor, compound_id, on).heads
    ]
    # No dwelling is counted for two heads.
    return page_of(heads, after, limit, key=lambda head: str(head.dwellings[0]))


@get("/compounds/{compound_id:uuid}/electorate/gaps", needs=READ, tags=["owners"])
def list_gaps(
    session: ScopedSession,
    actor: Actor,
    compound_id: UUID,
    on: date | None = None,
    after: After = "",
    limit: Limit = PAGE,
) -> Page[GapOut]:
    """What the register does not know on a day and a vote would need, by dwelling."""
    gaps = [_gap(gap) for gap in _counted(session, actor, compound_id, on).gaps]
    return page_of(gaps, after, limit, key=lambda gap: f"{gap.dwelling_id}.{gap.reason}")


@get("/home", needs=HOME, tags=["residents"])
def show_home(session: ScopedSession, actor: Actor) -> HomeOut:
    """One's own entry, dwellings and household."""
    return service.my_home(session, actor)


def _counted(session: ScopedSession, actor: Actor, compound_id: UUID, on: date | None) -> Electorate:
    compound = session.scalar(select(Compound).where(Compound.id == compound_id))
    if compound is None or not actor.can(READ, community_id=compound.community_id, compound_id=compound.id):
        raise NotFound(_("找不到这个小区"))
    return electorate(session, compound.id, on or clock.today())


def _community(scope: Scope) -> UUID:
    if scope.community_id is None:
        raise NotFound
    return scope.community_id


def _gap(gap: Gap) -> GapOut:
    return GapOut(dwelling_id=gap.unit_id, label=gap.label, reason=gap.reason)


community_api = [
    list_residents,
    create_resident,
    show_resident,
    update_resident,
    reveal,
    merge_resident,
    invite_resident,
    list_stays,
    list_households,
    create_household,
    show_household,
    update_household,
    move_in,
    move_out,
    list_ownerships,
    add_owner,
    end_ownership,
    choose_representative,
    transfer_ownership,
    list_organisations,
    create_organisation,
    show_electorate,
    list_heads,
    list_gaps,
    show_home,
    *rosters.HANDLERS,
]
