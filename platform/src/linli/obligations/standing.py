"""One place in detail: every duty with its rules and what was recorded, its history, its releases; and the trend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import today
from linli.kit.errors import NotFound
from linli.kit.text import gettext as _
from linli.obligations.board import Cell, cell_of
from linli.obligations.judging import STATES
from linli.obligations.models import ObligationExemption, ObligationRecord, ObligationTally
from linli.obligations.periods import title_of
from linli.obligations.permissions import READ
from linli.obligations.places import DutyPlace, enabled_in, places_in
from linli.obligations.schemas import DutyOut, DutyRuleOut, EvidenceOut, ExemptionOut, TrendOut
from linli.obligations.seeing import Known
from linli.obligations.settings import REMIND_DAYS
from linli.obligations.terms import rulings_for
from linli.obligations.wording import period_title, reason_text, rule_outs, state_titles
from linli.plugins.informing import below
from linli.plugins.obligations import Obligation
from linli.settings.service import get_setting
from linli.tenancy.models import Community, Compound
from linli.tenancy.outline import place_names
from linli.tenancy.repository import reaches

#: Periods of one duty that the page of a place shows; the API has all.
SHOWN_PERIODS = 8
#: Periods of one duty in the trend.
TREND_PERIODS = 12


@dataclass(frozen=True, slots=True)
class Duty:
    """One duty at one place.

    Attributes:
        cell: how it stands; ``None`` where it was never judged, and ``why_not`` says why.
        rules: by which it is judged.
        evidence: the newest that counts, with addresses.
        history: earlier periods, each with the rules of its time, the latest first.
        exemptions: that hold or will hold.
    """

    obligation: Obligation
    owner: str
    cell: Cell | None
    why_not: str
    rules: Sequence[DutyRuleOut]
    evidence: Sequence[EvidenceOut]
    history: Sequence[tuple[Cell, Sequence[DutyRuleOut]]]
    exemptions: Sequence[ObligationExemption] = field(default=())


def place_of(session: ScopedSession, actor: Actor, *, compound_id: UUID | None, community_id: UUID | None) -> DutyPlace:
    """A compound, or with none a community, where the reader may see duties.

    Raises:
        NotFound: there is none.
    """
    if compound_id is not None:
        community_id = session.scalar(select(Compound.community_id).where(Compound.id == compound_id))
    if community_id is None or not session.scope.covers(community_id):
        raise NotFound(_("没有找到这个小区或者社区"))
    if not actor.can(READ, community_id=community_id, compound_id=compound_id):
        raise NotFound(_("没有找到这个小区或者社区"))
    for place in places_in(session, community_id, compound_id):
        if place.compound_id == compound_id:
            return place
    raise NotFound(_("没有找到这个小区或者社区"))


def duties_of(session: ScopedSession, known: Known, place: DutyPlace) -> list[Duty]:
    """Every duty of a place; some ten queries, however many duties there are."""
    level = "compound" if place.compound_id is not None else "community"
    wanted = {name: pair for name, pair in known.items() if pair[1].level == level}
    root = admin_root(session, place.community_id)
    near = today() + timedelta(days=int(get_setting(session, "core", REMIND_DAYS)))
    rows = _rows(session, list(wanted), place)
    exemptions = _exemptions(session, list(wanted), place)
    compounds = [place.compound_id] if place.compound_id else []
    rulings = rulings_for(session, [each for _owner, each in wanted.values()], compounds)
    enabled = enabled_in(session, place.community_id)
    found = []
    for name, (owner, each) in wanted.items():
        own = rows.get(name, [])
        row = next((row for row in own if row.is_shown), None)
        terms = rulings.terms(each, place)
        why_not = ""
        if row is None:
            is_off = enabled.since(owner, place) is None
            why_not = reason_text("off" if is_off else "no_rule") if is_off or not terms.is_known else _("还没有核对过")
        found.append(
            Duty(
                each,
                owner,
                cell_of(row, near) if row else None,
                why_not,
                rule_outs(row.rules if row else terms.frozen),
                evidence_outs(row, owner, root) if row else [],
                [(cell_of(other, near), rule_outs(other.rules)) for other in own if other is not row][:SHOWN_PERIODS],
                exemptions.get(name, ()),
            )
        )
    return found


def _rows(session: ScopedSession, names: list[str], place: DutyPlace) -> Mapping[str, list[ObligationRecord]]:
    here = (
        ObligationRecord.community_id == place.community_id,
        ObligationRecord.compound_id.is_not_distinct_from(place.compound_id),
        ObligationRecord.obligation.in_(names),
    )
    rank = func.row_number().over(
        partition_by=ObligationRecord.obligation,
        order_by=(ObligationRecord.is_shown.desc(), ObligationRecord.due_on.desc(), ObligationRecord.id.desc()),
    )
    ranked = select(ObligationRecord.id, rank.label("rank")).where(*here).subquery()
    rows = session.scalars(
        select(ObligationRecord)
        .join(ranked, ranked.c.id == ObligationRecord.id)
        .where(ranked.c.rank <= SHOWN_PERIODS + 1, *here)
        .order_by(ObligationRecord.due_on.desc(), ObligationRecord.id.desc())
    )
    found: dict[str, list[ObligationRecord]] = {}
    for row in rows:
        found.setdefault(row.obligation, []).append(row)
    return found


def _exemptions(session: ScopedSession, names: list[str], place: DutyPlace) -> Mapping[str, list[ObligationExemption]]:
    rows = session.scalars(
        select(ObligationExemption)
        .where(
            ObligationExemption.community_id == place.community_id,
            ObligationExemption.compound_id.is_not_distinct_from(place.compound_id),
            ObligationExemption.obligation.in_(names),
            ObligationExemption.withdrawn_at.is_(None),
            ObligationExemption.ends_on >= today(),
        )
        .order_by(ObligationExemption.starts_on)
        .limit(100)
    )
    found: dict[str, list[ObligationExemption]] = {}
    for row in rows:
        found.setdefault(row.obligation, []).append(row)
    return found


def admin_root(session: ScopedSession, community_id: UUID) -> str:
    """Where the community's own portal lies; one query."""
    return f"{place_names(session, community_id).path}/admin"


