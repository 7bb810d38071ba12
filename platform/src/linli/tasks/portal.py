"""Background work in the console and in a community's portal: how it stands, and what runs by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated
from uuid import UUID

from litestar import Request
from msgspec import Meta, Struct

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import SHANGHAI
from linli.kit.text import gettext as _
from linli.plugins.events import all_handlers
from linli.tasks.registry import Tasks
from linli.tasks.repository import JobFilter, find_job, find_jobs, has_open_jobs, list_jobs_page
from linli.tasks.schedules import run_now, schedule_lines
from linli.tasks.service import cancel, replay
from linli.tasks.wording import BOXES, STATES, job_line, task_titles
from linli.tenancy.overview import community_names
from linli.web.place import Place
from linli.web.results import Redirect, View
from linli.web.routing import get, post
from linli.web.tables import DataTable, RowAct, TableColumn, TableState, table_pages


def _titles(session: ScopedSession, _actor: Actor, _place: Place, ids: Sequence[UUID]) -> Mapping[UUID, str]:
    return {
        each.id: each.created_at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M") for each in find_jobs(session, ids)
    }


def _begin_anew(session: ScopedSession, actor: Actor, _place: Place, job_id: UUID, _answer: str) -> bool:
    find_job(session, job_id)
    replay(session, actor, job_id)
    return True


def _end(session: ScopedSession, actor: Actor, _place: Place, job_id: UUID, _answer: str) -> bool:
    if find_job(session, job_id).state == "cancelled":
        return False
    cancel(session, actor, job_id)
    return True


JOBS = DataTable(
    name="jobs",
    columns=(
        TableColumn("title", "事项", is_fixed=True),
        TableColumn("state", "状态"),
        TableColumn("progress", "进度"),
        TableColumn("created_at", "提出", sort="created_at", falls=True),
        TableColumn("finished_at", "结束", sort="finished_at", falls=True, is_shown=False),
        TableColumn("act", "操作", is_fixed=True),
    ),
    sort="-created_at",
    filters=("state", "task", "community_id"),
    acts=(
        RowAct("replay", "重新执行", "重新执行选中的任务？", _begin_anew, needs="core.job.manage", undo="cancel"),
        RowAct(
            "cancel",
            "取消",
            "取消选中的任务？已经写入的步骤会保留。",
            _end,
            needs="core.job.manage",
            tone="danger",
            undo="replay",
        ),
    ),
    titles=_titles,
)


class RunForm(Struct):
    task: Annotated[str, Meta(min_length=1, max_length=100)]


@get("/jobs", needs="core.job.read", table=JOBS)
def show_jobs(
    session: ScopedSession, place: Place, request: Request, table: TableState, query: JobFilter, after: str = ""
) -> View:
    """Work that was asked for, the newest first; the page follows it while something runs."""
    jobs, following = list_jobs_page(session, query, sort=table.sort, after=after)
    titles = task_titles(request.app.state.site.plugins)
    names = {} if place.community else community_names(session)
    context = {
        "lines": [job_line(each, titles, names) for each in jobs],
        "next": following,
        "moves": has_open_jobs(jobs),
        "states": {key: _(title) for key, title in BOXES.items()},
        "tasks": dict(sorted(_asked_for(titles).items(), key=lambda pair: pair[1])),
        "communities": {str(key): name for key, name in names.items()},
        "is_filtered": bool(query.state or query.task or query.community_id),
    }
    return View("jobs/list.html", context, fragment="jobs/_list.html")


def _asked_for(titles: dict[str, str]) -> dict[str, str]:
    deliveries = {each.task for each in all_handlers()}
    return {name: title for name, title in titles.items() if name not in deliveries}


@get("/jobs/{job_id:uuid}", needs="core.job.read")
def show_job_page(session: ScopedSession, place: Place, request: Request, job_id: UUID) -> View:
    """One piece of work, followed while it runs."""
    job = find_job(session, job_id)
    names = {} if place.community else community_names(session)
    line = job_line(job, task_titles(request.app.state.site.plugins), names)
    return View("jobs/detail.html", {"line": line, "moves": has_open_jobs([job])})


@post("/jobs/{job_id:uuid}/cancel", needs="core.job.manage")
def cancel_job_here(session: ScopedSession, actor: Actor, job_id: UUID) -> Redirect:
    """End what waits or runs."""
    find_job(session, job_id)
    cancel(session, actor, job_id)
    return Redirect(f"/jobs/{job_id}", _("已取消；已经写入的步骤保留"))


@post("/jobs/{job_id:uuid}/replay", needs="core.job.manage")
def replay_job_here(session: ScopedSession, actor: Actor, job_id: UUID) -> Redirect:
    """Begin anew what came to a stop."""
    find_job(session, job_id)
    replay(session, actor, job_id)
    return Redirect(f"/jobs/{job_id}", _("已重新开始"))


@get("/jobs/schedules", needs="core.job.read")
def show_schedules(session: ScopedSession, request: Request) -> View:
    """What runs by itself in this street, and when next."""
    lines = schedule_lines(session, Tasks.of(request.app.state.site.plugins))
    return View("jobs/schedules.html", {"lines": lines, "states": {key: _(title) for key, title in STATES.items()}})


@post("/jobs/schedules/run", needs="core.job.manage")
def run_schedule_now(session: ScopedSession, actor: Actor, request: Request, data: RunForm) -> Redirect:
    """Have it done now, beside its turns."""
    job_id = run_now(session, actor, Tasks.of(request.app.state.site.plugins), data.task)
    return Redirect(f"/jobs/{job_id}", _("已开始，下一次仍按时运行"))


admin = [show_jobs, *table_pages(show_jobs), show_job_page, cancel_job_here, replay_job_here]
console = [*admin, show_schedules, run_schedule_now]
