"""Households: who lives together in a dwelling, who moves in and out; what was stays in the history."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from msgspec import UnsetType
from sqlalchemy import or_, select

from linli.audit.record import record
from linli.db.session import ScopedSession
from linli.kit import clock
from linli.kit.actor import Actor
from linli.kit.errors import Conflict, Invalid, NotFound
from linli.kit.ids import new_id
from linli.kit.text import gettext as _
from linli.residents.models import Household, HouseholdMember, Resident
from linli.residents.permissions import MANAGE, READ
from linli.residents.reach import reach_of
from linli.residents.repository import household_out, households_of, live_residents, stays
from linli.residents.schemas import (
    HouseholdCreate,
    HouseholdOut,
    HouseholdUpdate,
    MemberIn,
    MoveOut,
    StayOut,
)
from linli.residents.service.finding import (
    dwelling_within,
    flush,
    household_within,
    require_version,
    resident_within,
)
from linli.residents.wording import limited
from linli.tenancy.models import Dwelling
from linli.tenancy.summaries import recount


def households_of_dwelling(session: ScopedSession, actor: Actor, dwelling_id: UUID) -> list[HouseholdOut]:
    """The households of a dwelling, today's first, past ones after them; ``NotFound`` out of reach."""
    dwelling_within(session, actor, dwelling_id, READ)
    return households_of(session, [dwelling_id])


def get_household(session: ScopedSession, actor: Actor, household_id: UUID) -> HouseholdOut:
    """One household with its members, past ones included; ``NotFound`` out of reach."""
    household_within(session, actor, household_id, READ)
    return household_out(session, household_id)


def stays_of_resident(session: ScopedSession, actor: Actor, resident_id: UUID) -> list[StayOut]:
    """Where a resident lives and lived, within the actor's reach, newest first."""
    resident_within(session, actor, resident_id, READ)
    return stays(session, (HouseholdMember.resident_id == resident_id) & reach_of(actor, READ).dwellings())


def create_household(session: ScopedSession, actor: Actor, data: HouseholdCreate) -> HouseholdOut:
    """Begin a household in a dwelling; its members move in on ``moved_in_on``, or on the day it begins.

    Raises:
        Invalid: a person is named twice, does not exist, or the dates contradict each other.
        NotFound: the dwelling is not within reach.
    """
    dwelling = dwelling_within(session, actor, data.dwelling_id, MANAGE, lock=True)
    if len({member.resident_id for member in data.members}) < len(data.members):
        raise Invalid.one("members", _("同一位居民不能填写两次"))
    household = begin_household(session, dwelling, data)
    for member in data.members:
        _require_known(session, actor, household, member)
        add_member(session, household, member)
    return household_out(session, household.id)


def update_household(session: ScopedSession, actor: Actor, household_id: UUID, data: HouseholdUpdate) -> HouseholdOut:
    """Change tenure or registered pets; ``Conflict`` when it was changed meanwhile, ``NotFound`` out of reach."""
    household = household_within(session, actor, household_id, MANAGE)
    require_version(household, data.version)
    before = {"tenure": household.tenure, "pets": household.pets}
    if not isinstance(data.tenure, UnsetType):
        household.tenure = data.tenure
    if not isinstance(data.pets, UnsetType):
        household.pets = limited(data.pets, "pets", 200)
    after = {"tenure": household.tenure, "pets": household.pets}
    flush(session)
    if after != before:
        record(
            session,
            "core.household.update",
            ("household", household.id),
            community_id=household.community_id,
            before=before,
            after=after,
        )
    return household_out(session, household.id)


def move_in(session: ScopedSession, actor: Actor, household_id: UUID, data: MemberIn) -> HouseholdOut:
    """Add a person to a household from a day on (today when none is given).

    Raises:
        Conflict: the household has ended, or the person lives in it already.
        Invalid: the person does not exist in this community, or the day is before the household began.
        NotFound: the household is not within reach.
    """
    household = household_within(session, actor, household_id, MANAGE)
    dwelling_within(session, actor, household.dwelling_id, MANAGE, lock=True)
    if household.ended_on is not None:
        raise Conflict(_("这个家庭已经搬出，请新建家庭"))
    _require_known(session, actor, household, data)
    add_member(session, household, data)
    return household_out(session, household.id)


