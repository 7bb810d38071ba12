"""The pages of who answers for sorting: every compound of the community, and the history of one."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec

from linli.sdk import Actor, NotFound, Place, Redirect, ScopedSession, View, community_outline, get, post, today
from linli.sdk import gettext as _
from linli_waste_sorting.asked import community_of
from linli_waste_sorting.parties import service as parties
from linli_waste_sorting.parties.schemas import Contact, Decision, PartyKind, PartyName, PartyWrite
from linli_waste_sorting.parties.service import PARTY_KINDS
from linli_waste_sorting.permissions import DECIDE_PARTY, NAME_PARTY, READ


class PartyForm(msgspec.Struct, kw_only=True):
    """Who answers for sorting, as it is typed."""

    kind: PartyKind
    name: PartyName
    contact: Contact = ""
    decision: Decision = ""
    decided_on: date | None = None
    starts_on: date


@get("/parties", needs=READ)
def list_parties(session: ScopedSession, place: Place) -> View:
    """Each compound with who answers for sorting there today."""
    compounds = community_outline(session, community_of(place))
    held = parties.parties_on(session, [each.id for each in compounds])
    return View(
        "waste_sorting/parties.html",
        {
            "compounds": [(each, held.get(each.id)) for each in compounds],
            "missing": sum(each.id not in held for each in compounds),
            "kinds": _kinds(),
        },
    )


@get("/parties/{compound_id:uuid}", needs=READ)
def show_party(session: ScopedSession, actor: Actor, place: Place, compound_id: UUID) -> View:
    """Who has answered for sorting in a compound, and the form of whoever does next."""
    compound = next((each for each in community_outline(session, community_of(place)) if each.id == compound_id), None)
    if compound is None:
        raise NotFound(_("没有找到这个小区"))
    kinds = _kinds()
    allowed = {key: title for key, title in kinds.items() if key != "street_decision" or actor.holds(DECIDE_PARTY)}
    return View(
        "waste_sorting/parties_show.html",
        {
            "compound": compound,
            "rows": parties.parties_of(session, compound_id),
            "kinds": kinds,
            "allowed": allowed,
            "today": today().isoformat(),
            "may_name": actor.holds(NAME_PARTY),
            "may_decide": actor.holds(DECIDE_PARTY),
        },
    )


@post("/parties/{compound_id:uuid}", needs=NAME_PARTY, retry=show_party)
def name_party(session: ScopedSession, actor: Actor, place: Place, compound_id: UUID, data: PartyForm) -> Redirect:
    """Write down who answers for sorting from a day on."""
    wanted = PartyWrite(compound_id=compound_id, **msgspec.structs.asdict(data))
    parties.name_party(session, actor, community_of(place), wanted)
    return Redirect(f"/waste_sorting/parties/{compound_id}", _("已登记"))


@post("/parties/entries/{party_id:uuid}/undo", needs=NAME_PARTY)
def undo_party(session: ScopedSession, actor: Actor, place: Place, party_id: UUID) -> Redirect:
    """Take back the latest entry, made by mistake."""
    compound_id = parties.undo_party(session, actor, community_of(place), party_id)
    return Redirect(f"/waste_sorting/parties/{compound_id}", _("已撤销，恢复到上一条"))


def _kinds() -> dict[str, str]:
    return {key: _(title) for key, title in PARTY_KINDS.items()}


PARTY_HANDLERS = (list_parties, show_party, name_party, undo_party)
