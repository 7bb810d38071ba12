"""Judging: how each place of a community stands with each duty today, written so that a second run changes nothing.

What is past its due day keeps the rules that it was judged by; done late still counts as long as the street says.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, text, update

from linli.db.session import ScopedSession
from linli.kit.clock import now, today
from linli.obligations.asking import NobodyKnows, applies_to, evidence_of, know_circuits, occasions_of
from linli.obligations.expecting import Expected, expected_periods, matches
from linli.obligations.judging import DONE, Case, Reason, Verdict, is_settled, judge, worst
from linli.obligations.models import ObligationExemption, ObligationRecord
from linli.obligations.periods import occasion_key
from linli.obligations.places import DutyPlace, enabled_in, holders_in, places_in
from linli.obligations.settings import LATE_DAYS
from linli.obligations.tallying import tally
from linli.obligations.terms import rulings_for
from linli.plugins.obligations import Evidence, Obligation, Occasion, Span, declared_obligations
from linli.settings.service import get_setting

#: One community is judged by one at a time: a second run waits, and then finds nothing to do.
_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended('obligations:' || sec.tenant_id() || :community, 0))")
_LINKS = 10
_LONGEST_TITLE, _LONGEST_PATH = 200, 300

Key = tuple[UUID | None, str]


@dataclass(frozen=True, slots=True)
class Judged:
    """What a judgement has written: rows looked at, and those whose state changed."""

    looked_at: int = 0
    changed: int = 0


@dataclass(slots=True)
class _Books:
    """The rows of one community that a judgement starts from.

    Attributes:
        rows: those that are open or shown, by place and duty.
        ended: the last day of the last period that is over.
        settled: occasions that are judged for good though one may still hear of them, by place and duty.
        exemptions: that are not withdrawn.
    """

    rows: dict[Key, list[ObligationRecord]] = field(default_factory=dict)
    ended: dict[Key, date] = field(default_factory=dict)
    settled: dict[Key, set[str]] = field(default_factory=dict)
    exemptions: dict[Key, list[ObligationExemption]] = field(default_factory=dict)

    def releases(self, key: Key, due_on: date) -> ObligationExemption | None:
        """The exemption that covers a due day."""
        return next((each for each in self.exemptions.get(key, ()) if each.starts_on <= due_on <= each.ends_on), None)


def judge_community(
    session: ScopedSession,
    community_id: UUID,
    *,
    compound_id: UUID | None = None,
    obligations: Iterable[tuple[str, Obligation]] | None = None,
) -> Judged:
    """Judge every duty of a community and its compounds, or of one compound alone.

    Some dozen queries, and one or two for each duty, however many compounds there are. May be called as often as one
    likes: rows are found again by place, duty and period.

    Args:
        session: of the street or the community; written in.
        community_id: whose duties.
        compound_id: only this compound's.
        obligations: owner and duty; those of this process where none are given.
    """
    wanted = list(declared_obligations() if obligations is None else obligations)
    if not wanted:
        return Judged()
    session.execute(_ALONE, {"community": str(community_id)})
    know_circuits(session)
    places = places_in(session, community_id, compound_id)
    only = [each for _owner, each in wanted]
    compounds = [each.compound_id for each in places if each.compound_id is not None]
    enabled, holders = enabled_in(session, community_id), holders_in(session, community_id, only)
    rulings = rulings_for(session, only, compounds)
    late_days = int(get_setting(session, "core", LATE_DAYS))
    books = _read(session, community_id, compound_id, late_days)
    day, judged = today(), Judged()
    for owner, each in wanted:
        own = [place for place in places if (place.compound_id is None) is (each.level == "community")]
        desk = _Desk(session, owner, each, books, day, late_days)
        for place in own:
            since = enabled.since(owner, place)
            absent: Reason = "archived" if place.is_archived else "off" if since is None else ""
            if not absent and not holders.has_body(each, place):
                absent = "no_body"
            desk.expect(place, since, absent, rulings)
        judged = _sum(judged, desk.close())
    tally(session, community_id)
    return judged


def _sum(one: Judged, other: Judged) -> Judged:
    return Judged(one.looked_at + other.looked_at, one.changed + other.changed)


def _read(session: ScopedSession, community_id: UUID, compound_id: UUID | None, late_days: int) -> _Books:
    books, day = _Books(), today()
    here = [ObligationRecord.community_id == community_id]
    released = [ObligationExemption.community_id == community_id]
    if compound_id is not None:
        here.append(ObligationRecord.compound_id == compound_id)
        released.append(ObligationExemption.compound_id == compound_id)
    rows = select(ObligationRecord).where(*here, or_(ObligationRecord.settled_at.is_(None), ObligationRecord.is_shown))
    for row in session.scalars(rows.execution_options(populate_existing=True)):
        books.rows.setdefault((row.compound_id, row.obligation), []).append(row)
    ended = (
        select(ObligationRecord.compound_id, ObligationRecord.obligation, func.max(ObligationRecord.last_day))
        .where(*here, ObligationRecord.last_day < day)
        .group_by(ObligationRecord.compound_id, ObligationRecord.obligation)
    )
    books.ended = {(row[0], row[1]): row[2] for row in session.execute(ended)}
    # An occasion is asked for so long after its day; the row that it once had lasted at least until then.
    settled = select(ObligationRecord.compound_id, ObligationRecord.obligation, ObligationRecord.period).where(
        *here,
        ObligationRecord.settled_at.is_not(None),
        ObligationRecord.period.startswith(occasion_key("")),
        ObligationRecord.last_day >= day - timedelta(days=late_days),
    )
    for row in session.execute(settled):
        books.settled.setdefault((row[0], row[1]), set()).add(row[2])
    exemptions = select(ObligationExemption).where(
        *released,
        ObligationExemption.withdrawn_at.is_(None),
        ObligationExemption.ends_on >= day - timedelta(days=late_days),
    )
    for each in session.scalars(exemptions.order_by(ObligationExemption.id.desc())):
        books.exemptions.setdefault((each.compound_id, each.obligation), []).append(each)
    return books


@dataclass(slots=True)
class _Desk:
    """One duty, judged at all places of a community together."""

    session: ScopedSession
    owner: str
    obligation: Obligation
    books: _Books
    day: date
    late_days: int
    _places: list[tuple[DutyPlace, date | None, Reason]] = field(default_factory=list)
    _rulings: Any = None

    def expect(self, place: DutyPlace, since: date | None, absent: Reason, rulings: Any) -> None:
        """Note a place, and whether the duty exists there."""
        self._places.append((place, since, absent))
        self._rulings = rulings

    def close(self) -> Judged:
        """Ask what was recorded at all places, judge, and write."""
        asked = [place.id for place, _since, absent in self._places if absent in ("", "no_body")]
        occasions: list[Occasion] = []
        is_broken = False
        try:
            applies = applies_to(self.session, self.owner, self.obligation, asked)
            span = Span(self.day - timedelta(days=self.late_days), self.day)
            occasions = occasions_of(self.session, self.owner, self.obligation, asked, span) if asked else []
        except NobodyKnows:
            applies, is_broken = frozenset(asked), True
        open_rows: list[tuple[DutyPlace, ObligationRecord, Reason]] = []
        for place, since, absent in self._places:
            reason: Reason = absent or ("" if place.id in applies else "no_body")
            own = [each for each in occasions if each.place == place.id]
            open_rows += self._lay_out(place, since, reason, own, is_broken=is_broken)
        found, is_broken = self._evidence(open_rows, is_broken=is_broken)
        return self._judge(open_rows, found, is_broken=is_broken)

    def _lay_out(
        self, place: DutyPlace, since: date | None, absent: Reason, occasions: Sequence[Occasion], *, is_broken: bool
    ) -> list[tuple[DutyPlace, ObligationRecord, Reason]]:
        """The open rows of one place: those that are there, and those that its rules ask for."""
        key: Key = (place.compound_id, self.obligation.name)
        rows = self.books.rows.setdefault(key, [])
        terms = self._rulings.terms(self.obligation, place)
        if not absent and not terms.is_known:
            absent = "no_rule"
        expected: list[Expected] = []
        if absent in ("", "no_body") and since is not None and terms.is_known:
            expected = expected_periods(
                self.obligation,
                terms,
                self._rulings,
                occasions,
                day=self.day,
                since=since,
                ended=self.books.ended.get(key),
                is_watched=bool(rows),
            )
        by_period = {row.period: row for row in rows}
        settled = self.books.settled.get(key, ())
        for each in expected:
            row = by_period.get(each.period)
            if row is None and each.period in settled:
                continue
            if row is None:
                row = ObligationRecord(
                    community_id=place.community_id,
                    compound_id=place.compound_id,
                    obligation=self.obligation.name,
                    period=each.period,
                    state="due",
                    evidence=[],
                    found=0,
                    is_shown=False,
                    is_partial=each.is_partial,
                    reason="",
                )
                rows.append(row)
                self._take_over(row, each, terms.frozen)
            elif row.settled_at is None and row.due_on >= self.day:
                self._take_over(row, each, terms.frozen)
                row.is_partial = row.is_partial or each.is_partial
        wanted = {each.period for each in expected}
        found = []
        for row in [each for each in rows if each.settled_at is None]:
            is_running = row.due_on is None or row.due_on >= self.day
            if (
                self.obligation.rhythm == "every"
                and row.last_day >= self.day
                and row.period not in wanted
                and not absent
            ):
                # The cadence is another by now: the period that ran is judged no more.
                rows.remove(row)
                self.session.delete(row)
                continue
            is_gone = self.obligation.rhythm != "every" and row.period not in wanted and not is_broken
            reason: Reason = absent or ("gone" if is_gone and is_running else "")
            if absent in ("off", "archived", "no_rule") and not is_running:
                # Judged while the duty was there; nobody can be asked any more.
                continue
            found.append((place, row, reason if is_running else ""))
        return found

    @staticmethod
    def _take_over(row: ObligationRecord, each: Expected, rules: list[dict[str, Any]]) -> None:
        row.first_day, row.last_day, row.due_on = each.span.first, each.span.last, each.due_on
        row.occasion, row.rules = each.occasion, rules
        row.reason = "calendar" if each.is_guess else row.reason if row.reason != "calendar" else ""

    def _evidence(
        self, rows: Sequence[tuple[DutyPlace, ObligationRecord, Reason]], *, is_broken: bool
    ) -> tuple[list[Evidence], bool]:
        asked = [(place, row) for place, row, absent in rows if not absent]
        if is_broken or not asked:
            return [], is_broken
        first = min(row.first_day for _place, row in asked)
        last = max(self.day, *(row.last_day for _place, row in asked))
        places = list(dict.fromkeys(place.id for place, _row in asked))
        try:
            return evidence_of(self.session, self.owner, self.obligation, places, Span(first, last)), False
        except NobodyKnows:
            return [], True

    def _judge(
        self,
        rows: Sequence[tuple[DutyPlace, ObligationRecord, Reason]],
        found: Sequence[Evidence],
        *,
        is_broken: bool,
    ) -> Judged:
        by_place: dict[UUID, list[Evidence]] = {}
        for each in found:
            by_place.setdefault(each.place, []).append(each)
        changed = 0
        for place, row, absent in rows:
            span = Span(row.first_day, row.last_day)
            own = [each for each in by_place.get(place.id, ()) if matches(self.obligation, row.period, span, each)]
            release = self.books.releases((place.compound_id, self.obligation.name), row.due_on)
            broken: Reason = "evidence" if is_broken else "calendar" if row.reason == "calendar" else ""
            case = Case(row.due_on, own, row.is_partial, absent, broken, release is not None)
            changed += self._write(row, judge(case, self.day), own, release)
        self._show()
        return Judged(len(rows), changed)

    def _write(
        self, row: ObligationRecord, verdict: Verdict, found: Sequence[Evidence], release: ObligationExemption | None
    ) -> bool:
        is_new = row.id is None
        changed = is_new or (row.state, row.reason) != (verdict.state, verdict.reason)
        row.state, row.reason, row.fulfilled_on = verdict.state, verdict.reason, verdict.fulfilled_on
        if verdict.state != "unknown":
            # What was seen last stays to be looked at while nobody can tell.
            row.evidence, row.found = links_of(found), len(found)
        row.exemption_id = release.id if release is not None and verdict.state == "exempted" else None
        row.checked_at = now()
        if is_settled(verdict, row.due_on, self.day, self.late_days):
            row.settled_at = now()
        if is_new:
            self.session.add(row)
        return changed

    def _show(self) -> None:
        """Mark for each place the row that boards show; first take the mark away, since there is one at most."""
        chosen: list[ObligationRecord] = []
        for place, _since, _absent in self._places:
            rows = self.books.rows.get((place.compound_id, self.obligation.name), [])
            if rows:
                # Occasions stand side by side: one that is answered says nothing of another that waits.
                chosen.append(shown_of(rows, self.day, by_periods=self.obligation.rhythm != "after"))
        marked = [
            row.id
            for place, _since, _absent in self._places
            for row in self.books.rows.get((place.compound_id, self.obligation.name), ())
            if row.is_shown and row not in chosen
        ]
        self.session.flush()
        if marked:
            self.session.execute(
                update(ObligationRecord).where(ObligationRecord.id.in_(marked)).values(is_shown=False),
                execution_options={"synchronize_session": "fetch"},
            )
        for row in chosen:
            row.is_shown = True
        self.session.flush()


def shown_of(rows: Sequence[ObligationRecord], day: date, *, by_periods: bool = True) -> ObligationRecord:
    """The row that says how a duty stands at a place: the running period once it is done, else the worst that is open.

    Among alike the one that is due first; where nothing is open, the latest. Not ``by_periods``, where several run at
    once, the worst that is open in any case.
    """
    running = [row for row in rows if by_periods and row.settled_at is None and row.last_day >= day]
    for row in sorted(running, key=lambda each: each.last_day):
        if row.state in (*DONE, "not_applicable"):
            return row
    still_open = sorted(
        (row for row in rows if row.settled_at is None or row.state == "overdue"), key=lambda each: each.due_on
    )
    if still_open:
        return still_open[worst([row.state for row in still_open])]  # type: ignore[misc]
    return max(rows, key=lambda each: each.due_on)


def links_of(found: Sequence[Evidence]) -> list[dict[str, Any]]:
    """The newest of what was recorded, as it is kept."""
    newest = sorted(found, key=lambda each: (each.day, each.title), reverse=True)[:_LINKS]
    return [
        {"on": each.day.isoformat(), "title": each.title[:_LONGEST_TITLE], "path": _own_path(each.path)}
        for each in newest
    ]


def _own_path(path: str) -> str:
    is_plain = len(path) <= _LONGEST_PATH and ".." not in path and "//" not in path and path.isprintable()
    return path if is_plain and not any(each in path for each in " \\") else ""
