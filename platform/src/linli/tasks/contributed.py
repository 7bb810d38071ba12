"""What this room contributes: whether the work in the background gets done, and what it keeps about people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select

from linli.db.session import ScopedSession
from linli.kit.clock import now
from linli.kit.text import gettext as _
from linli.plugins.contributions import DataClass, Health, HealthCheck, PersonalData
from linli.plugins.hookspecs import hookimpl
from linli.tasks.models import Job
from linli.tasks.retention import DATA_CLASSES, PERSONAL_DATA


@hookimpl
def register_personal_data() -> Sequence[PersonalData]:
    return PERSONAL_DATA


@hookimpl
def register_retention() -> Sequence[DataClass]:
    return DATA_CLASSES


#: A job that has waited so long past its time was forgotten, or nobody works.
_LATE = timedelta(minutes=15)


def _getting_done(session: ScopedSession) -> Health:
    late = (Job.state == "queued") & (Job.run_after < now() - _LATE)
    parked, waiting = session.execute(
        select(func.count().filter(Job.state == "parked"), func.count().filter(late)).select_from(Job)
    ).one()
    if waiting:
        message = _("有 {n} 项后台任务过了时间还没有开始").format(n=waiting)
        return Health("fault", message, _("请检查网站进程或 linli worker 是否在运行。"))
    if parked:
        message = _("有 {n} 项后台任务多次失败，已经停下").format(n=parked)
        return Health("warning", message, _("请查看原因后重新运行。"))
    return Health("ok", _("后台任务按时完成"))


@hookimpl
def register_health_checks() -> Sequence[HealthCheck]:
    return [HealthCheck(name="core.jobs", title="后台任务", check=_getting_done)]
