"""Ownership: who holds which share of a dwelling from which day on, and the passing of a dwelling to others."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from uuid import UUID

from sqlalchemy import or_, select

from linli.audit.record import record
from linli.db.paging import Order, Slice, sorted_slice
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.cursor import PAGE
from linli.kit.errors import Conflict, Invalid, NotFound
from linli.kit.ids import new_id
from linli.kit.text import gettext as _
from linli.residents.models import Organisation, Ownership, Resident
from linli.residents.permissions import MANAGE, READ
from linli.residents.reach import is_holding, reach_of
from linli.residents.repository import ownerships
from linli.residents.schemas import (
    OrganisationCreate,
    OrganisationOut,
    OwnerIn,
    OwnershipCreate,
    OwnershipOut,
    Transfer,
)
from linli.residents.service.finding import dwelling_within, flush, require_community
from linli.residents.shares import Span, largest_sum, required_share
from linli.residents.wording import limited, required_name
from linli.tenancy.models import Dwelling


def owners_of(session: ScopedSession, actor: Actor, dwelling_id: UUID) -> list[OwnershipOut]:
    """Every ownership of a dwelling, today's first, past ones after them; ``NotFound`` out of reach."""
    dwelling_within(session, actor, dwelling_id, READ)
    return ownerships(session, Ownership.dwelling_id == dwelling_id)


def add_owner(session: ScopedSession, actor: Actor, data: OwnershipCreate) -> list[OwnershipOut]:
    """Let an ownership begin beside those that exist; answers with all of the dwelling's.

    Raises:
        Invalid: the owner is unknown, or the shares would exceed the whole on some day.
        NotFound: the dwelling is not within reach.
    """
    dwelling = dwelling_within(session, actor, data.dwelling_id, MANAGE, lock=True)
    _insert(session, actor, dwelling, data, basis=data.basis, started_on=data.started_on)
    _require_whole(session, dwelling.id)
    record(
        session,
        "core.ownership.create",
        ("dwelling", dwelling.id),
        community_id=dwelling.community_id,
        after={"owner": str(data.resident_id or data.organisation_id), "share": data.share},
    )
    return ownerships(session, Ownership.dwelling_id == dwelling.id)


def transfer_ownership(session: ScopedSession, actor: Actor, dwelling_id: UUID, data: Transfer) -> list[OwnershipOut]:
    """Pass a dwelling to new owners on a day: what was held ends on it, the new shares begin on it.

    Raises:
        Conflict: somebody's ownership begins on or after that day already.
        Invalid: an owner is unknown, or the new shares exceed the whole.
        NotFound: the dwelling is not within reach.
    """
    dwelling = dwelling_within(session, actor, dwelling_id, MANAGE, lock=True)
    held = list(
        session.scalars(
            select(Ownership).where(
                Ownership.dwelling_id == dwelling.id,
                or_(Ownership.ended_on.is_(None), Ownership.ended_on > data.on),
            )
        )
    )
    if any(each.started_on is not None and each.started_on >= data.on for each in held):
        raise Conflict(_("这一天或之后已有产权登记，请先核对"))
    for each in held:
        each.ended_on = data.on
    flush(session)
    for owner in data.owners:
        _insert(session, actor, dwelling, owner, basis=data.basis, started_on=data.on)
    _require_whole(session, dwelling.id)
    record(
        session,
        "core.ownership.transfer",
        ("dwelling", dwelling.id),
        community_id=dwelling.community_id,
        before={"owners": [str(each.resident_id or each.organisation_id) for each in held]},
        after={
            "owners": [str(each.resident_id or each.organisation_id) for each in data.owners],
            "on": data.on.isoformat(),
        },
        reason=limited(data.reason, "reason", 200),
    )
    return ownerships(session, Ownership.dwelling_id == dwelling.id)


def end_ownership(session: ScopedSession, actor: Actor, ownership_id: UUID, on: date) -> list[OwnershipOut]:
    """End one share on a day, from which on it is nobody's until it is given; raises ``Invalid``, ``NotFound``."""
    ownership, dwelling = _within(session, actor, ownership_id)
    if ownership.started_on is not None and on < ownership.started_on:
        raise Invalid.one("on", _("结束日期不能早于取得日期"))
    ownership.ended_on = on
    flush(session)
    record(
        session,
        "core.ownership.end",
        ("dwelling", dwelling.id),
        community_id=dwelling.community_id,
        after={"ownership": str(ownership.id), "on": on.isoformat()},
    )
    return ownerships(session, Ownership.dwelling_id == dwelling.id)


