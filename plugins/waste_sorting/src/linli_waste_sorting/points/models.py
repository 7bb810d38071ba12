"""The tables of the points: purses of households, what was asked for, the ledger, and what points are redeemed for."""

from __future__ import annotations

from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from linli.sdk import CommunityRow, Versioned, community_fk
from linli_waste_sorting.models import Base

#: What points rest on: a bag found correct, a watch, a pick-up, a bag seen on the spot, a gift, and taking back.
SOURCES = ("bag", "watch", "pickup", "award", "grant", "reversal")
#: Sources that a rule gives points for, and the rule: both ways in which a bag is seen share one.
RULES = {"bag": "bag", "award": "bag", "watch": "watch", "pickup": "pickup"}
#: Why less was given than was asked for: caps, outside the hours, or whoever looked lives there.
CUTS = ("household_cap", "rule_cap", "window", "own")
#: Kind of entry to the accounts that it moves points between, from the first to the second.
MOVES = {
    "earn": ("issued", "household"),
    "reverse": ("household", "reversed"),
    "redeem": ("household", "redeemed"),
    "return": ("redeemed", "household"),
    "expire": ("household", "expired"),
}
#: The accounts of the ledger; over all of them each entry sums up to nothing.
ACCOUNTS: tuple[str, ...] = ("issued", "household", "redeemed", "expired", "reversed")
FLAGS = ("often", "window", "burst")
STATES = ("reserved", "handed", "cancelled", "missed")
PERIODS = ("month", "quarter", "year")


def _one_of(column: str, allowed: tuple[str, ...], *, or_none: bool = False) -> CheckConstraint:
    names = ", ".join(f"'{each}'" for each in (("", *allowed) if or_none else allowed))
    return CheckConstraint(f"{column} IN ({names})", name=column)


_MOVES = " OR ".join(
    f"(kind = '{kind}' AND debit = '{debit}' AND credit = '{credit}')" for kind, (debit, credit) in MOVES.items()
)


class Purse(Base, CommunityRow):
    """The points of the household behind one door: one account for all who live there. The next household has another.

    The database keeps ``balance``: it is what the entries say, and no statement changes it but theirs.
    """

    __tablename__ = "points_purse"
    __keys__ = (
        community_fk("compound_id", "core.compound"),
        community_fk("dwelling_id", "core.dwelling"),
        CheckConstraint("code ~ '^[a-z2-7]{12}$'", name="code"),
        CheckConstraint("octet_length(key) = 32", name="key"),
        CheckConstraint("dwelling_id IS NOT NULL OR closed_at IS NOT NULL", name="door"),
        Index(
            "uq_points_purse_door",
            *("tenant_id", "community_id", "dwelling_id"),
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
        ),
        UniqueConstraint("tenant_id", "community_id", "code"),
        Index("ix_points_purse_list", "tenant_id", "community_id", "id"),
        Index("ix_points_purse_balance", "tenant_id", "community_id", "balance", "id"),
        Index("ix_points_purse_opened", "tenant_id", "community_id", "opened_at", "id"),
    )

    compound_id: Mapped[UUID]
    building_id: Mapped[UUID | None]
    #: ``None`` once a closed purse was parted from its door.
    dwelling_id: Mapped[UUID | None]
    #: What a card says; its first letters are those of the phone's codes too. Drawn anew whenever the household likes.
    code: Mapped[str]
    #: What the phone's codes are signed with; see ``codes``. Nobody is ever shown it.
    key: Mapped[bytes]
    #: When the household was given a card; until then ``code`` by itself is worth nothing.
    carded_at: Mapped[datetime | None]
    #: Below zero where points were taken back that had been spent: what is earned next covers that first.
    balance: Mapped[int] = mapped_column(server_default=text("0"))
    opened_at: Mapped[datetime] = mapped_column(server_default=func.now())
    #: The last day on which somebody was at home who had been there the day before: until then it is one household.
    kept_on: Mapped[date]
    closed_at: Mapped[datetime | None]


