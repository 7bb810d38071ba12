"""The JSON API of who answers for sorting: the same as the portals can do."""

from __future__ import annotations

from uuid import UUID

from linli.sdk import (
    PAGE,
    Actor,
    Api,
    Limit,
    Page,
    Place,
    ScopedSession,
    delete,
    get,
    post,
)
from linli_waste_sorting.asked import community_of
from linli_waste_sorting.parties import service as parties
from linli_waste_sorting.parties.schemas import PartyOut, PartyWrite
from linli_waste_sorting.permissions import NAME_PARTY, READ


@get("/parties", needs=READ)
def list_parties(
    session: ScopedSession,
    place: Place,
    community_id: UUID | None = None,
    after: UUID | None = None,
    limit: Limit = PAGE,
) -> Page[PartyOut]:
    """Who has answered for sorting in each compound; `ends_on` is null for who does now"""
    where = place.community.id if place.community else community_id
    rows, following = parties.page_of_parties(session, where, after=after, limit=limit)
    return Page(items=[parties.party_out(row) for row in rows], next=str(following) if following else None)


@post("/parties", needs=NAME_PARTY)
def name_party(session: ScopedSession, actor: Actor, place: Place, data: PartyWrite) -> PartyOut:
    """Write down who answers for sorting in a compound from a day on; who did before ends the day before"""
    return parties.party_out(parties.name_party(session, actor, community_of(place), data))


@delete("/parties/{party_id:uuid}", needs=NAME_PARTY)
def undo_party(session: ScopedSession, actor: Actor, place: Place, party_id: UUID) -> None:
    """Take back the latest entry of a compound, made by mistake; the one before goes on"""
    parties.undo_party(session, actor, community_of(place), party_id)


PARTY_APIS = (
    Api("street", (list_parties,)),
    Api("community", (list_parties, name_party, undo_party)),
)
