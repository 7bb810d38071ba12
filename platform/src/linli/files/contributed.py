"""What this room contributes: the sweep of the attachments, and what they keep about people."""

from __future__ import annotations

from collections.abc import Sequence

from linli.db.session import ScopedSession
from linli.files import tasks
from linli.files.retention import DATA_CLASSES, PERSONAL_DATA
from linli.files.storage import StorageFailed
from linli.kit.text import gettext as _
from linli.plugins.contributions import DataClass, Health, HealthCheck, PersonalData, TaskSpec
from linli.plugins.hookspecs import hookimpl
from linli.tasks.registry import specs_of


@hookimpl
def register_tasks() -> Sequence[TaskSpec]:
    return specs_of(tasks)


@hookimpl
def register_personal_data() -> Sequence[PersonalData]:
    return PERSONAL_DATA


@hookimpl
def register_retention() -> Sequence[DataClass]:
    return DATA_CLASSES


def _reachable(session: ScopedSession) -> Health:
    try:
        session.info["files"].reach()
    except StorageFailed as error:
        return Health("fault", str(error), _("请检查附件的存储。"))
    return Health("ok", _("附件的存储可以使用"))


@hookimpl
def register_health_checks() -> Sequence[HealthCheck]:
    return [HealthCheck(name="core.files", title="附件存储", check=_reachable)]