class Claim(Base, CommunityRow):
    """What was asked for, on which ground and by whom, and how much of it was given. The same ground counts once."""

    __tablename__ = "points_claim"
    __keys__ = (
        community_fk("purse_id", "plugin_waste_sorting.points_purse"),
        _one_of("source", SOURCES),
        _one_of("why", CUTS, or_none=True),
        CheckConstraint("asked >= 0 AND given BETWEEN 0 AND asked", name="given"),
        CheckConstraint("(given = asked) = (why = '')", name="cut"),
        # Told twice, it earns once.
        UniqueConstraint("tenant_id", "community_id", "source", "source_id", "turn"),
        Index("ix_points_claim_purse", "tenant_id", "community_id", "purse_id", "day"),
        Index("ix_points_claim_acted", "tenant_id", "community_id", "acted_by", "at"),
    )

    purse_id: Mapped[UUID]
    source: Mapped[str]
    #: Of what it rests on: a finding, a duty, a booking, the entry that is taken back; or what the sender called it.
    source_id: Mapped[UUID]
    #: How often it was counted anew before.
    turn: Mapped[int] = mapped_column(server_default=text("0"))
    #: Of what happened, Asia/Shanghai; the caps are of this day.
    day: Mapped[date]
    at: Mapped[datetime]
    asked: Mapped[int]
    given: Mapped[int]
    why: Mapped[str] = mapped_column(server_default="")
    #: Minutes of a watch.
    measure: Mapped[int] = mapped_column(server_default=text("0"))
    #: Of the staff; empty where it follows from a record of the plugin.
    acted_by: Mapped[UUID | None]
    acted_by_name: Mapped[str] = mapped_column(server_default="")
    note: Mapped[str] = mapped_column(server_default="")


class Entry(Base, CommunityRow):
    """Points move from one account of the ledger to another. What is written stays: it is only ever moved back."""

    __tablename__ = "points_entry"
    __keys__ = (
        community_fk("purse_id", "plugin_waste_sorting.points_purse"),
        community_fk("claim_id", "plugin_waste_sorting.points_claim"),
        community_fk("redemption_id", "plugin_waste_sorting.points_redemption"),
        community_fk("reverses_id", "plugin_waste_sorting.points_entry"),
        CheckConstraint("points > 0", name="points"),
        CheckConstraint(_MOVES, name="moves"),
        CheckConstraint("(kind IN ('earn', 'reverse')) = (claim_id IS NOT NULL)", name="claim"),
        CheckConstraint("(kind IN ('redeem', 'return')) = (redemption_id IS NOT NULL)", name="redemption"),
        CheckConstraint("(kind = 'reverse') = (reverses_id IS NOT NULL)", name="reverses"),
        CheckConstraint("expires_on IS NULL OR kind IN ('earn', 'return', 'redeem')", name="expires"),
        UniqueConstraint("tenant_id", "community_id", "claim_id"),
        UniqueConstraint("tenant_id", "community_id", "reverses_id"),
        UniqueConstraint("tenant_id", "community_id", "redemption_id", "kind"),
        Index("ix_points_entry_list", "tenant_id", "community_id", "id"),
        Index("ix_points_entry_points", "tenant_id", "community_id", "points", "id"),
        Index("ix_points_entry_purse", "tenant_id", "community_id", "purse_id", "id"),
        Index("ix_points_entry_day", "tenant_id", "community_id", "day", "id"),
    )

    purse_id: Mapped[UUID]
    kind: Mapped[str]
    debit: Mapped[str]
    credit: Mapped[str]
    points: Mapped[int]
    day: Mapped[date]
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    #: The last day on which points that came in are good; ``None`` for ever. Of points that were redeemed: on which
    #: the best of them would have been.
    expires_on: Mapped[date | None]
    claim_id: Mapped[UUID | None]
    redemption_id: Mapped[UUID | None]
    reverses_id: Mapped[UUID | None]


class Flag(Base, CommunityRow, Versioned):
    """Points given on the spot that look odd: somebody looks at them, and keeps them or takes them back."""

    __tablename__ = "points_flag"
    __keys__ = (
        community_fk("compound_id", "core.compound"),
        community_fk("entry_id", "plugin_waste_sorting.points_entry"),
        _one_of("reason", FLAGS),
        CheckConstraint("decision IN ('', 'kept', 'reversed')", name="decision"),
        CheckConstraint("(decision = '') = (decided_at IS NULL)", name="decided"),
        UniqueConstraint("tenant_id", "community_id", "entry_id", "reason"),
        Index("ix_points_flag_list", "tenant_id", "community_id", "id"),
        Index("ix_points_flag_list_raised", "tenant_id", "community_id", "raised_at", "id"),
        Index("ix_points_flag_raised", "tenant_id", "compound_id", "raised_at"),
    )

    compound_id: Mapped[UUID]
    entry_id: Mapped[UUID]
    reason: Mapped[str]
    raised_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    decision: Mapped[str] = mapped_column(server_default="")
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    decided_by_name: Mapped[str] = mapped_column(server_default="")
    note: Mapped[str] = mapped_column(server_default="")


