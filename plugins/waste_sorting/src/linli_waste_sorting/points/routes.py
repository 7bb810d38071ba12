"""The JSON API of points: households, the ledger, giving, auditing, and the street's sums."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from linli.sdk import (
    PAGE,
    Actor,
    After,
    Limit,
    NotFound,
    Page,
    Place,
    ScopedSession,
    community_names,
    get,
    page_of,
    post,
    today,
)
from linli.sdk import gettext as _
from linli_waste_sorting.asked import community_of
from linli_waste_sorting.points import auditing, codes, giving, purses, repository, sums
from linli_waste_sorting.points.auditing import Flagged
from linli_waste_sorting.points.giving import Given
from linli_waste_sorting.points.models import Purse
from linli_waste_sorting.points.permissions import AUDIT, AWARD, COUNT_POINTS, GRANT, READ_POINTS
from linli_waste_sorting.points.purse_list import PurseFilter, page_of_purses
from linli_waste_sorting.points.repository import EntryFilter
from linli_waste_sorting.points.schemas import (
    AwardBody,
    CardOut,
    ClaimOut,
    ClaimSource,
    DecisionBody,
    EntryKind,
    EntryLine,
    FlagOut,
    FlagReason,
    GrantBody,
    HouseholdCode,
    PointsSum,
    PurseOut,
    WhyBody,
)

PurseSort = Literal["created_at", "-created_at", "opened_at", "-opened_at", "balance", "-balance"]
FlagSort = Literal["created_at", "-created_at", "raised_at", "-raised_at", "points", "-points"]


@get("/points/purses", needs=READ_POINTS)
def list_purses(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    closed: bool = False,
    dwelling_id: UUID | None = None,
    sort: PurseSort = "created_at",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[PurseOut]:
    """The purses of households, in the order in which they were opened; with `closed` those of households that left"""
    wanted = PurseFilter(state="closed" if closed else "open", dwellings={dwelling_id} if dwelling_id else None)
    rows, following = page_of_purses(
        session, actor, READ_POINTS, community_of(place), wanted, sort=sort, after=after, limit=limit
    )
    return Page(items=repository.purses_out(session, rows), next=following)


@get("/points/purses/{purse_id:uuid}", needs=READ_POINTS)
def show_purse(session: ScopedSession, actor: Actor, place: Place, purse_id: UUID) -> PurseOut:
    """What one household holds"""
    return _purse_out(session, _purse(session, actor, place, purse_id, READ_POINTS))


@get("/points/purses/{purse_id:uuid}/card", needs=GRANT)
def show_card(session: ScopedSession, actor: Actor, place: Place, purse_id: UUID) -> CardOut:
    """What a household's card says, for those who have no phone"""
    purse = _purse(session, actor, place, purse_id, GRANT)
    return _card_out(purse)


@post("/points/purses/{purse_id:uuid}/card", needs=GRANT, status=200)
def give_card(session: ScopedSession, actor: Actor, place: Place, purse_id: UUID) -> CardOut:
    """Give a household a card, the first or another; the one before is worth nothing from then on"""
    purse = giving.give_card(session, actor, community_of(place), purse_id)
    return _card_out(purse)


@get("/points/purses/of_code", needs=AWARD)
def find_purse_of_code(session: ScopedSession, actor: Actor, place: Place, code: HouseholdCode) -> PurseOut:
    """The household whose code was read, with its door"""
    purse = purses.seen_purse(session, community_of(place), code)
    if not giving.may(actor, AWARD, purse):
        raise NotFound(codes.unknown())
    return _purse_out(session, purse)


