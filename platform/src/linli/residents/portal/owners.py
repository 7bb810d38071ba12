"""Who owns a dwelling: add a co-owner, pass it on, choose who votes, end a share; and owners that are no persons."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import today
from linli.kit.errors import Invalid, NotFound
from linli.kit.text import gettext as _
from linli.residents.choices import people_words
from linli.residents.models import Ownership
from linli.residents.occupancy import has_ended
from linli.residents.permissions import MANAGE, READ
from linli.residents.portal.picking import find_owners, owner_titles
from linli.residents.schemas import Basis, OrganisationCreate, OwnerIn, OwnershipCreate, Transfer
from linli.residents.service import (
    add_owner,
    choose_representative,
    create_organisation,
    end_ownership,
    list_organisations,
    owners_of,
    transfer_ownership,
)
from linli.residents.shares import parse_share
from linli.tenancy.admin_portal.dwellings import readable_dwelling, show_dwelling
from linli.tenancy.admin_portal.meanwhile import kept_in_form
from linli.tenancy.admin_portal.places import community_of
from linli.web.forms import Form
from linli.web.picking import as_id
from linli.web.place import Place
from linli.web.results import Redirect, View
from linli.web.routing import get, post
from linli.web.tables import DataTable, TableColumn, TableState, table_pages

_MOST_OWNERS = 20


class TransferForm(Struct, kw_only=True):
    """The new owners gathered so far, and the next one being looked for.

    ``step`` is ``find``, ``add``, ``remove:<place>`` or ``save``; ``pick`` is a found owner that was ticked.
    """

    owner: list[str] = []
    share: list[str] = []
    pick: Annotated[str, Meta(max_length=60)] = ""
    owner_q: Annotated[str, Meta(max_length=100)] = ""
    on: date | None = None
    basis: Basis = "purchase"
    reason: Annotated[str, Meta(max_length=200)] = ""
    step: Annotated[str, Meta(max_length=20)] = "save"


class CoOwnerForm(Struct, kw_only=True):
    """One more owner beside those that are registered."""

    pick: Annotated[str, Meta(max_length=60)] = ""
    owner_q: Annotated[str, Meta(max_length=100)] = ""
    share: Annotated[str, Meta(max_length=40)] = "1"
    basis: Basis = "registry"
    started_on: date | None = None
    is_representative: bool = False
    step: Annotated[str, Meta(max_length=20)] = "save"


class EndForm(Struct):
    """The first day on which the share is no longer held."""

    on: date


@get("/dwellings/{dwelling_id:uuid}/transfer", needs=MANAGE)
def ask_transfer(session: ScopedSession, actor: Actor, place: Place, form: Form, dwelling_id: UUID) -> View:
    return _transfer_page(session, actor, place, form, dwelling_id, _gathered(form))


@post("/dwellings/{dwelling_id:uuid}/transfer", needs=MANAGE, retry=ask_transfer)
def save_transfer(
    session: ScopedSession, actor: Actor, place: Place, form: Form, dwelling_id: UUID, data: TransferForm
) -> View | Redirect:
    gathered = _gathered(form)
    if data.pick and data.step in {"add", "save"} and data.pick not in [value for value, _share in gathered]:
        gathered = with_equal_shares([*gathered, (data.pick, "")])
    if data.step.startswith("remove:"):
        place_of_it = data.step.removeprefix("remove:")
        gathered = with_equal_shares([each for k, each in enumerate(gathered) if str(k) != place_of_it])
    if data.step != "save":
        return _transfer_page(session, actor, place, form, dwelling_id, gathered)
    if not gathered:
        raise Invalid.one("owner_q", _("请先查找并选择新的业主"))
    if data.on is None:
        raise Invalid.one("on", _("必须填写"))
    owners = [_owner(value, share) for value, share in gathered]
    with kept_in_form():
        wanted = Transfer(on=data.on, owners=owners, basis=data.basis, reason=data.reason)
        transfer_ownership(session, actor, dwelling_id, wanted)
    return Redirect(f"/dwellings/{dwelling_id}", _("已登记产权转移，原业主转入历史记录"))


def _gathered(form: Form) -> list[tuple[str, str]]:
    shares = [*form.all("share"), *[""] * _MOST_OWNERS]
    return list(zip(form.all("owner")[:_MOST_OWNERS], shares, strict=False))


def with_equal_shares(gathered: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The shares made equal, as long as nobody has typed unequal ones."""
    known = {parse_share(share) for _value, share in gathered if share.strip()}
    n = len(gathered)
    if n and known <= {Fraction(1, k) for k in range(1, n + 2)} and len(known) <= 1:
        equal = "1" if n == 1 else f"1/{n}"
        return [(value, equal) for value, _share in gathered]
    return gathered


@get("/dwellings/{dwelling_id:uuid}/owners/new", needs=MANAGE)
def ask_co_owner(session: ScopedSession, actor: Actor, place: Place, form: Form, dwelling_id: UUID) -> View:
    context = {
        "dwelling": readable_dwelling(session, actor, dwelling_id),
        "found": find_owners(session, actor, place, form.value("owner_q")),
        "chosen": form.value("pick"),
        **people_words(),
    }
    return View("admin/owners/new.html", context)