class Item(Base, CommunityRow, Versioned):
    """A thing for which points are redeemed, and how many of it there are; never fewer than none."""

    __tablename__ = "points_item"
    __keys__ = (
        CheckConstraint("points BETWEEN 1 AND 100000", name="points"),
        # Whoever comes second at the same moment is refused by this, whatever the code above does.
        CheckConstraint("stock >= 0", name="stock"),
        CheckConstraint("most BETWEEN 1 AND 1000", name="most"),
        _one_of("period", PERIODS),
        Index(
            "uq_points_item_name",
            *("tenant_id", "community_id", "name"),
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index("ix_points_item_list", "tenant_id", "community_id", "id"),
    )

    name: Mapped[str]
    points: Mapped[int]
    #: What can still be promised: reserved ones are no longer in it.
    stock: Mapped[int] = mapped_column(server_default=text("0"))
    note: Mapped[str] = mapped_column(server_default="")
    #: So many for each household in a period; ``None`` for as many as it likes.
    most: Mapped[int | None]
    period: Mapped[str] = mapped_column(server_default="month")
    closed_at: Mapped[datetime | None]


class RedemptionDay(Base, CommunityRow, Versioned):
    """When and where things are handed out."""

    __tablename__ = "points_day"
    __keys__ = (
        community_fk("compound_id", "core.compound"),
        CheckConstraint("closes > opens", name="hours"),
        CheckConstraint("(cancelled_at IS NULL) = (cancel_reason = '')", name="cancelled"),
        Index(
            "uq_points_day_time",
            *("tenant_id", "community_id", "compound_id", "day", "opens"),
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("cancelled_at IS NULL"),
        ),
        Index("ix_points_day_list", "tenant_id", "community_id", "day", "id"),
    )

    #: ``None`` for all compounds of the community.
    compound_id: Mapped[UUID | None]
    day: Mapped[date]
    opens: Mapped[time]
    closes: Mapped[time]
    place: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str] = mapped_column(server_default="")


class Redemption(Base, CommunityRow, Versioned):
    """A household takes things for its points: reserved for a redemption day, or handed over at the desk at once."""

    __tablename__ = "points_redemption"
    __keys__ = (
        community_fk("purse_id", "plugin_waste_sorting.points_purse"),
        community_fk("item_id", "plugin_waste_sorting.points_item"),
        community_fk("day_id", "plugin_waste_sorting.points_day"),
        _one_of("state", STATES),
        CheckConstraint("pieces BETWEEN 1 AND 99", name="pieces"),
        CheckConstraint("points > 0", name="points"),
        CheckConstraint("(state = 'reserved') = (ended_at IS NULL)", name="ended"),
        # A second click, or a second person of the household, reserves nothing twice.
        Index(
            "uq_points_redemption_open",
            *("tenant_id", "community_id", "purse_id", "item_id", "day_id"),
            unique=True,
            postgresql_where=text("state = 'reserved'"),
        ),
        Index("ix_points_redemption_list", "tenant_id", "community_id", "id"),
        Index("ix_points_redemption_at", "tenant_id", "community_id", "at", "id"),
        Index("ix_points_redemption_points", "tenant_id", "community_id", "points", "id"),
        Index("ix_points_redemption_purse", "tenant_id", "community_id", "purse_id", "id"),
        Index("ix_points_redemption_day", "tenant_id", "community_id", "day_id"),
    )

    purse_id: Mapped[UUID]
    item_id: Mapped[UUID]
    #: ``None`` for what was handed over at the desk without a reservation.
    day_id: Mapped[UUID | None]
    pieces: Mapped[int]
    #: In all.
    points: Mapped[int]
    state: Mapped[str] = mapped_column(server_default="reserved")
    #: Who reserved it on their phone; ``None`` at the desk and once their data was erased.
    account_id: Mapped[UUID | None]
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    ended_at: Mapped[datetime | None]
    #: Of the staff who handed it over or cancelled it.
    acted_by: Mapped[UUID | None]
    acted_by_name: Mapped[str] = mapped_column(server_default="")
    reason: Mapped[str] = mapped_column(server_default="")
