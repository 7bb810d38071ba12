"""Rounds, what was met and found on them, and what followed for a household."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, func, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from linli.sdk import CommunityRow, Versioned, community_fk
from linli_waste_sorting.models import CATEGORIES, Base

#: What was looked at.
SUBJECTS = ("container", "bag")
#: How it was sorted.
RESULTS = ("correct", "wrong", "contaminated")
#: What is done about a household, in this order; the last kind ends it, 《北京市生活垃圾管理条例》第67条.
LADDER = ("dissuade", "report", "warning", "handover")
STEP_KINDS = (*LADDER, "service")
#: Why a step no longer counts: it was objected to, what it rested on was struck out, or somebody erred.
CAUSES = ("appeal", "finding", "mistake")
APPEAL_STATES = ("open", "upheld", "rejected")


def _one_of(column: str, allowed: tuple[str, ...]) -> CheckConstraint:
    names = ", ".join(f"'{each}'" for each in allowed)
    return CheckConstraint(f"{column} IN ({names})", name=column)


class Round(Base, CommunityRow, Versioned):
    """A walk 巡查 through the stations of a compound. What was noted on it counts once it is finished."""

    __tablename__ = "inspection_round"
    __keys__ = (
        community_fk("compound_id", "core.compound"),
        Index("ix_inspection_round_list", "tenant_id", "community_id", "id"),
        Index("ix_inspection_round_walked", "tenant_id", "community_id", "day", "id"),
        Index("ix_inspection_round_finished", "tenant_id", "community_id", "finished_at", "id"),
        Index("ix_inspection_round_day", "tenant_id", "compound_id", "day"),
        # Who starts again goes on with what they have begun.
        Index(
            "uq_inspection_round_open",
            "tenant_id",
            "community_id",
            "compound_id",
            "inspector_id",
            unique=True,
            postgresql_where=text("finished_at IS NULL"),
        ),
    )

    compound_id: Mapped[UUID]
    day: Mapped[date]
    #: The account; ``None`` for the platform itself and once the person's data was erased.
    inspector_id: Mapped[UUID | None]
    inspector_name: Mapped[str] = mapped_column(server_default="")
    finished_at: Mapped[datetime | None]


class Noted:
    """What was noted on a round at a station, and whether it still counts."""

    round_id: Mapped[UUID]
    station_id: Mapped[UUID]
    compound_id: Mapped[UUID]
    #: Of the round.
    day: Mapped[date]
    note: Mapped[str] = mapped_column(server_default="")
    #: The round is finished: from now on it is corrected only by striking it out.
    is_final: Mapped[bool] = mapped_column(server_default=text("false"))
    struck_at: Mapped[datetime | None]
    struck_by_name: Mapped[str] = mapped_column(server_default="")
    struck_reason: Mapped[str] = mapped_column(server_default="")

    @declared_attr
    def noted_at(cls) -> Mapped[datetime]:  # noqa: N805 - the mapper calls it on the class
        return mapped_column(server_default=func.now())


class Point(Base, CommunityRow, Noted):
    """Whether a point of the checklist was met at a station."""

    __tablename__ = "inspection_point"
    __keys__ = (
        community_fk("round_id", "plugin_waste_sorting.inspection_round"),
        community_fk("station_id", "plugin_waste_sorting.station"),
        community_fk("compound_id", "core.compound"),
        CheckConstraint("(struck_at IS NULL) = (struck_reason = '')", name="struck"),
        Index(
            "uq_inspection_point_once",
            "tenant_id",
            "community_id",
            "round_id",
            "station_id",
            "point",
            unique=True,
            postgresql_where=text("struck_at IS NULL"),
        ),
        Index("ix_inspection_point_list", "tenant_id", "community_id", "id"),
        Index("ix_inspection_point_day", "tenant_id", "community_id", "day", "id"),
    )

    #: In the words of the rule on that day.
    point: Mapped[str]
    is_met: Mapped[bool]


class Finding(Base, CommunityRow, Noted):
    """How a container or the bag of a household was sorted."""

    __tablename__ = "inspection_finding"
    __keys__ = (
        community_fk("round_id", "plugin_waste_sorting.inspection_round"),
        community_fk("station_id", "plugin_waste_sorting.station"),
        community_fk("compound_id", "core.compound"),
        community_fk("dwelling_id", "core.dwelling"),
        _one_of("subject", SUBJECTS),
        _one_of("category", CATEGORIES),
        _one_of("result", RESULTS),
        CheckConstraint("dwelling_id IS NULL OR subject = 'bag'", name="dwelling"),
        CheckConstraint("(struck_at IS NULL) = (struck_reason = '')", name="struck"),
        Index("ix_inspection_finding_list", "tenant_id", "community_id", "id"),
        Index("ix_inspection_finding_round", "tenant_id", "community_id", "round_id"),
        Index("ix_inspection_finding_day", "tenant_id", "community_id", "day", "id"),
        Index("ix_inspection_finding_result", "tenant_id", "community_id", "result", "id"),
        Index(
            "ix_inspection_finding_household",
            "tenant_id",
            "community_id",
            "dwelling_id",
            "day",
            postgresql_where=text("dwelling_id IS NOT NULL"),
        ),
    )

    subject: Mapped[str]
    category: Mapped[str]
    result: Mapped[str]
    #: Only where the door is known; shown to the household itself and to those who follow it up.
    dwelling_id: Mapped[UUID | None]
    #: Whether it was explained on the spot how to do it right.
    is_guided: Mapped[bool] = mapped_column(server_default=text("false"))


class Step(Base, CommunityRow, Versioned):
    """What was done about a household that sorts wrong again and again. The community never fines."""

    __tablename__ = "household_step"
    __keys__ = (
        community_fk("compound_id", "core.compound"),
        community_fk("dwelling_id", "core.dwelling"),
        _one_of("kind", STEP_KINDS),
        CheckConstraint("kind <> 'handover' OR reference <> ''", name="reference"),
        CheckConstraint("taken_back_cause IN ('', 'appeal', 'finding', 'mistake')", name="taken_back_cause"),
        CheckConstraint("(taken_back_at IS NULL) = (taken_back_cause = '')", name="taken_back"),
        Index("ix_household_step_list", "tenant_id", "community_id", "id"),
        Index("ix_household_step_dwelling", "tenant_id", "community_id", "dwelling_id", "done_on"),
    )

    compound_id: Mapped[UUID]
    dwelling_id: Mapped[UUID]
    kind: Mapped[str]
    done_on: Mapped[date]
    done_by: Mapped[UUID | None]
    done_by_name: Mapped[str] = mapped_column(server_default="")
    note: Mapped[str] = mapped_column(server_default="")
    #: Number of the report, or of the file at city management.
    reference: Mapped[str] = mapped_column(server_default="")
    #: What it rests on: so many wrong results from this day on, of which so many were needed.
    counts_from: Mapped[date]
    counted: Mapped[int]
    needed: Mapped[int]
    taken_back_at: Mapped[datetime | None]
    taken_back_by_name: Mapped[str] = mapped_column(server_default="")
    taken_back_reason: Mapped[str] = mapped_column(server_default="")
    taken_back_cause: Mapped[str] = mapped_column(server_default="")


class Appeal(Base, CommunityRow, Versioned):
    """The objection of a household to what was found, or to a step."""

    __tablename__ = "household_appeal"
    __keys__ = (
        community_fk("compound_id", "core.compound"),
        community_fk("dwelling_id", "core.dwelling"),
        community_fk("finding_id", "plugin_waste_sorting.inspection_finding"),
        community_fk("step_id", "plugin_waste_sorting.household_step"),
        community_fk("resident_id", "core.resident"),
        CheckConstraint("num_nonnulls(finding_id, step_id) = 1", name="one_subject"),
        _one_of("state", APPEAL_STATES),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided"),
        # The same thing is judged once.
        Index("uq_household_appeal_finding", "tenant_id", "community_id", "finding_id", unique=True),
        Index("uq_household_appeal_step", "tenant_id", "community_id", "step_id", unique=True),
        Index("ix_household_appeal_list", "tenant_id", "community_id", "id"),
        Index("ix_household_appeal_dwelling", "tenant_id", "community_id", "dwelling_id"),
    )

    compound_id: Mapped[UUID]
    dwelling_id: Mapped[UUID]
    finding_id: Mapped[UUID | None]
    step_id: Mapped[UUID | None]
    body: Mapped[str]
    #: ``None`` once the person's data was erased.
    resident_id: Mapped[UUID | None]
    account_id: Mapped[UUID | None]
    filed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    state: Mapped[str] = mapped_column(server_default="open")
    answer: Mapped[str] = mapped_column(server_default="")
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    decided_by_name: Mapped[str] = mapped_column(server_default="")