@post("/dwellings/{dwelling_id:uuid}/owners", needs=MANAGE, retry=ask_co_owner)
def save_co_owner(
    session: ScopedSession, actor: Actor, place: Place, form: Form, dwelling_id: UUID, data: CoOwnerForm
) -> View | Redirect:
    if data.step == "find":
        return ask_co_owner(session, actor, place, form, dwelling_id)
    if not data.pick:
        raise Invalid.one("owner_q", _("请先查找并选择一位业主"))
    owner = _owner(data.pick, data.share)
    held = [each for each in owners_of(session, actor, dwelling_id) if not has_ended(each.ended_on)]
    if any((each.resident_id, each.organisation_id) == (owner.resident_id, owner.organisation_id) for each in held):
        raise Invalid(_("这位业主已经登记在这套房屋名下"))
    wanted = OwnershipCreate(
        dwelling_id=dwelling_id,
        resident_id=owner.resident_id,
        organisation_id=owner.organisation_id,
        share=data.share,
        basis=data.basis,
        started_on=data.started_on,
    )
    with kept_in_form():
        entries = add_owner(session, actor, wanted)
        if data.is_representative:
            made = next(each for each in entries if (each.resident_id, each.organisation_id) == _key(owner))
            choose_representative(session, actor, made.id)
    return Redirect(f"/dwellings/{dwelling_id}", _("已登记业主"))


@post("/dwellings/{dwelling_id:uuid}/owners/{ownership_id:uuid}/represent", needs=MANAGE, retry=show_dwelling)
def save_representative(session: ScopedSession, actor: Actor, dwelling_id: UUID, ownership_id: UUID) -> Redirect:
    _require_of_dwelling(session, dwelling_id, ownership_id)
    choose_representative(session, actor, ownership_id)
    return Redirect(f"/dwellings/{dwelling_id}", _("已登记由这位业主代表本户表决"))


@post("/dwellings/{dwelling_id:uuid}/owners/{ownership_id:uuid}/end", needs=MANAGE, retry=show_dwelling)
def save_end(session: ScopedSession, actor: Actor, dwelling_id: UUID, ownership_id: UUID, data: EndForm) -> Redirect:
    _require_of_dwelling(session, dwelling_id, ownership_id)
    end_ownership(session, actor, ownership_id, data.on)
    return Redirect(f"/dwellings/{dwelling_id}", _("已结束这条产权登记，历史记录会保留"))


ORGANISATIONS = DataTable(
    name="organisations",
    columns=(
        TableColumn("name", "名称", sort="name", is_fixed=True),
        TableColumn("kind", "类型"),
        TableColumn("contact", "联系方式"),
    ),
    sort="name",
    filters=("q",),
)


@get("/organisations", needs=READ, table=ORGANISATIONS)
def show_organisations(
    session: ScopedSession, actor: Actor, place: Place, table: TableState, q: str = "", after: str = ""
) -> View:
    found = list_organisations(session, actor, community_of(place).id, search=q, sort=table.sort, after=after)
    context = {"organisations": found.items, "next": found.next, "q": q, **people_words()}
    return View("admin/owners/organisations.html", context, fragment="admin/owners/_organisations.html")


@post("/organisations", needs=MANAGE, retry=show_organisations)
def add_organisation(session: ScopedSession, actor: Actor, place: Place, data: OrganisationCreate) -> Redirect:
    create_organisation(session, actor, community_of(place).id, data)
    return Redirect("/organisations", _("已登记{name}").format(name=data.name))


def _transfer_page(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    form: Form,
    dwelling_id: UUID,
    gathered: list[tuple[str, str]],
) -> View:
    dwelling = readable_dwelling(session, actor, dwelling_id)
    titles = owner_titles(session, actor, [value for value, _share in gathered])
    found = find_owners(session, actor, place, form.value("owner_q"))
    taken = {value for value, _share in gathered}
    context = {
        "dwelling": dwelling,
        "present": [each for each in owners_of(session, actor, dwelling.id) if not has_ended(each.ended_on)],
        "gathered": [
            {"value": value, "title": titles[value], "share": share} for value, share in gathered if value in titles
        ],
        "found": replace(found, items=[each for each in found.items if each.value not in taken]),
        "today": today(),
        **people_words(),
    }
    return View("admin/owners/transfer.html", context)


def _owner(value: str, share: str) -> OwnerIn:
    kind, _colon, text = value.partition(":")
    owner_id = as_id(text)
    if owner_id is None or kind not in {"r", "o"}:
        raise Invalid.one("owner_q", _("本社区没有这位业主"))
    return OwnerIn(
        resident_id=owner_id if kind == "r" else None,
        organisation_id=owner_id if kind == "o" else None,
        share=share,
    )


def _key(owner: OwnerIn) -> tuple[UUID | None, UUID | None]:
    return owner.resident_id, owner.organisation_id


def _require_of_dwelling(session: ScopedSession, dwelling_id: UUID, ownership_id: UUID) -> None:
    found = session.get(Ownership, (session.scope.tenant_id, ownership_id))
    if found is None or found.dwelling_id != dwelling_id:
        raise NotFound(_("找不到这条产权登记"))


pages = [
    ask_transfer,
    save_transfer,
    ask_co_owner,
    save_co_owner,
    save_representative,
    save_end,
    show_organisations,
    *table_pages(show_organisations),
    add_organisation,
]
