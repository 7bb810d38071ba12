"""Looking at a whole number: how often one may, what is kept of it, and the person concerned reading that."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, insert, or_, select, text, tuple_
from sqlalchemy.orm import Session

from linli.access.roles import ROLES
from linli.audit.record import record
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import SHANGHAI, now, today
from linli.kit.cursor import PAGE, decode_moment, encode_moment
from linli.kit.errors import Invalid, TooMany
from linli.kit.ids import new_id
from linli.kit.phones import mask_numbers
from linli.kit.text import gettext as _
from linli.privacy.choices import REVEAL_PURPOSES
from linli.privacy.models import NumberReveal
from linli.privacy.schemas import RevealOut
from linli.privacy.telling import tell_of_many_reveals
from linli.residents.models import Resident
from linli.residents.permissions import REVEAL
from linli.residents.reach import lives_in, owns
from linli.residents.schemas import Reveal, Revealed, RevealPurpose
from linli.residents.service.finding import resident_within
from linli.residents.wording import limited
from linli.settings.service import get_setting
from linli.tenancy.models import Community, Dwelling, Tenant

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")
_HOUR = timedelta(hours=1)
#: What the page of a person shows.
_SHOWN = 100


def reveal(session: ScopedSession, actor: Actor, resident_id: UUID, data: Reveal) -> Revealed:
    """One sealed field in plain text; who saw it and why is kept for the audit trail and for the person concerned.

    Raises:
        Invalid: no reason given.
        NotFound: there is no such resident where the actor may unseal.
        TooMany: the actor has looked as often as one may today.
    """
    resident = resident_within(session, actor, resident_id, REVEAL)
    # People write down whom they are about to call; the number itself is what must not lie open.
    reason = mask_numbers(limited(data.reason, "reason", 200))
    why = reveal_reason(data.purpose, reason)
    note_reveal(
        session,
        actor,
        resident.community_id,
        resident.id,
        data.field,
        permission=REVEAL,
        purpose=data.purpose,
        reason=reason,
    )
    sealed = resident.phone_ct if data.field == "phone" else resident.id_number_ct
    plain = session.vault.decrypt(session, "resident", data.field, resident.id, sealed) if sealed else ""
    record(
        session,
        "core.resident.reveal",
        ("resident", resident.id),
        community_id=resident.community_id,
        after={"field": data.field},
        reason=why,
    )
    return Revealed(field=data.field, value=plain)


def reveal_reason(purpose: RevealPurpose, reason: str) -> str:
    """The reason as the audit trail keeps it; ``other`` has to be explained.

    Raises:
        Invalid: nothing says why.
    """
    if purpose not in REVEAL_PURPOSES:
        raise Invalid.one("purpose", _("请选择查看原因"))
    if purpose == "other":
        if not reason:
            raise Invalid.one("reason", _("请填写查看原因"), _("例如：联系住户处理漏水"))
        return reason
    title = _(REVEAL_PURPOSES[purpose])
    return _("{purpose}：{reason}").format(purpose=title, reason=reason) if reason else title


def note_reveal(
    session: ScopedSession,
    actor: Actor,
    community_id: UUID,
    resident_id: UUID,
    field: str,
    *,
    permission: str,
    purpose: RevealPurpose,
    reason: str,
) -> None:
    """Keep who sees a number and why; at the hourly limit the administrators are told.

    Raises:
        TooMany: the person's budget of today is used up; nothing was revealed.
    """
    moment = now()
    if actor.account_id is not None:
        # Two requests at once would both find one look left.
        session.execute(_LOCK, {"key": f"reveal {session.scope.tenant_id} {actor.account_id}"})
        budget = get_setting(session, "core", "reveal_daily_budget", community_id=community_id)
        midnight = datetime.combine(today(), time(), SHANGHAI)
        if _looks(session, actor.account_id, midnight) >= budget:
            wait = midnight + timedelta(days=1) - moment
            raise TooMany(
                _("今天查看完整号码的次数（{budget} 次）已用完，请明天再看").format(budget=budget),
                int(wait.total_seconds()) + 1,
            )
    role, office = _standing(session, actor, community_id, permission)
    session.add(
        NumberReveal(
            community_id=community_id,
            resident_id=resident_id,
            field=field,
            viewer_id=actor.account_id,
            viewer_name=actor.display_name,
            viewer_role=role,
            office=office,
            purpose=purpose,
            reason=reason,
            at=moment,
        )
    )
    session.flush()
    if actor.account_id is not None:
        limit = get_setting(session, "core", "reveal_hourly_alert", community_id=community_id)
        if _looks(session, actor.account_id, moment - _HOUR) == limit:
            record(
                session,
                "core.reveal.alert",
                ("account", actor.account_id),
                community_id=community_id,
                after={"name": actor.display_name, "rows": limit},
            )
            tell_of_many_reveals(session, actor, community_id, limit)


def _looks(session: Session, account_id: UUID, since: datetime) -> int:
    return (
        session.scalar(
            select(func.count())
            .select_from(NumberReveal)
            .where(
                NumberReveal.viewer_id == account_id,
                NumberReveal.at >= since,
                # A whole roster is one act of its own, noted for each person in it.
                NumberReveal.purpose != "export",
            )
        )
        or 0
    )


def note_roster(
    session: ScopedSession, actor: Actor, community_id: UUID, compound_id: UUID | None, reason: str
) -> None:
    """Keep for each person of a fully exported roster that their numbers were in it; in one statement.

    Args:
        session: of the community.
        actor: who exports.
        community_id: whose roster.
        compound_id: only those who live or own in this compound.
        reason: as the export's audit row has it.
    """
    role, office = _standing(session, actor, community_id, REVEAL)
    place = Dwelling.community_id == community_id
    if compound_id is not None:
        place = and_(place, Dwelling.compound_id == compound_id)
    people = select(Resident.id).where(
        Resident.community_id == community_id,
        Resident.merged_into.is_(None),
        Resident.erased_at.is_(None),
        or_(Resident.phone_ct.is_not(None), Resident.id_number_ct.is_not(None)),
        or_(lives_in(place), owns(place)),
    )
    common: dict[str, Any] = {
        "community_id": community_id,
        "field": "all",
        "viewer_id": actor.account_id,
        "viewer_name": actor.display_name,
        "viewer_role": role,
        "office": office,
        "purpose": "export",
        "reason": reason,
        "at": now(),
    }
    found = [{"id": new_id(), "resident_id": each, **common} for each in session.scalars(people)]
    if found:
        session.execute(insert(NumberReveal), found)


def _standing(session: Session, actor: Actor, community_id: UUID, permission: str) -> tuple[str, str]:
    """The role by which the actor may, and the office that it belongs to."""
    grant = next(iter(actor.grants_for(permission)), None)
    at_street = grant is None or grant.community_id is None
    wanted = (
        select(Tenant.name).where(Tenant.id == session.info["scope"].tenant_id)
        if at_street
        else select(Community.name).where(Community.id == community_id)
    )
    return (grant.role if grant else ""), session.scalar(wanted) or ""


def reveals_of(
    session: ScopedSession, resident_ids: Sequence[UUID], *, with_names: bool | None = None
) -> list[RevealOut]:
    """Who has seen a person's numbers lately, newest first, at most a hundred; as ``reveals_page``."""
    return reveals_page(session, resident_ids, with_names=with_names, limit=_SHOWN)[0]


