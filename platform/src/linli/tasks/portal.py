"""Background work in the console and in a community's portal: how it stands, and what runs by itself."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from litestar import Request
from msgspec import Meta, Struct

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.text import gettext as _
from linli.plugins.events import all_handlers
from linli.tasks.registry import Tasks
from linli.tasks.repository import JobFilter, find_job, has_open_jobs, list_jobs_page
from linli.tasks.schedules import run_now, schedule_lines
from linli.tasks.service import cancel, replay
from linli.tasks.wording import BOXES, STATES, job_line, task_titles
from linli.tenancy.overview import community_names
from linli.web.place import Place
from linli.web.results import Redirect, View
from linli.web.routing import get, post


class RunForm(Struct):
    task: Annotated[str, Meta(min_length=1, max_length=100)]


@get("/jobs", needs="core.job.read")
def show_jobs(session: ScopedSession, place: Place, request: Request, query: JobFilter, after: str = "") -> View:
    """Work that was asked for, the newest first; the page follows it while something runs."""
    jobs, following = list_jobs_page(session, query, after=after)
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


admin = [show_jobs, show_job_page, cancel_job_here, replay_job_here]
console = [*admin, show_schedules, run_schedule_now]
