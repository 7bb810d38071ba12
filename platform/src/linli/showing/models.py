"""How numbers stood: a row for each number, community and day, and one for each month that outlives its days."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Numeric, func
from sqlalchemy.orm import Mapped, mapped_column

from linli.db.base import Base, StreetOrCommunityRow


class MetricValue(Base, StreetOrCommunityRow):
    """A number as it stood at the end of a day, or at the last day of a month that was seen.

    Rows without a community are the street's: its own numbers, and of those of communities the sum, or the median where
    they do not add up.
    """

    __tablename__ = "metric_value"
    __keys__ = (
        CheckConstraint("grain IN ('day', 'month')", name="grain"),
        CheckConstraint("origin IN ('measured', 'backfilled', 'demo')", name="origin"),
        Index(
            "uq_metric_value_moment",
            "tenant_id",
            "community_id",
            "metric",
            "grain",
            "starts_on",
            unique=True,
            # The street's own rows have no community, and stand once there too.
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_metric_value_days", "tenant_id", "grain", "starts_on", "metric"),
    )

    metric: Mapped[str]
    grain: Mapped[str]
    #: The day, or the first day of the month.
    starts_on: Mapped[date]
    #: The day that it is of: of a month the last one that was seen.
    seen_on: Mapped[date]
    value: Mapped[Decimal] = mapped_column(Numeric)
    #: ``measured`` on its day; ``backfilled`` later, from the records; ``demo``: made up for the demo street.
    origin: Mapped[str]
    measured_at: Mapped[datetime] = mapped_column(server_default=func.now())
