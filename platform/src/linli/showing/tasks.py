"""Numbers are kept every hour, and every night the gaps are filled and old days thinned out."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

from linli.kit.clock import today
from linli.showing.history import KEPT_DAYS, fill_gaps, keep_numbers, thin_out
from linli.tasks import JobRun, Schedule, task

KEEP = "core.keep_numbers"
TIDY = "core.tidy_numbers"


@task(KEEP, title="统计各社区的数字", lease=300, schedule=Schedule.hourly(7))
def keep_hourly(run: JobRun) -> dict[str, Any]:
    """The numbers of today, as they stand now."""
    with run.unit_of_work() as session:
        kept = keep_numbers(session)
    return {"numbers": kept.numbers, "rows": kept.rows}


@task(TIDY, title="补齐和整理历史数字", lease=600, schedule=Schedule.daily(time(2, 40)), queue="slow")
def tidy_nightly(run: JobRun) -> dict[str, Any]:
    """Missed days, then what is older than the days that are kept."""
    first, rows = today() - timedelta(days=KEPT_DAYS), 0
    with run.unit_of_work() as session:
        rows += fill_gaps(session, first=first).rows
    with run.unit_of_work() as session:
        gone = thin_out(session)
    return {"rows": rows, "gone": gone}
