"""Stations with their hours and containers, in schema ``plugin_waste_sorting``."""

from __future__ import annotations

from datetime import datetime, time
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from linli.sdk import CommunityRow, Versioned, community_fk
from linli_waste_sorting.models import CATEGORIES, Base

_CATEGORIES = ", ".join(f"'{each}'" for each in CATEGORIES)


class Station(Base, CommunityRow, Versioned):
    """Where people bring their waste 投放点: a station with its containers and the hours in which it takes them."""

    __tablename__ = "station"
    __keys__ = (
        community_fk("compound_id", "core.compound"),
        CheckConstraint("kind IN ('staffed', 'point', 'recyclables', 'bulky', 'decoration', 'garden')", name="kind"),
        CheckConstraint("weekdays BETWEEN 1 AND 127", name="weekdays"),
        # Two of one name in a compound could not be told apart by whoever is sent there.
        Index(
            "uq_station_name",
            "tenant_id",
            "community_id",
            "compound_id",
            "name",
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index("ix_station_list", "tenant_id", "community_id", "id"),
    )

    compound_id: Mapped[UUID]
    name: Mapped[str]
    kind: Mapped[str]
    #: Where it stands, in people's own words.
    place: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")
    #: On which days it opens: one bit for each, Monday the lowest.
    weekdays: Mapped[int] = mapped_column(server_default=text("127"))
    #: Taken out of use; what was brought there stays on record.
    closed_at: Mapped[datetime | None]

    openings: Mapped[list[Opening]] = relationship(
        lazy="selectin", cascade="all, delete-orphan", order_by="Opening.opens"
    )
    containers: Mapped[list[Container]] = relationship(
        lazy="selectin", cascade="all, delete-orphan", order_by="Container.id"
    )


class Opening(Base, CommunityRow):
    """From when to when a station takes waste on each of its days, Asia/Shanghai; one without any is always open."""

    __tablename__ = "opening"
    __keys__ = (
        community_fk("station_id", "plugin_waste_sorting.station"),
        CheckConstraint("closes > opens", name="hours"),
        UniqueConstraint("tenant_id", "community_id", "station_id", "opens"),
    )

    station_id: Mapped[UUID]
    opens: Mapped[time]
    closes: Mapped[time]


class Container(Base, CommunityRow):
    """How many containers for one kind of waste a station has."""

    __tablename__ = "container"
    __keys__ = (
        community_fk("station_id", "plugin_waste_sorting.station"),
        CheckConstraint(f"category IN ({_CATEGORIES})", name="category"),
        CheckConstraint("pieces BETWEEN 1 AND 99", name="pieces"),
        CheckConstraint("litres BETWEEN 1 AND 20000", name="litres"),
        UniqueConstraint("tenant_id", "community_id", "station_id", "category"),
    )

    station_id: Mapped[UUID]
    category: Mapped[str]
    pieces: Mapped[int]
    #: Of each; ``None`` where nobody has looked.
    litres: Mapped[int | None]
