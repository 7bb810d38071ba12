"""The register of people in the API of a community: residents, households, owners, electorate, rosters."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select

from linli.db.session import ScopedSession
from linli.kit import clock
from linli.kit.actor import Actor
from linli.kit.errors import NotFound
from linli.kit.scope import Scope
from linli.kit.text import gettext as _
from linli.privacy import reveals
from linli.residents import roster, service
from linli.residents.electorate import Gap, electorate
from linli.residents.permissions import HOME, MANAGE, READ, REVEAL, ROSTER_EXPORT, ROSTER_IMPORT
from linli.residents.repository import ResidentFilter
from linli.residents.roster.schemas import FaultOut, ImportOut, PreviewRow
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
from linli.residents.tasks import begin_check, begin_commit
from linli.tenancy.models import Compound
from linli.web.results import Download, Page
from linli.web.routing import get, patch, post

Search = Annotated[str, Meta(max_length=60)]
After = Annotated[str, Meta(max_length=400, description="`next` of the page before")]
AfterRow = Annotated[int, Meta(ge=0, le=2**31 - 1, description="`next` of the page before")]
#: A file in base64 is a third larger than itself.
_LARGEST_UPLOAD = 28 * 1024 * 1024


class RosterUpload(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A roster to take in; ``content`` is the file in base64."""

    compound_id: UUID
    file_name: Annotated[str, Meta(min_length=1, max_length=200)]
    content: bytes


class RosterExport(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What to write out; without a compound the whole community."""

    compound_id: UUID | None = None
    file_format: Literal["xlsx", "csv"] = "xlsx"
    full: bool = False
    reason: Annotated[str, Meta(max_length=500)] = ""


class EndOwnership(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The first day on which the share is no longer held."""

    on: date


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
    heads: list[HeadOut]
    gaps: list[GapOut]
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
    after: After = "",
) -> Page[ResidentOut]:
    """Residents that the caller may see, by the reading of their names; fifty a page."""
    wanted = ResidentFilter(q, compound_id, building_id, dwelling_id, migrants_only=migrants)
    items, more = service.list_residents(session, actor, wanted, after=after)
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


@get("/residents/{resident_id:uuid}/stays", needs=READ, tags=["residents"])
def list_stays(session: ScopedSession, actor: Actor, resident_id: UUID) -> Page[StayOut]:
    """Where a resident lives and lived."""
    return Page(items=service.stays_of_resident(session, actor, resident_id))


@get("/dwellings/{dwelling_id:uuid}/households", needs=READ, tags=["households"])
def list_households(session: ScopedSession, actor: Actor, dwelling_id: UUID) -> Page[HouseholdOut]:
    """The households of a dwelling, past ones included."""
    return Page(items=service.households_of_dwelling(session, actor, dwelling_id))


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
def list_ownerships(session: ScopedSession, actor: Actor, dwelling_id: UUID) -> Page[OwnershipOut]:
    """The owners of a dwelling, past ones included."""
    return Page(items=service.owners_of(session, actor, dwelling_id))


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
def list_organisations(session: ScopedSession, actor: Actor, scope: Scope, q: Search = "") -> Page[OrganisationOut]:
    """Up to fifty title units, developers and companies by name."""
    return Page(items=service.list_organisations(session, actor, _community(scope), search=q))


@post("/organisations", needs=MANAGE, tags=["owners"])
def create_organisation(
    session: ScopedSession, actor: Actor, scope: Scope, data: OrganisationCreate
) -> OrganisationOut:
    """Enter an owner that is not a person."""
    return service.create_organisation(session, actor, _community(scope), data)


@get("/compounds/{compound_id:uuid}/electorate", needs=READ, tags=["owners"])
def show_electorate(session: ScopedSession, actor: Actor, compound_id: UUID, on: date | None = None) -> ElectorateOut:
    """The compound's owners on a day (today when none is given), counted by heads and by area."""
    compound = session.scalar(select(Compound).where(Compound.id == compound_id))
    if compound is None or not actor.can(READ, community_id=compound.community_id, compound_id=compound.id):
        raise NotFound(_("找不到这个小区"))
    counted = electorate(session, compound.id, on or clock.today())
    return ElectorateOut(
        compound_id=compound.id,
        on=counted.on,
        head_count=counted.head_count,
        area=counted.area,
        heads=[
            HeadOut(
                kind=head.kind,
                owners=[owner.id for owner in head.owners],
                dwellings=[unit.id for unit in head.units],
                area=head.area,
            )
            for head in counted.heads
        ],
        gaps=[_gap(gap) for gap in counted.gaps],
        source=counted.rules.source,
    )


