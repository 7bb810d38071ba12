"""Jobs in words for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from linli.kit.clock import now
from linli.kit.text import gettext as _
from linli.plugins.registry import Plugins
from linli.tasks.registry import Tasks
from linli.tasks.service import WAITING, JobState

#: Messages of the catalogue.
STATES: Mapping[str, str] = {
    "behind": "等前一个",
    "queued": "等待",
    "running": "进行中",
    "done": "完成",
    "failed": "没有完成",
    "parked": "出错停下",
    "cancelled": "已取消",
}
BOXES: Mapping[str, str] = {"open": "等待和进行中", "failed": "没有完成和出错", "done": "完成", "cancelled": "已取消"}
_TONES = {"done": "good", "failed": "bad", "parked": "bad", "running": "brand"}
#: What a job's fault is called; another one is the name of what went wrong in the program.
_ERRORS: Mapping[str, str] = {
    "plugin is off": "功能插件已停用",
    "the process died": "处理它的程序中断了",
    "unknown task": "程序里没有这种任务",
    "not delivered": "没有送到外部应用，详见它的投递记录",
    "app is off": "外部应用已暂停、撤销，或者不再接收这类事件",
    "webhook is off": "外部应用连续多天收不到，已停止推送",
}


@dataclass(frozen=True, slots=True)
class JobLine:
    """A job as lists and pages show it.

    Attributes:
        error: in words; empty where nothing went wrong.
        next_try: when it is tried again; ``None`` where nothing waits or it is its turn.
        begins: when it begins, where that was asked for.
    """

    id: UUID
    task: str
    title: str
    state: str
    state_title: str
    tone: str
    percent: int
    done: int
    total: int
    note: str
    error: str
    attempts: int
    max_attempts: int
    asker: str
    community: str
    created_at: datetime
    finished_at: datetime | None
    next_try: datetime | None
    begins: datetime | None
    can_cancel: bool
    can_replay: bool


def task_titles(plugins: Plugins) -> dict[str, str]:
    """Name to title of every kind of work, in the reader's language."""
    return {each.name: _(each.title) if each.title else each.name for each in Tasks.of(plugins).by_name.values()}


def error_words(state: str, error: str) -> str:
    """What went wrong, for people."""
    if not error or state == "failed":
        return error
    if error in _ERRORS:
        return _(_ERRORS[error])
    if " " in error:
        return error
    return _("程序出错：{kind}").format(kind=error)


def job_line(job: JobState, titles: Mapping[str, str], communities: Mapping[UUID, str]) -> JobLine:
    """One job in words."""
    return JobLine(
        id=job.id,
        task=job.task,
        title=titles.get(job.task, job.task),
        state=job.state,
        state_title=_(STATES[job.state]),
        tone=_TONES.get(job.state, "calm"),
        percent=job.percent,
        done=job.done,
        total=job.total,
        note=job.note,
        error=error_words(job.state, job.error),
        attempts=job.attempts,
        max_attempts=job.max_attempts,
        asker=job.created_by_name,
        community=communities.get(job.community_id, "") if job.community_id else "",
        created_at=job.created_at,
        finished_at=job.finished_at,
        next_try=job.run_after if job.state == "queued" and job.attempts else None,
        begins=_begins(job),
        can_cancel=job.state in WAITING,
        can_replay=job.state in ("parked", "failed", "cancelled"),
    )


def _begins(job: JobState) -> datetime | None:
    is_later = job.run_after is not None and job.run_after > now()
    return job.run_after if is_later and job.state == "queued" and not job.attempts else None