def choose_representative(session: ScopedSession, actor: Actor, ownership_id: UUID) -> list[OwnershipOut]:
    """Note which co-owner casts the vote of the unit, as the co-owners chose; raises ``NotFound``."""
    chosen, dwelling = _within(session, actor, ownership_id)
    for each in session.scalars(select(Ownership).where(Ownership.dwelling_id == dwelling.id, is_holding())):
        each.is_representative = each.id == chosen.id
    flush(session)
    record(
        session,
        "core.ownership.represent",
        ("dwelling", dwelling.id),
        community_id=dwelling.community_id,
        after={"owner": str(chosen.resident_id or chosen.organisation_id)},
    )
    return ownerships(session, Ownership.dwelling_id == dwelling.id)


ORGANISATIONS = {"name": Order(Organisation.name, lambda row: row[0].name), "created_at": Order()}


def list_organisations(
    session: ScopedSession,
    actor: Actor,
    community_id: UUID,
    *,
    search: str = "",
    sort: str = "name",
    after: str = "",
    limit: int = PAGE,
) -> Slice[OrganisationOut]:
    """Organisations of a community by name; raises ``Forbidden`` to whoever may not read all of it."""
    require_community(actor, READ, community_id)
    wanted = select(Organisation).where(
        Organisation.community_id == community_id,
        Organisation.name.contains(search.replace("\0", "")[:60], autoescape=True),
    )
    page = sorted_slice(
        session, wanted, Organisation.id, ORGANISATIONS, sort, id_of=lambda row: row[0].id, after=after, limit=limit
    )
    return Slice([_organisation_out(row[0]) for row in page.items], page.next)


def create_organisation(
    session: ScopedSession, actor: Actor, community_id: UUID, data: OrganisationCreate
) -> OrganisationOut:
    """Enter a title unit, developer or company; raises ``Invalid`` when the name is taken, ``Forbidden``."""
    require_community(actor, MANAGE, community_id)
    name = required_name(data.name)
    if session.scalar(
        select(Organisation.id).where(Organisation.community_id == community_id, Organisation.name == name)
    ):
        raise Invalid.one("name", _("这个单位已经登记"))
    organisation = Organisation(
        id=new_id(),
        community_id=community_id,
        name=name,
        kind=data.kind,
        credit_code=limited(data.credit_code, "credit_code", 40),
        contact=limited(data.contact, "contact", 200),
    )
    session.add(organisation)
    flush(session)
    record(
        session,
        "core.organisation.create",
        ("organisation", organisation.id),
        community_id=community_id,
        after={"name": name, "kind": data.kind},
    )
    return _organisation_out(organisation)


def _organisation_out(each: Organisation) -> OrganisationOut:
    return OrganisationOut(
        id=each.id,
        name=each.name,
        kind=each.kind,
        credit_code=each.credit_code,
        contact=each.contact,
        version=each.version,
    )


def _within(session: ScopedSession, actor: Actor, ownership_id: UUID) -> tuple[Ownership, Dwelling]:
    ownership = session.get(Ownership, (session.scope.tenant_id, ownership_id))
    if ownership is None:
        raise NotFound(_("找不到这条产权登记"))
    dwelling = dwelling_within(session, actor, ownership.dwelling_id, MANAGE, lock=True)
    return ownership, dwelling


def _insert(
    session: ScopedSession, actor: Actor, dwelling: Dwelling, data: OwnerIn, *, basis: str, started_on: date | None
) -> None:
    share = required_share(data.share)
    _require_owner(session, actor, dwelling, data)
    session.add(
        Ownership(
            community_id=dwelling.community_id,
            dwelling_id=dwelling.id,
            resident_id=data.resident_id,
            organisation_id=data.organisation_id,
            share_numerator=share.numerator,
            share_denominator=share.denominator,
            is_representative=data.is_representative,
            basis=basis,
            started_on=started_on,
        )
    )
    flush(session)


def _require_owner(session: ScopedSession, actor: Actor, dwelling: Dwelling, data: OwnerIn) -> None:
    if (data.resident_id is None) == (data.organisation_id is None):
        raise Invalid.one("resident_id", _("请填写一位居民或一个单位"), _("二者填写其一"))
    table = Resident if data.resident_id else Organisation
    wanted = select(table.id).where(
        table.id == (data.resident_id or data.organisation_id), table.community_id == dwelling.community_id
    )
    if data.resident_id:
        wanted = wanted.where(
            Resident.merged_into.is_(None), Resident.erased_at.is_(None), reach_of(actor, MANAGE).residents()
        )
    if session.scalar(wanted) is None:
        field = "resident_id" if data.resident_id else "organisation_id"
        raise Invalid.one(field, _("本社区没有这位业主"))


def _require_whole(session: ScopedSession, dwelling_id: UUID) -> None:
    held = session.scalars(select(Ownership).where(Ownership.dwelling_id == dwelling_id))
    spans = [
        Span(Fraction(each.share_numerator, each.share_denominator), each.started_on, each.ended_on) for each in held
    ]
    total = largest_sum(spans)
    if total > 1:
        raise Invalid.one("share", _("产权份额合计为 {total}，超过 1").format(total=total))
