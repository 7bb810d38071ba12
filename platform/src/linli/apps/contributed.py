"""What this room contributes: the work of telling apps, whether it arrives, and what is kept of it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from linli.apps import webhooks
from linli.apps.models import App
from linli.apps.retention import DATA_CLASSES
from linli.db.session import ScopedSession
from linli.kit.text import gettext as _
from linli.plugins.contributions import DataClass, Health, HealthCheck, TaskSpec
from linli.plugins.hookspecs import hookimpl
from linli.tasks.registry import specs_of


@hookimpl
def register_tasks() -> Sequence[TaskSpec]:
    return specs_of(webhooks)


@hookimpl
def register_retention() -> Sequence[DataClass]:
    return DATA_CLASSES


def _arriving(session: ScopedSession) -> Health:
    stopped = session.scalar(
        select(func.count()).where(App.state == "active", App.webhook_url != "", App.off_since.is_not(None))
    )
    if stopped:
        message = _("有 {n} 个外部应用连续多天收不到推送，已停止").format(n=stopped)
        return Health("warning", message, _("请联系应用的提供方，修好后在“外部应用”里恢复推送。"))
    return Health("ok", _("外部应用都收得到推送"))


@hookimpl
def register_health_checks() -> Sequence[HealthCheck]:
    return [HealthCheck(name="core.apps", title="外部应用", check=_arriving)]
