"""Moving in and out, and what is known of a household."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import today
from linli.kit.errors import Invalid
from linli.kit.text import gettext as _
from linli.residents.choices import people_words
from linli.residents.occupancy import has_ended
from linli.residents.permissions import MANAGE
from linli.residents.schemas import HouseholdCreate, HouseholdOut, HouseholdUpdate, MemberIn, MoveOut, Relation, Tenure
from linli.residents.service import (
    create_household,
    get_household,
    households_of_dwelling,
    move_in,
    move_out,
    update_household,
)
from linli.tenancy.admin_portal.dwellings import readable_dwelling
from linli.tenancy.admin_portal.meanwhile import changed_meanwhile, kept_in_form, sent_version
from linli.web.fields import When, asked_when
from linli.web.forms import Form
from linli.web.results import Redirect, View
from linli.web.routing import get, post


class MoveInForm(Struct, kw_only=True):
    """Who moves in, into which household; without one a new household begins."""

    resident_id: UUID | None = None
    household_id: UUID | None = None
    tenure: Annotated[Tenure, When("household_id", ("",), "只有新的家庭需要填写。")] = "owner"
    relation: Relation = "other"
    moved_in_on: date | None = None


class MoveOutForm(Struct, kw_only=True):
    """Who moves out, everybody when nobody is named, and the first day on which they no longer live there."""

    on: date
    resident_id: UUID | None = None


class HouseholdForm(Struct, kw_only=True):
    """What is known of a household."""

    tenure: Tenure
    pets: Annotated[str, Meta(max_length=200)] = ""


@get("/dwellings/{dwelling_id:uuid}/move-in", needs=MANAGE)
def ask_move_in(session: ScopedSession, actor: Actor, dwelling_id: UUID) -> View:
    dwelling = readable_dwelling(session, actor, dwelling_id)
    households = [each for each in households_of_dwelling(session, actor, dwelling.id) if not has_ended(each.ended_on)]
    words = people_words()
    context = {
        "dwelling": dwelling,
        "households": [(str(each.id), _household_title(each)) for each in households],
        "asked": asked_when(MoveInForm),
        "today": today(),
        **words,
    }
    return View("admin/households/move_in.html", context)


@post("/dwellings/{dwelling_id:uuid}/move-in", needs=MANAGE, retry=ask_move_in)
def save_move_in(session: ScopedSession, actor: Actor, dwelling_id: UUID, data: MoveInForm) -> Redirect:
    if data.resident_id is None:
        raise Invalid.one("resident_id", _("请先查找并选择一位居民"))
    member = MemberIn(resident_id=data.resident_id, relation=data.relation, moved_in_on=data.moved_in_on)
    with kept_in_form():
        if data.household_id is None:
            _refuse_second(session, actor, dwelling_id, data.resident_id)
            wanted = HouseholdCreate(
                dwelling_id=dwelling_id, tenure=data.tenure, started_on=data.moved_in_on, members=[member]
            )
            create_household(session, actor, wanted)
        else:
            if get_household(session, actor, data.household_id).dwelling_id != dwelling_id:
                raise Invalid.one("household_id", _("这个家庭不住在这套房屋里"))
            move_in(session, actor, data.household_id, member)
    return Redirect(f"/dwellings/{dwelling_id}", _("已登记入住"))


@get("/households/{household_id:uuid}/move-out", needs=MANAGE)
def ask_move_out(session: ScopedSession, actor: Actor, household_id: UUID, resident: str = "") -> View:
    household = get_household(session, actor, household_id)
    present = [each for each in household.members if not has_ended(each.moved_out_on)]
    context = {
        "household": household,
        "members": [(str(each.resident_id), each.name) for each in present],
        "chosen": resident,
        "today": today(),
    }
    return View("admin/households/move_out.html", context)


@post("/households/{household_id:uuid}/move-out", needs=MANAGE, retry=ask_move_out)
def save_move_out(session: ScopedSession, actor: Actor, household_id: UUID, data: MoveOutForm) -> Redirect:
    with kept_in_form():
        household = move_out(session, actor, household_id, MoveOut(on=data.on, resident_id=data.resident_id))
    return Redirect(f"/dwellings/{household.dwelling_id}", _("已登记搬出，历史记录会保留"))


@get("/households/{household_id:uuid}/edit", needs=MANAGE)
def edit_household(session: ScopedSession, actor: Actor, form: Form, household_id: UUID) -> View:
    household = get_household(session, actor, household_id)
    titles = {"tenure": _("居住方式"), "pets": _("宠物")}
    meanwhile = changed_meanwhile(session, form, ("household", household.id), household.version, titles)
    return View("admin/households/edit.html", {"household": household, "meanwhile": meanwhile, **people_words()})


@post("/households/{household_id:uuid}/edit", needs=MANAGE, retry=edit_household)
def save_household(
    session: ScopedSession, actor: Actor, form: Form, household_id: UUID, data: HouseholdForm
) -> Redirect:
    wanted = HouseholdUpdate(version=sent_version(form), tenure=data.tenure, pets=data.pets)
    with kept_in_form():
        household = update_household(session, actor, household_id, wanted)
    return Redirect(f"/dwellings/{household.dwelling_id}", _("已保存"))


def _household_title(household: HouseholdOut) -> str:
    names = [each.name for each in household.members if not has_ended(each.moved_out_on)]
    return f"{people_words()['tenures'][household.tenure]}{_('：')}{_('、').join(names) or _('暂无成员')}"


def _refuse_second(session: ScopedSession, actor: Actor, dwelling_id: UUID, resident_id: UUID) -> None:
    for household in households_of_dwelling(session, actor, dwelling_id):
        for member in household.members:
            is_here = not has_ended(household.ended_on) and not has_ended(member.moved_out_on)
            if is_here and member.resident_id == resident_id:
                raise Invalid(_("{name}已经住在这套房屋里").format(name=member.name))


pages = [ask_move_in, save_move_in, ask_move_out, save_move_out, edit_household, save_household]
