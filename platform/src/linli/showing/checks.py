"""Whether core and plugins are well in a street: asked when somebody looks, and by ``linli doctor``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import structlog

from linli.db.session import ScopedSession
from linli.kit.text import gettext as _
from linli.plugins.contributions import Health
from linli.plugins.gate import is_on
from linli.plugins.registry import Plugins

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
    found = []
    for each in plugins.health_checks:
        if is_on(each.owner, allowed):
            try:
                with session.begin_nested():
                    health = each.item.check(session)
            except Exception as error:
                log.exception("health check failed", plugin=each.owner, check=each.item.name)
                # The kind of error alone: its words may hold what people typed.
                message = _("检查本身出错：{error}").format(error=type(error).__name__)
                health = Health("fault", message, _("请查看日志。"))
            found.append(Checked(each.item.name, each.owner, each.item.title, health))
    return sorted(found, key=lambda each: _ORDER.index(each.health.status))