def evidence_outs(row: ObligationRecord, owner: str, root: str) -> list[EvidenceOut]:
    """What counts for a row, each with the address of its page in the community's portal."""
    return [
        EvidenceOut(
            on=date.fromisoformat(each["on"]),
            title=each["title"],
            url=root + below(owner, each["path"]) if each["path"] else "",
        )
        for each in row.evidence
    ]


def duty_outs(session: ScopedSession, known: Known, rows: Sequence[ObligationRecord]) -> list[DutyOut]:
    """Rows as the API gives them; one query for the portals' addresses."""
    roots = admin_roots(session, {row.community_id for row in rows})
    titles = state_titles()
    found = []
    for row in rows:
        owner, obligation = known[row.obligation]
        found.append(
            DutyOut(
                id=row.id,
                obligation=row.obligation,
                owner=owner,
                title=_(obligation.title),
                community_id=row.community_id,
                compound_id=row.compound_id,
                period=period_title(row),
                first_day=row.first_day,
                last_day=row.last_day,
                due_on=row.due_on,
                state=row.state,  # type: ignore[arg-type]
                state_title=titles[row.state],
                reason=reason_text(row.reason),
                fulfilled_on=row.fulfilled_on,
                is_settled=row.settled_at is not None,
                found=row.found,
                evidence=evidence_outs(row, owner, roots.get(row.community_id, "")),
                rules=rule_outs(row.rules),
                exemption_id=row.exemption_id,
                checked_at=row.checked_at,
            )
        )
    return found


def admin_roots(session: ScopedSession, communities: set[UUID]) -> dict[UUID, str]:
    """Where the portals of several communities lie; two queries."""
    if not communities:
        return {}
    street = place_names(session, None).path
    rows = session.execute(select(Community.id, Community.slug).where(Community.id.in_(communities)))
    return {row.id: f"{street}/c/{row.slug}/admin" for row in rows}