def move_out(session: ScopedSession, actor: Actor, household_id: UUID, data: MoveOut) -> HouseholdOut:
    """Close one person's stay, or everybody's; the household ends when nobody is left. Nothing is deleted.

    Raises:
        Conflict: nobody is left to move out.
        Invalid: the day is before the day of moving in.
        NotFound: the household, or the person in it, is not there.
    """
    household = household_within(session, actor, household_id, MANAGE)
    dwelling_within(session, actor, household.dwelling_id, MANAGE, lock=True)
    present = list(
        session.scalars(
            select(HouseholdMember).where(
                HouseholdMember.household_id == household.id, HouseholdMember.moved_out_on.is_(None)
            )
        )
    )
    leaving = [each for each in present if data.resident_id in (None, each.resident_id)]
    if data.resident_id is not None and not leaving:
        raise NotFound(_("这位居民现在不住在这个家庭"))
    if not leaving and household.ended_on is not None:
        raise Conflict(_("这个家庭已经搬出"))
    for member in leaving:
        _require_order(member.moved_in_on, data.on)
        member.moved_out_on = data.on
    if len(leaving) == len(present):
        _require_order(household.started_on, data.on)
        household.ended_on = data.on
    flush(session)
    record(
        session,
        "core.household.move_out",
        ("household", household.id),
        community_id=household.community_id,
        after={"on": data.on.isoformat(), "residents": [str(each.resident_id) for each in leaving]},
    )
    recount(session, household.community_id)
    return household_out(session, household.id)


def begin_household(session: ScopedSession, dwelling: Dwelling, data: HouseholdCreate) -> Household:
    """A household without members in a dwelling that is known to be within reach and locked."""
    household = Household(
        id=new_id(),
        community_id=dwelling.community_id,
        dwelling_id=dwelling.id,
        tenure=data.tenure,
        started_on=data.started_on,
        pets=limited(data.pets, "pets", 200),
    )
    session.add(household)
    flush(session)
    record(
        session,
        "core.household.create",
        ("household", household.id),
        community_id=household.community_id,
        after={"dwelling": dwelling.label, "tenure": household.tenure},
    )
    recount(session, household.community_id)
    return household


def add_member(session: ScopedSession, household: Household, data: MemberIn) -> None:
    """Begin the stay of a person who is known to be within reach; raises ``Invalid``, ``Conflict``."""
    moved_in_on = data.moved_in_on or household.started_on or clock.today()
    if household.started_on and moved_in_on < household.started_on:
        raise Invalid.one("moved_in_on", _("入住日期不能早于家庭迁入日期"))
    stays_now = select(HouseholdMember.id).where(
        HouseholdMember.household_id == household.id,
        HouseholdMember.resident_id == data.resident_id,
        or_(HouseholdMember.moved_out_on.is_(None), HouseholdMember.moved_out_on > moved_in_on),
    )
    if session.scalar(stays_now):
        raise Conflict(_("这位居民已经在这个家庭中"))
    session.add(
        HouseholdMember(
            community_id=household.community_id,
            household_id=household.id,
            resident_id=data.resident_id,
            relation=data.relation,
            moved_in_on=moved_in_on,
        )
    )
    flush(session)
    record(
        session,
        "core.household.move_in",
        ("household", household.id),
        community_id=household.community_id,
        after={"resident": str(data.resident_id), "relation": data.relation, "on": moved_in_on.isoformat()},
    )


def _require_known(session: ScopedSession, actor: Actor, household: Household, data: MemberIn) -> None:
    known = live_residents(reach_of(actor, MANAGE)).where(
        Resident.id == data.resident_id, Resident.community_id == household.community_id
    )
    if session.scalar(known) is None:
        raise Invalid.one("resident_id", _("本社区没有这位居民"))


def _require_order(started: date | None, ended: date) -> None:
    if started is not None and ended < started:
        raise Invalid.one("on", _("搬出日期不能早于入住日期"), _("不早于 {day}").format(day=started.isoformat()))
