"""Taking a plugin away from a street as an act that can take two people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from linli.approvals import Act
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.errors import Conflict
from linli.kit.text import gettext as _
from linli.plugins.registry import Plugins
from linli.plugins.service import DISALLOW, disallow

#: Those of this process: what another allowed plugin requires cannot be taken away.
_running: list[Plugins] = []


def use_plugins(plugins: Plugins) -> None:
    """Let the act be performed against these plugins, in place of those before."""
    _running[:] = [plugins]


def has_plugins() -> bool:
    """Whether this process knows what it runs with, be it the core alone."""
    return bool(_running)


def title_of(plugin: str) -> str:
    """A plugin's title in Chinese, a message; its name where it does not run here."""
    titles = {manifest.name: manifest.title for plugins in _running for manifest in plugins.manifests}
    return titles.get(plugin, plugin)


def _perform(session: ScopedSession, actor: Actor, payload: Mapping[str, Any]) -> str:
    if not disallow(session, actor, _running[0], payload["plugin"]):
        raise Conflict(_("街道现在没有允许使用这个插件"))
    return _("已停止各社区使用，资料仍保留")


def _describe(_session: ScopedSession, payload: Mapping[str, Any]) -> list[tuple[str, str]]:
    name = str(payload["plugin"])
    return [(_("功能插件"), _(title_of(name))), (_("后果"), _("各社区立即看不到它；资料都保留"))]


ACTS = (
    Act(
        DISALLOW,
        "不再允许使用功能插件",
        asks="core.plugin.allow",
        approves="core.approval.decide",
        perform=_perform,
        describe=_describe,
    ),
)