def exemption_outs(session: ScopedSession, known: Known, rows: Sequence[ObligationExemption]) -> list[ExemptionOut]:
    """Releases in words; two queries for the names of the places."""
    compounds = {row.compound_id for row in rows if row.compound_id is not None}
    communities = {row.community_id for row in rows}
    names: dict[UUID, str] = {}
    for model, wanted in ((Community, communities), (Compound, compounds)):
        if wanted:
            names |= {
                row.id: row.name for row in session.execute(select(model.id, model.name).where(model.id.in_(wanted)))
            }
    return [
        ExemptionOut(
            id=row.id,
            obligation=row.obligation,
            title=_(known[row.obligation][1].title) if row.obligation in known else row.obligation,
            community_id=row.community_id,
            compound_id=row.compound_id,
            place=names.get(row.compound_id or row.community_id, ""),
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            reason=row.reason,
            given_by_name=row.given_by_name,
            given_at=row.created_at,
            is_active=row.withdrawn_at is None and row.ends_on >= today(),
            withdrawn_at=row.withdrawn_at,
            withdrawn_by_name=row.withdrawn_by_name,
            withdraw_reason=row.withdraw_reason,
            version=row.version,
        )
        for row in rows
    ]


def trend(
    session: ScopedSession, actor: Actor, known: Known, *, obligation: str = "", community_id: UUID | None = None
) -> list[TrendOut]:
    """How many places stood how, period by period: of each duty the latest ``TREND_PERIODS``, the latest first.

    From sums that whoever judges keeps. Sums tell of whole communities: who may see one compound alone sees none.
    """
    names = [name for name in known if not obligation or name == obligation]
    sums = [func.sum(getattr(ObligationTally, state)).label(state) for state in STATES]
    here = [ObligationTally.obligation.in_(names), reaches(actor, READ, ObligationTally.community_id)]
    if community_id is not None:
        here.append(ObligationTally.community_id == community_id)
    periods = (ObligationTally.obligation, ObligationTally.first_day, ObligationTally.last_day)
    rank = func.row_number().over(partition_by=ObligationTally.obligation, order_by=ObligationTally.last_day.desc())
    ranked = select(*periods, *sums, rank.label("rank")).where(*here).group_by(*periods).subquery()
    rows = session.execute(select(ranked).where(ranked.c.rank <= TREND_PERIODS)).all()
    place = {name: n for n, name in enumerate(known)}
    rows = sorted(rows, key=lambda row: (place[row.obligation], -row.last_day.toordinal()))
    return [
        TrendOut(
            obligation=row.obligation,
            title=_(known[row.obligation][1].title),
            period=title_of(row.first_day, row.last_day),
            first_day=row.first_day,
            last_day=row.last_day,
            **{state: int(getattr(row, state)) for state in STATES},
        )
        for row in rows
    ]


def counts_of(line: TrendOut) -> dict[str, int]:
    """State to count, without those that did not occur."""
    found: dict[str, Any] = {state: getattr(line, state) for state in STATES}
    return {state: count for state, count in found.items() if count}


def disclosed_of(
    session: ScopedSession, known: Known, community_id: UUID, compounds: Mapping[UUID, str]
) -> list[tuple[str, list[tuple[Obligation, Cell]]]]:
    """For each of these compounds, by name, what residents may see of it; two queries."""
    near = today() + timedelta(days=int(get_setting(session, "core", REMIND_DAYS)))
    rows = session.scalars(
        select(ObligationRecord).where(
            ObligationRecord.community_id == community_id,
            ObligationRecord.compound_id.in_(list(compounds)),
            ObligationRecord.obligation.in_(list(known)),
            ObligationRecord.is_shown,
        )
    )
    cells = {(row.compound_id, row.obligation): cell_of(row, near) for row in rows}
    return [
        (
            name,
            [
                (each, cells[compound_id, each.name])
                for _owner, each in known.values()
                if (compound_id, each.name) in cells
            ],
        )
        for compound_id, name in sorted(compounds.items(), key=lambda pair: pair[1])
    ]
