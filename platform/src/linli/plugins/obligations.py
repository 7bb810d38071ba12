"""Duties with a cadence: what a plugin declares, is asked and answers. ``linli.obligations`` judges and shows them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from uuid import UUID

from linli.db.session import ScopedSession
from linli.kit.clock import SHANGHAI

Rhythm = Literal["every", "term", "after"]

RHYTHMS: tuple[Rhythm, ...] = ("every", "term", "after")
#: Whose duty it is: each compound's by itself, or the community's as a whole.
LEVELS: tuple[str, ...] = ("compound", "community")


@dataclass(frozen=True, slots=True)
class Span:
    """Days of Asia/Shanghai from the first to the last, both counted."""

    first: date
    last: date

    @property
    def begins(self) -> datetime:
        """The moment at which the first day begins."""
        return datetime.combine(self.first, time(), SHANGHAI)

    @property
    def ends(self) -> datetime:
        """The moment at which the last day is over; itself not of the span."""
        return datetime.combine(self.last + timedelta(days=1), time(), SHANGHAI)

    def holds(self, day: date) -> bool:
        """Whether a day is one of these."""
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Something that was recorded and shows that a duty was done.

    Attributes:
        place: the id of the compound, or of the community where the duty is the community's.
        when: when it was done; a moment, or a day of Asia/Shanghai. It decides whether it was in time.
        title: what people see as the link, e.g. the posting's title. No personal data.
        path: its page in the admin portal, below the plugin's own; empty for none.
        about: the day that it is about, where that is another than when it was done: accounts of a quarter that are
            published after its end are about the quarter's last day. It decides for which period it counts.
        occasion: the ``key`` of the occasion that it answers; for duties with the rhythms ``term`` and ``after``.
    """

    place: UUID
    when: datetime | date
    title: str
    path: str = ""
    about: date | None = None
    occasion: str = ""

    @property
    def day(self) -> date:
        """The day on which it was done, in Asia/Shanghai."""
        return self.when.astimezone(SHANGHAI).date() if isinstance(self.when, datetime) else self.when


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Something from which a deadline runs, or with which a term begins.

    Attributes:
        place: the id of the compound or of the community.
        key: tells it from the place's other occasions for good, e.g. its row's id; at most 80 characters.
        day: from which the deadline runs (itself not counted), or the first day of the term.
        title: what people see, e.g. ``选举结果产生``. No personal data.
        due_on: the last day, where the occasion itself names one; otherwise the rule ``within`` says how long it may
            take. For duties with the rhythm ``after``.
    """

    place: UUID
    key: str
    day: date
    title: str
    due_on: date | None = None


#: Asked once for many places; knows nothing of those that it is not asked about.
AskEvidence = Callable[[ScopedSession, Sequence[UUID], Span], Iterable[Evidence]]
AskOccasions = Callable[[ScopedSession, Sequence[UUID], Span], Iterable[Occasion]]
AskPlaces = Callable[[ScopedSession, Sequence[UUID]], Collection[UUID]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """A duty with a cadence, of every compound or community where the plugin is on. Nobody ticks it off.

    Attributes:
        name: ``<plugin>.<noun>``, e.g. ``notices.accounts``.
        title: what has to be done, in Chinese; a message.
        rhythm: ``every``: once in each calendar period of a length that the rule ``every`` says (three months: the
            quarters of the year). ``term``: once in each term that an occasion begins, of that length.
            ``after``: within the time that the rule ``within`` says after each occasion.
        evidence: called with a session, ids of places and a span: what was recorded and counts, of all these places and
            about days of this span. One query or two however many places there are; what it gives of other places is
            dropped.
        every: the key of a rule of type ``duration``: the cadence, or the length of the term.
        within: the key of a rule of type ``duration``: how long it may take after the occasion, or for ``every`` after
            the period's end. Without it a calendar period's duty ends with the period.
        occasions: called like ``evidence``: the occasions on days of the span. Asked for ``term`` and ``after`` alone.
        level: ``compound`` or ``community``: whose duty it is.
        roles: codes of the roles that are responsible; their holders at the place are reminded, those of the street
            where the place has none.
        bodies: codes of roles of which one must be held at the place: where there is no such body there is no duty.
        applies: called with a session and ids of places: those for which the duty exists; all where it is ``None``.
        help: what counts as done, in a sentence; a message.
        needs: the permission to see it beside ``core.obligation.read``; ``None`` for none.
        is_disclosed: residents may see how their compound stands.
        order: the smaller stands further to the left.
    """

    name: str
    title: str
    rhythm: Rhythm
    evidence: AskEvidence
    every: str = ""
    within: str = ""
    occasions: AskOccasions | None = None
    level: Literal["compound", "community"] = "compound"
    roles: tuple[str, ...] = ("community_administrator",)
    bodies: tuple[str, ...] = ()
    applies: AskPlaces | None = None
    help: str = ""
    needs: str | None = None
    is_disclosed: bool = False
    order: int = 100

    @property
    def rules(self) -> tuple[str, ...]:
        """The keys of the rules that it goes by."""
        return tuple(key for key in (self.every, self.within) if key)


_obligations: list[tuple[str, Obligation]] = []


def declare_obligations(obligations: Iterable[tuple[str, Obligation]]) -> None:
    """Make these the obligations of this process, each with its owner, in place of those declared before."""
    _obligations[:] = sorted(obligations, key=lambda each: (each[1].order, each[1].name))


def declared_obligations() -> tuple[tuple[str, Obligation], ...]:
    """Owner and obligation of every one that this process knows, in the order in which they are shown."""
    return tuple(_obligations)