@get("/home", needs=HOME, tags=["residents"])
def show_home(session: ScopedSession, actor: Actor) -> HomeOut:
    """One's own entry, dwellings and household."""
    return service.my_home(session, actor)


@get("/rosters", needs=ROSTER_IMPORT, tags=["rosters"])
def list_rosters(session: ScopedSession, actor: Actor, scope: Scope) -> Page[ImportOut]:
    """The last fifty imports, newest first."""
    return Page(items=roster.list_imports(session, actor, _community(scope)))


@post("/rosters", needs=ROSTER_IMPORT, max_body=_LARGEST_UPLOAD, tags=["rosters"])
def upload_roster(session: ScopedSession, actor: Actor, data: RosterUpload) -> ImportOut:
    """Take in a roster; it is checked in the background."""
    taken = roster.start_import(session, actor, data.compound_id, data.content, data.file_name)
    begin_check(session, actor, taken.id)
    return roster.import_state(session, actor, taken.id)


@get("/rosters/template", needs=ROSTER_IMPORT, tags=["rosters"])
def fetch_template() -> Download:
    """The empty roster as a workbook."""
    return _download(roster.template_workbook())


@post("/rosters/export", needs=ROSTER_EXPORT, status=200, tags=["rosters"])
def export_roster(session: ScopedSession, actor: Actor, scope: Scope, data: RosterExport) -> Download:
    """The register as a roster; an export is an act that the audit trail keeps, hence no GET."""
    produced = roster.export_roster(
        session,
        actor,
        _community(scope),
        compound_id=data.compound_id,
        file_format=data.file_format,
        full=data.full,
        reason=data.reason,
    )
    if data.full:
        reveals.note_roster(session, actor, _community(scope), data.compound_id, data.reason)
    return _download(produced)


@get("/rosters/{import_id:uuid}", needs=ROSTER_IMPORT, tags=["rosters"])
def show_roster(session: ScopedSession, actor: Actor, import_id: UUID) -> ImportOut:
    """Where an import stands."""
    return roster.import_state(session, actor, import_id)


@get("/rosters/{import_id:uuid}/rows", needs=ROSTER_IMPORT, tags=["rosters"])
def list_rows(session: ScopedSession, actor: Actor, import_id: UUID, after: AfterRow = 0) -> Page[PreviewRow]:
    """Rows as they were understood and what each would do; fifty a page."""
    items, more = roster.preview_rows(session, actor, import_id, after=after)
    return Page(items=items, next=None if more is None else str(more))


@get("/rosters/{import_id:uuid}/faults", needs=ROSTER_IMPORT, tags=["rosters"])
def list_faults(session: ScopedSession, actor: Actor, import_id: UUID, after: AfterRow = 0) -> Page[FaultOut]:
    """Cells at fault; those of fifty rows a page."""
    items, more = roster.faults_page(session, actor, import_id, after=after)
    return Page(items=items, next=None if more is None else str(more))


@get("/rosters/{import_id:uuid}/errors", needs=ROSTER_IMPORT, tags=["rosters"])
def fetch_errors(session: ScopedSession, actor: Actor, import_id: UUID) -> Download:
    """The uploaded file with its bad cells marked."""
    return _download(roster.error_workbook(session, actor, import_id))


@post("/rosters/{import_id:uuid}/commit", needs=ROSTER_IMPORT, status=202, tags=["rosters"])
def commit_roster(session: ScopedSession, actor: Actor, import_id: UUID) -> ImportOut:
    """Write a checked import in the background, all rows or none."""
    begin_commit(session, actor, import_id)
    return roster.import_state(session, actor, import_id)


@post("/rosters/{import_id:uuid}/discard", needs=ROSTER_IMPORT, status=200, tags=["rosters"])
def discard_roster(session: ScopedSession, actor: Actor, import_id: UUID) -> ImportOut:
    """Throw an import away with its rows and its file."""
    return roster.discard_import(session, actor, import_id)


def _community(scope: Scope) -> UUID:
    if scope.community_id is None:
        raise NotFound
    return scope.community_id


def _gap(gap: Gap) -> GapOut:
    return GapOut(dwelling_id=gap.unit_id, label=gap.label, reason=gap.reason)


def _download(produced: roster.Produced) -> Download:
    return Download(produced.content, produced.name, produced.media_type)


community_api = [
    list_residents,
    create_resident,
    show_resident,
    update_resident,
    reveal,
    merge_resident,
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
    show_home,
    list_rosters,
    upload_roster,
    fetch_template,
    export_roster,
    show_roster,
    list_rows,
    list_faults,
    fetch_errors,
    commit_roster,
    discard_roster,
]
