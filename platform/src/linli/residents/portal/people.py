"""Residents in the admin portal: find, enter, change, and see one hidden number for a reason."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType
from sqlalchemy import select, text

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import now
from linli.kit.phones import normalise_phone
from linli.kit.text import gettext as _
from linli.privacy.choices import REVEAL_PURPOSES, words
from linli.privacy.reveals import reveal
from linli.residents.choices import people_words
from linli.residents.models import Ownership, Resident
from linli.residents.occupancy import has_ended
from linli.residents.permissions import MANAGE, READ, REVEAL
from linli.residents.portal.listing import RESIDENTS
from linli.residents.repository import ResidentFilter, ownerships
from linli.residents.schemas import Gender, Name, ResidentCreate, ResidentUpdate, Reveal
from linli.residents.service import (
    create_resident,
    get_resident,
    list_residents,
    stays_of_resident,
    update_resident,
)
from linli.residents.wording import clean_name, required_id_number, required_phone
from linli.tenancy.admin_portal.meanwhile import changed_meanwhile, kept_in_form, sent_version
from linli.tenancy.admin_portal.places import community_of, compound_names, place_filter
from linli.web.fields import UNDRAFTED, Check, When, asked_when
from linli.web.forms import Form
from linli.web.place import Place
from linli.web.results import Redirect, View
from linli.web.routing import get, post
from linli.web.tables import TableState, table_pages

#: Within this span the same entry by the same person is a second click, not a second resident.
_SECOND_CLICK = timedelta(minutes=2)
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")


class NewResident(ResidentCreate, kw_only=True):
    """The form of a new person. No draft keeps the identity number: it is typed from a card in one go."""

    phone: Annotated[str, Meta(max_length=40), Check(required_phone)] = ""
    id_number: Annotated[str, Meta(max_length=40), Check(required_id_number), UNDRAFTED] = ""
    remarks: Annotated[str, Meta(max_length=500)] = ""


class EditResident(Struct, kw_only=True):
    """The form of a known person: hidden numbers stay unless a new one is typed or the box to remove them is ticked."""

    name: Name
    gender: Gender = ""
    born_on: date | None = None
    phone: Annotated[
        str, Meta(max_length=40), Check(required_phone), When("remove_phone", ("",), "删除电话时不用填。")
    ] = ""
    remove_phone: bool = False
    id_number: Annotated[
        str,
        Meta(max_length=40),
        Check(required_id_number),
        When("remove_id_number", ("",), "删除身份证号时不用填。"),
        UNDRAFTED,
    ] = ""
    remove_id_number: bool = False
    is_migrant: bool = False
    remarks: Annotated[str, Meta(max_length=500)] = ""


@get("/residents", needs=READ, table=RESIDENTS)
def show_residents(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    table: TableState,
    q: str = "",
    compound: str = "",
    building: str = "",
    migrants: bool = False,
    after: str = "",
) -> View:
    community_id = community_of(place).id
    where = place_filter(session, community_id, compound, building)
    wanted = ResidentFilter(
        search=q,
        community_id=community_id,
        compound_id=where.compound_id,
        building_id=where.building_id,
        migrants_only=migrants,
    )
    found, more = ([], None) if where.is_lost else list_residents(session, actor, wanted, sort=table.sort, after=after)
    names = compound_names(session, [door.compound_id for each in found for door in each.doors])
    context = {
        "residents": found,
        "compound_names": {str(each): name for each, name in names.items()},
        "next": more,
        "where": where,
        "migrants": migrants,
        "is_filtered": bool(q or compound or building or migrants),
        "genders": people_words()["genders"],
    }
    return View("admin/residents/list.html", context, fragment="admin/residents/_list.html")


@get("/residents/new", needs=MANAGE)
def new_resident(dwelling: str = "") -> View:
    return View("admin/residents/new.html", {"dwelling": dwelling, **people_words()})


@post("/residents", needs=MANAGE, retry=new_resident)
def add_resident(session: ScopedSession, actor: Actor, place: Place, data: NewResident) -> Redirect:
    community_id = community_of(place).id
    # Two clicks at once wait for each other; the second then finds what the first has made.
    session.execute(_LOCK, {"key": second_click_lock(community_id, actor)})
    resident_id = _just_added(session, community_id, data)
    if resident_id is None:
        with kept_in_form():
            resident_id = create_resident(session, actor, community_id, data).id
    if data.dwelling_id:
        return Redirect(f"/dwellings/{data.dwelling_id}", _("已登记{name}").format(name=data.name))
    return Redirect(f"/residents/{resident_id}", _("已登记{name}").format(name=data.name))


def second_click_lock(community_id: UUID, actor: Actor) -> str:
    """What one person's clicks in one community wait for; somebody who works in two never waits for themself."""
    return f"add_resident {community_id} {actor.account_id}"


