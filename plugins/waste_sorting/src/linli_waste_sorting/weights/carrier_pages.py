"""The pages of carriers and their contracts, in the admin portal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from linli.sdk import Actor, Place, Redirect, ScopedSession, View, community_outline, get, post, today
from linli.sdk import gettext as _
from linli_waste_sorting.asked import community_of
from linli_waste_sorting.reach import compounds_of, is_within
from linli_waste_sorting.weights import carriers, contracts, repository
from linli_waste_sorting.weights.carriers import get_carrier
from linli_waste_sorting.weights.contracts import CONTRACT_STATES, get_contract
from linli_waste_sorting.weights.models import Contract
from linli_waste_sorting.weights.obligations import uncovered
from linli_waste_sorting.weights.permissions import MANAGE_CONTRACTS, READ_COLLECTIONS
from linli_waste_sorting.weights.schemas import CarrierWrite, ContractEnd, ContractWrite
from linli_waste_sorting.words import category_titles, compound_names

_BACK = "/waste_sorting/carriers"


@get("/carriers", needs=READ_COLLECTIONS)
def list_carriers(session: ScopedSession, actor: Actor, place: Place) -> View:
    """The carriers of the community and their contracts, with those that end soon."""
    community_id = community_of(place)
    within = compounds_of(actor, READ_COLLECTIONS, community_id)
    outline = community_outline(session, community_id)
    compounds = {each.id: each.name for each in outline if is_within(each.id, within)}
    categories = category_titles(session)
    known = repository.carriers_of(session, community_id)
    names, days = {each.id: each.name for each in known}, contracts.notice_days(session)
    rows = [
        _contract_line(each, names, compounds, categories, days)
        for each in repository.contracts_of(session, community_id, within)
    ]
    lacking = uncovered(session, list(compounds), today())
    return View(
        "waste_sorting/weights_carriers.html",
        {
            "carriers": known,
            "contracts": rows,
            "states": {key: _(title) for key, title in CONTRACT_STATES.items()},
            "ending": [each for each in rows if each["state"] == "ending"],
            "lacking": [
                (compounds[each], _("、").join(categories[kind] for kind in categories if kind in kinds))
                for each, kinds in lacking.items()
            ],
            "may_manage": actor.holds(MANAGE_CONTRACTS),
        },
    )


def _contract_line(
    row: Contract, names: dict[UUID, str], compounds: dict[UUID, str], categories: dict[str, str], days: int
) -> dict[str, Any]:
    return {
        "row": row,
        "carrier": names.get(row.carrier_id, ""),
        "categories": _("、").join(categories[each] for each in row.categories),
        "compounds": _("、").join(
            compounds[each.compound_id] for each in row.compounds if each.compound_id in compounds
        ),
        "state": contracts.state_of(row, today(), days),
        "left": (row.ends_on - today()).days,
    }


@get("/carriers/new", needs=MANAGE_CONTRACTS)
def new_carrier() -> View:
    """An empty form of a carrier."""
    return View("waste_sorting/weights_carrier_form.html", {"row": None})


@post("/carriers/new", needs=MANAGE_CONTRACTS, retry=new_carrier)
def create_carrier(session: ScopedSession, actor: Actor, place: Place, data: CarrierWrite) -> Redirect:
    """Write down a carrier."""
    carriers.create_carrier(session, actor, community_of(place), data)
    return Redirect(_BACK, _("收运单位已登记"))


@get("/carriers/{carrier_id:uuid}/edit", needs=MANAGE_CONTRACTS)
def edit_carrier(session: ScopedSession, place: Place, carrier_id: UUID) -> View:
    """The form of a carrier."""
    row = get_carrier(session, community_of(place), carrier_id)
    return View("waste_sorting/weights_carrier_form.html", {"row": row})


@post("/carriers/{carrier_id:uuid}/edit", needs=MANAGE_CONTRACTS, retry=edit_carrier)
def update_carrier(
    session: ScopedSession, actor: Actor, place: Place, carrier_id: UUID, data: CarrierWrite
) -> Redirect:
    """Change what is known of a carrier."""
    carriers.update_carrier(session, actor, community_of(place), carrier_id, data)
    return Redirect(_BACK, _("已保存"))


@post("/carriers/{carrier_id:uuid}/close", needs=MANAGE_CONTRACTS)
def close_carrier(session: ScopedSession, actor: Actor, place: Place, carrier_id: UUID) -> Redirect:
    """Take a carrier out of use."""
    carriers.close_carrier(session, actor, community_of(place), carrier_id)
    return Redirect(_BACK, _("已停用，记录都保留"))


@post("/carriers/{carrier_id:uuid}/reopen", needs=MANAGE_CONTRACTS)
def reopen_carrier(session: ScopedSession, actor: Actor, place: Place, carrier_id: UUID) -> Redirect:
    """Use a carrier again."""
    carriers.reopen_carrier(session, actor, community_of(place), carrier_id)
    return Redirect(_BACK, _("已恢复使用"))


@get("/contracts/new", needs=MANAGE_CONTRACTS)
def new_contract(session: ScopedSession, place: Place) -> View:
    """An empty form of a contract."""
    return View("waste_sorting/weights_contract_form.html", {"row": None, **_choices(session, place, None)})


@post("/contracts/new", needs=MANAGE_CONTRACTS, retry=new_contract)
def create_contract(session: ScopedSession, actor: Actor, place: Place, data: ContractWrite) -> Redirect:
    """Write down a contract."""
    contracts.create_contract(session, actor, community_of(place), data)
    return Redirect(_BACK, _("收运合同已登记"))


@get("/contracts/{contract_id:uuid}/edit", needs=MANAGE_CONTRACTS)
def edit_contract(session: ScopedSession, place: Place, contract_id: UUID) -> View:
    """The form of a contract."""
    row = get_contract(session, community_of(place), contract_id)
    return View("waste_sorting/weights_contract_form.html", {"row": row, **_choices(session, place, row)})


@post("/contracts/{contract_id:uuid}/edit", needs=MANAGE_CONTRACTS, retry=edit_contract)
def update_contract(
    session: ScopedSession, actor: Actor, place: Place, contract_id: UUID, data: ContractWrite
) -> Redirect:
    """Change a contract."""
    contracts.update_contract(session, actor, community_of(place), contract_id, data)
    return Redirect(_BACK, _("已保存"))


@get("/contracts/{contract_id:uuid}/end", needs=MANAGE_CONTRACTS)
def ask_end(session: ScopedSession, place: Place, contract_id: UUID) -> View:
    """The form in which a contract is ended."""
    row = get_contract(session, community_of(place), contract_id)
    return View("waste_sorting/weights_contract_end.html", {"row": row, "today": today().isoformat()})


@post("/contracts/{contract_id:uuid}/end", needs=MANAGE_CONTRACTS, retry=ask_end)
def end_contract(session: ScopedSession, actor: Actor, place: Place, contract_id: UUID, data: ContractEnd) -> Redirect:
    """End a contract before the day that was agreed."""
    contracts.end_contract(session, actor, community_of(place), contract_id, data)
    return Redirect(_BACK, _("合同已终止，请登记新的合同"))


def _choices(session: ScopedSession, place: Place, row: Contract | None) -> dict[str, Any]:
    community_id = community_of(place)
    known = repository.carriers_of(session, community_id)
    # Who holds the contract stays a choice, though out of use by now.
    offered = [each for each in known if each.closed_at is None or (row is not None and each.id == row.carrier_id)]
    return {
        "carriers": {str(each.id): each.name for each in offered},
        "categories": category_titles(session),
        "compounds": compound_names(session, community_id),
        "chosen_categories": row.categories if row is not None else ["kitchen", "other"],
        "chosen_compounds": _compounds_of(row),
    }


def _compounds_of(row: Contract | None) -> Sequence[str]:
    return [str(each.compound_id) for each in row.compounds] if row is not None else []


CARRIER_HANDLERS = (
    list_carriers,
    new_carrier,
    create_carrier,
    edit_carrier,
    update_carrier,
    close_carrier,
    reopen_carrier,
    new_contract,
    create_contract,
    edit_contract,
    update_contract,
    ask_end,
    end_contract,
)
