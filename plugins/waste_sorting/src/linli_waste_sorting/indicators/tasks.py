"""What happens by itself: open months are counted each night, published ones compared, and drafts made each month."""

from __future__ import annotations

from datetime import time
from typing import Any
from uuid import UUID

from linli.sdk import SYSTEM, JobRun, Schedule, TaskSpec, community_names, is_enabled, today
from linli_waste_sorting.indicators import figures, rankings
from linli_waste_sorting.indicators.months import MOST_MONTHS, months_back
from linli_waste_sorting.weights.ledger import month_of

#: Months that are counted anew each night: what is noted later than this waits for somebody to ask.
_OPEN = 4


def compute_open(run: JobRun) -> dict[str, Any]:
    """Count the open months of each community anew."""
    months, rows = months_back(month_of(today()), _OPEN), 0
    communities = communities_with(run)
    for n, community_id in enumerate(communities):
        for month in months:
            with run.unit_of_work() as session:
                rows += figures.compute(session, community_id, month)
        run.progress(n + 1, len(communities))
    return {"rows": rows}


def compare_frozen(run: JobRun) -> dict[str, Any]:
    """Count published months anew beside what is kept, and tell how many rows records no longer bear out."""
    first = months_back(month_of(today()), MOST_MONTHS)[0].first
    compared = differing = 0
    for community_id in communities_with(run):
        with run.unit_of_work(read_only=True) as session:
            frozen = figures.frozen_months(session, community_id, first)
        for day in frozen:
            with run.unit_of_work() as session:
                differing += figures.compare(session, community_id, month_of(day))
            compared += 1
    return {"compared": compared, "different": differing}


def draft_monthly(run: JobRun) -> dict[str, Any]:
    """Draft the rankings of the month before, where nobody has; somebody looks at them and publishes them."""
    month, made = month_of(today()).before, 0
    communities = communities_with(run)
    wanted: list[tuple[UUID | None, str]] = [(None, "communities")] if communities else []
    wanted += [(each, "compounds") for each in communities]
    for community_id, subject in wanted:
        with run.unit_of_work() as session:
            if rankings.has_any(session, community_id, month, subject):
                continue
            rankings.draft_ranking(session, SYSTEM, community_id, month, subject)
            made += 1
    return {"made": made}


def communities_with(run: JobRun) -> list[UUID]:
    """The communities in which the plugin is on."""
    with run.unit_of_work(read_only=True) as session:
        return [each for each in community_names(session) if is_enabled(session, "waste_sorting", community_id=each)]


INDICATOR_TASKS = (
    TaskSpec("waste_sorting.compute_figures", compute_open, "计算垃圾分类指标", lease=300, daily_at=time(2, 20)),
    TaskSpec(
        "waste_sorting.compare_figures", compare_frozen, "核对公布过的垃圾分类指标", lease=300, daily_at=time(3, 20)
    ),
    TaskSpec(
        "waste_sorting.draft_rankings",
        draft_monthly,
        "起草上个月的垃圾分类排名",
        lease=300,
        schedule=Schedule.monthly(3, time(6)),
    ),
)
