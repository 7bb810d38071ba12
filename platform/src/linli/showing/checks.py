"""Whether core and plugins are well in a street: asked when somebody looks, and by ``linli doctor``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

import structlog

from linli.db.session import ScopedSession
from linli.kit.text import gettext as _
from linli.plugins.containment import HEALTH, PluginFailed, PluginSkipped, call, contained
from linli.plugins.contributions import Health, HealthCheck
from linli.plugins.gate import CORE, is_on
from linli.plugins.registry import Owned, Plugins

log = structlog.get_logger("linli.showing")

#: Status to its title and the tone of its badge; messages.
STATES = {"ok": ("正常", "good"), "warning": ("请留意", "warn"), "fault": ("有故障", "bad")}
_ORDER = ("fault", "warning", "ok")


@dataclass(frozen=True, slots=True)
class Checked:
    """The answer of one check, and whose it is."""

    name: str
    owner: str
    title: str
    health: Health


def examine(session: ScopedSession, plugins: Plugins, allowed: Iterable[str]) -> list[Checked]:
    """Ask every check of the core and of the allowed plugins; what is wrong stands first.

    Args:
        session: of the street, read only.
        plugins: of this process.
        allowed: the plugins that the street allows.
    """
    allowed = set(allowed)
    found = [
        Checked(each.item.name, each.owner, each.item.title, _health(session, each))
        for each in plugins.health_checks
        if is_on(each.owner, allowed)
    ]
    return sorted(found, key=lambda each: _ORDER.index(each.health.status))


def _health(session: ScopedSession, each: Owned[HealthCheck]) -> Health:
    try:
        if each.owner != CORE:
            return call(session, each.owner, HEALTH, partial(each.item.check, session), where=each.item.name)
        with contained(session):
            return each.item.check(session)
    except PluginSkipped:
        return Health("fault", _("插件因故障暂停使用"), _("请看“功能插件”里的“运行情况”。"))
    except PluginFailed as failed:
        fault = failed.error_type
    except Exception as error:
        log.exception("health check failed", check=each.item.name)
        fault = type(error).__name__
    # The kind of error alone: its words may hold what people typed.
    return Health("fault", _("检查本身出错：{error}").format(error=fault), _("请查看日志。"))