@get("/points/entries", needs=READ_POINTS)
def list_entries(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    kind: EntryKind | None = None,
    source: ClaimSource | None = None,
    purse_id: UUID | None = None,
    first: date | None = None,
    last: date | None = None,
    sort: Literal["created_at", "-created_at", "day", "-day", "points", "-points"] = "-created_at",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[EntryLine]:
    """Every movement of points, the newest first"""
    wanted = EntryFilter(kind=kind or "", source=source or "", purse_id=purse_id, first=first, last=last)
    rows, following = repository.page_of_entries(
        session, actor, READ_POINTS, community_of(place), wanted, sort=sort, after=after, limit=limit
    )
    return Page(items=repository.entry_lines(session, rows), next=following)


@get("/points/entries/{entry_id:uuid}", needs=READ_POINTS)
def show_entry(session: ScopedSession, actor: Actor, place: Place, entry_id: UUID) -> EntryLine:
    """One movement of points"""
    line = repository.find_line(session, actor, READ_POINTS, community_of(place), entry_id)
    return repository.entry_lines(session, [line])[0]


@post("/points/entries/{entry_id:uuid}/reverse", needs=AUDIT, status=200)
def reverse_points(session: ScopedSession, actor: Actor, place: Place, entry_id: UUID, data: WhyBody) -> EntryLine:
    """Take points back that were given, whole; the household is told why. A second call changes nothing"""
    auditing.reverse(session, actor, community_of(place), entry_id, data.reason)
    line = repository.find_line(session, actor, AUDIT, community_of(place), entry_id)
    return repository.entry_lines(session, [line])[0]


@post("/points/awards", needs=AWARD)
def award_points(session: ScopedSession, actor: Actor, place: Place, data: AwardBody) -> ClaimOut:
    """Give the points of a bag seen sorted right, within the day's caps; sent again with `once` nothing more"""
    return _claim_out(giving.award(session, actor, community_of(place), data.code, data.once))


@post("/points/grants", needs=GRANT)
def grant_points(session: ScopedSession, actor: Actor, place: Place, data: GrantBody) -> ClaimOut:
    """Give points by hand, for a reason; more than the rule lets one person give wait for a second one"""
    claim = giving.grant(session, actor, community_of(place), data.dwelling_id, data.points, data.reason, data.once)
    return _claim_out(Given(claim))


@get("/points/flags", needs=AUDIT)
def list_flags(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    decided: bool | None = None,
    reason: FlagReason | None = None,
    sort: FlagSort = "-created_at",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[FlagOut]:
    """Points that look odd, the newest first; with `decided` those that somebody has looked at, or only the others"""
    rows, following = auditing.page_of_flags(
        session,
        actor,
        community_of(place),
        is_open=None if decided is None else not decided,
        reason=reason or "",
        sort=sort,
        after=after,
        limit=limit,
    )
    doors = repository.doors_of(session, [each.purse for each in rows])
    items = [_flag_out(each, doors.get(each.purse.id, "")) for each in rows]
    return Page(items=items, next=following)


@get("/points/flags/{flag_id:uuid}", needs=AUDIT)
def show_flag(session: ScopedSession, actor: Actor, place: Place, flag_id: UUID) -> FlagOut:
    """One of those that look odd"""
    return _one_flag(session, actor, place, flag_id)


@post("/points/flags/{flag_id:uuid}/decide", needs=AUDIT, status=200)
def decide_flag(session: ScopedSession, actor: Actor, place: Place, flag_id: UUID, data: DecisionBody) -> FlagOut:
    """Keep points that look odd or take them back, and say why; nobody decides about what they gave themselves"""
    auditing.decide(session, actor, community_of(place), flag_id, data.decision, data.note)
    return _one_flag(session, actor, place, flag_id)


@get("/points/claims", needs=READ_POINTS)
def list_claims(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    source: ClaimSource | None = None,
    purse_id: UUID | None = None,
    cut: bool | None = None,
    after: UUID | None = None,
    limit: Limit = PAGE,
) -> Page[ClaimOut]:
    """What was asked for and how much of it was given, the newest first; with `cut` what caps and hours kept back"""
    rows, following = repository.page_of_claims(
        session,
        actor,
        READ_POINTS,
        community_of(place),
        source=source or "",
        purse_id=purse_id,
        cut=cut,
        after=after,
        limit=limit,
    )
    return Page(items=[_claim_out(Given(each)) for each in rows], next=str(following) if following else None)


@get("/points", needs=COUNT_POINTS)
def list_sums(session: ScopedSession, after: After = "", limit: Limit = PAGE) -> Page[PointsSum]:
    """How each community of the street stands with its points this month, without any household"""
    first = today().replace(day=1)
    found = sums.sums_of_communities(session, list(community_names(session)), first, today())
    return page_of(found, after, limit, key=lambda each: str(each.community_id))


@get("/points/sums", needs=READ_POINTS)
def show_sums(session: ScopedSession, place: Place) -> PointsSum:
    """How the community stands with its points this month"""
    [found] = sums.sums_of_communities(session, [community_of(place)], today().replace(day=1), today())
    return found


def _purse(session: ScopedSession, actor: Actor, place: Place, purse_id: UUID, permission: str) -> Purse:
    purse = purses.find_purse(session, community_of(place), purse_id)
    if not giving.may(actor, permission, purse):
        raise NotFound(_("没有找到这个积分账户"))
    return purse


def _purse_out(session: ScopedSession, purse: Purse) -> PurseOut:
    return repository.purses_out(session, [purse])[0]


def _card_out(purse: Purse) -> CardOut:
    if purse.closed_at is not None or purse.carded_at is None:
        raise NotFound(_("这一户没有卡"))
    return CardOut(purse_id=purse.id, code=purse.code, given_at=purse.carded_at)


def _claim_out(given: Given) -> ClaimOut:
    claim = given.claim
    named = ("id", "purse_id", "source", "day", "at", "asked", "given", "why", "note")
    return ClaimOut(**{name: getattr(claim, name) for name in named}, flags=list(given.flags))  # type: ignore[arg-type]


def _one_flag(session: ScopedSession, actor: Actor, place: Place, flag_id: UUID) -> FlagOut:
    found = auditing.find_flag(session, actor, community_of(place), flag_id)
    return _flag_out(found, repository.doors_of(session, [found.purse]).get(found.purse.id, ""))


def _flag_out(each: Flagged, door: str) -> FlagOut:
    flag = each.flag
    return FlagOut(
        id=flag.id,
        entry_id=flag.entry_id,
        purse_id=each.purse.id,
        compound_id=flag.compound_id,
        door=door,
        reason=flag.reason,  # type: ignore[arg-type]
        points=each.entry.points,
        raised_at=flag.raised_at,
        by=each.claim.acted_by_name,
        decision=flag.decision,
        decided_at=flag.decided_at,
        decided_by=flag.decided_by_name,
        note=flag.note,
        version=flag.version,
    )


POINT_STREET = (list_sums,)
POINT_ROUTES = (
    list_purses,
    find_purse_of_code,
    show_purse,
    show_card,
    give_card,
    list_entries,
    show_entry,
    reverse_points,
    award_points,
    grant_points,
    list_flags,
    show_flag,
    decide_flag,
    list_claims,
    show_sums,
)