def reveals_page(
    session: ScopedSession,
    resident_ids: Sequence[UUID],
    *,
    with_names: bool | None = None,
    after: str = "",
    limit: int = PAGE,
) -> tuple[list[RevealOut], str | None]:
    """A page of who has seen a person's numbers, newest first, and the next page's ``after``.

    Args:
        session: of the community.
        resident_ids: the person's entries.
        with_names: whether staff are named; ``None`` for what the street's setting says to the person concerned.
        after: the second value of the page before.
        limit: looks of a page.
    """
    if with_names is None:
        with_names = get_setting(session, "core", "reveal_shows_names")
    wanted = select(NumberReveal).where(NumberReveal.resident_id.in_(resident_ids))
    if after:
        wanted = wanted.where(tuple_(NumberReveal.at, NumberReveal.id) < decode_moment(after))
    rows = session.scalars(wanted.order_by(NumberReveal.at.desc(), NumberReveal.id.desc()).limit(limit + 1)).all()
    shown = [
        RevealOut(
            at=each.at,
            field=each.field,
            role=_(ROLES[each.viewer_role].title) if each.viewer_role in ROLES else "",
            office=each.office,
            purpose=each.purpose,
            reason=each.reason,
            viewer=each.viewer_name if with_names else "",
        )
        for each in rows[:limit]
    ]
    return shown, encode_moment(rows[limit - 1].at, rows[limit - 1].id) if len(rows) > limit else None