@get("/residents/{resident_id:uuid}", needs=READ)
def show_resident(session: ScopedSession, actor: Actor, resident_id: UUID) -> View:
    return _detail(session, actor, resident_id, {})


@post("/residents/{resident_id:uuid}/reveal", needs=REVEAL, retry=show_resident)
def show_hidden(session: ScopedSession, actor: Actor, resident_id: UUID, data: Reveal) -> View:
    shown = reveal(session, actor, resident_id, data)
    return _detail(session, actor, resident_id, {shown.field: shown.value})


@get("/residents/{resident_id:uuid}/edit", needs=MANAGE)
def edit_resident(session: ScopedSession, actor: Actor, form: Form, resident_id: UUID) -> View:
    resident = get_resident(session, actor, resident_id)
    subject = ("resident", resident.id)
    meanwhile = changed_meanwhile(session, form, subject, resident.version, _titles())
    context = {"resident": resident, "meanwhile": meanwhile, "asked": asked_when(EditResident), **people_words()}
    return View("admin/residents/edit.html", context)


@post("/residents/{resident_id:uuid}/edit", needs=MANAGE, retry=edit_resident)
def save_resident(session: ScopedSession, actor: Actor, form: Form, resident_id: UUID, data: EditResident) -> Redirect:
    wanted = ResidentUpdate(
        version=sent_version(form),
        name=data.name,
        gender=data.gender,
        born_on=data.born_on,
        phone=_replacement(data.phone, remove=data.remove_phone),
        id_number=_replacement(data.id_number, remove=data.remove_id_number),
        is_migrant=data.is_migrant,
        remarks=data.remarks,
    )
    with kept_in_form():
        update_resident(session, actor, resident_id, wanted)
    return Redirect(f"/residents/{resident_id}", _("已保存"))


def _replacement(typed: str, *, remove: bool) -> str | UnsetType:
    return "" if remove else typed or UNSET


def _just_added(session: ScopedSession, community_id: UUID, data: ResidentCreate) -> UUID | None:
    phone = normalise_phone(data.phone)
    same = select(Resident.id).where(
        Resident.community_id == community_id,
        Resident.name == clean_name(data.name),
        Resident.created_at > now() - _SECOND_CLICK,
        Resident.merged_into.is_(None),
        Resident.born_on == data.born_on if data.born_on else Resident.born_on.is_(None),
        Resident.phone_bi == session.vault.blind_index(session, "phone", phone)
        if phone
        else Resident.phone_bi.is_(None),
    )
    return session.scalar(same.order_by(Resident.created_at.desc()).limit(1))


def _detail(session: ScopedSession, actor: Actor, resident_id: UUID, revealed: dict[str, str]) -> View:
    resident = get_resident(session, actor, resident_id)
    held = ownerships(session, Ownership.resident_id == resident.id)
    stays = stays_of_resident(session, actor, resident.id)
    names = compound_names(session, [door.compound_id for door in resident.doors])
    context = {
        "resident": resident,
        "compound_at": {str(door.dwelling_id): names[door.compound_id] for door in resident.doors},
        "revealed": revealed,
        "reveal_purposes": words(REVEAL_PURPOSES),
        "owned": [each for each in held if not has_ended(each.ended_on)],
        "past_owned": [each for each in held if has_ended(each.ended_on)],
        "stays": [each for each in stays if not has_ended(each.moved_out_on)],
        "past_stays": [each for each in stays if has_ended(each.moved_out_on)],
        **people_words(),
    }
    return View("admin/residents/detail.html", context)


def _titles() -> dict[str, str]:
    return {
        "name": _("姓名"),
        "gender": _("性别"),
        "born_on": _("出生日期"),
        "phone": _("电话"),
        "id_number": _("身份证号"),
        "is_migrant": _("户籍在外地"),
        "remarks": _("备注"),
    }


pages = [
    show_residents,
    *table_pages(show_residents),
    new_resident,
    add_resident,
    show_resident,
    show_hidden,
    edit_resident,
    save_resident,
]
