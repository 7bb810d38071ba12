"""What the menus and command palettes of each portal offer; shown only to those who may follow it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from linli.approvals.repository import count_waiting
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.plugins.contributions import NavigationItem, NavigationKind, PortalName
from linli.plugins.registry import Plugins
from linli.web.routing import Portal


@dataclass(frozen=True, slots=True)
class NavItem:
    """An entry of a portal's menu.

    Attributes:
        portal: whose menu.
        title: Chinese source text; translated when shown.
        path: below the portal, or below the plugin's name for a plugin's entry.
        needs: the permission without which the entry is not shown; ``None`` for everybody.
        icon: the name of a symbol in the icon set.
        order: smaller first; the core uses 10 to 90.
        count: how much waits there for this person; asked with every page, so it must be one query or none.
        kind: ``menu``, or for the palette alone ``page`` or ``act``.
        also: other words by which the palette finds it.
        quick: of an act: stands behind the button for quick entries, too.
    """

    portal: Portal
    title: str
    path: str
    needs: str | None = None
    icon: str = "dot"
    order: int = 50
    owner: str = "core"
    count: Callable[[ScopedSession, Actor], int] | None = None
    kind: NavigationKind = "menu"
    also: tuple[str, ...] = ()
    quick: bool = False

    @property
    def declared(self) -> NavigationItem:
        """As the hook gives it."""
        return NavigationItem(
            cast("PortalName", self.portal.value),
            self.title,
            self.path,
            self.needs,
            self.order,
            self.icon,
            self.count,
            self.kind,
            self.also,
            self.quick,
        )

    @property
    def below(self) -> str:
        """The path below the portal."""
        own = self.path if self.path != "/" else ""
        return own if self.owner == "core" else f"/{self.owner}{own}"


def _act(
    portal: Portal, title: str, path: str, needs: str, icon: str, order: int, also: tuple[str, ...] = ()
) -> NavItem:
    return NavItem(portal, title, path, needs, icon, order, kind="act", also=also)


def _quick(title: str, path: str, needs: str, icon: str, order: int, also: tuple[str, ...] = ()) -> NavItem:
    return NavItem(Portal.ADMIN, title, path, needs, icon, order, kind="act", also=also, quick=True)


CORE_NAVIGATION = (
    NavItem(Portal.CONSOLE, "总览", "/", "core.community.read", "home", 10),
    NavItem(Portal.CONSOLE, "对比", "/compare", "core.community.read", "compare", 12),
    NavItem(Portal.CONSOLE, "数据", "/numbers", "core.community.read", "numbers", 15),
    NavItem(Portal.CONSOLE, "社区", "/communities", "core.community.read", "community", 20),
    NavItem(Portal.CONSOLE, "小区", "/compounds", "core.compound.read", "compound", 30),
    NavItem(Portal.CONSOLE, "履职", "/obligations", "core.obligation.read", "calendar", 35),
    NavItem(Portal.CONSOLE, "统一下发", "/pushes", "core.push.read", "push", 36),
    NavItem(Portal.CONSOLE, "月度简报", "/briefings", "core.briefing.read", "briefing", 38),
    NavItem(Portal.CONSOLE, "工作人员", "/staff", "core.staff.read", "people", 40),
    NavItem(Portal.CONSOLE, "审批", "/approvals", "core.approval.read", "approval", 45, count=count_waiting),
    NavItem(Portal.CONSOLE, "功能插件", "/plugins", "core.plugin.read", "plugin", 50),
    NavItem(Portal.CONSOLE, "外部应用", "/apps", "core.app.read", "outside", 52),
    NavItem(Portal.CONSOLE, "个人信息", "/privacy", "core.privacy.read", "lock", 55),
    NavItem(Portal.CONSOLE, "规则", "/rules", "core.rule.read", "rules", 58),
    NavItem(Portal.CONSOLE, "设置", "/settings", "core.settings.read", "settings", 60),
    NavItem(Portal.CONSOLE, "消息管理", "/messages", "core.message.read", "message", 65),
    NavItem(Portal.CONSOLE, "后台任务", "/jobs", "core.job.read", "switch", 68),
    NavItem(Portal.CONSOLE, "操作记录", "/audit", "core.audit.read", "audit", 70),
    NavItem(Portal.ADMIN, "今天", "/", "core.community.read", "home", 10),
    NavItem(Portal.ADMIN, "小区和楼栋", "/compounds", "core.compound.read", "compound", 20),
    NavItem(Portal.ADMIN, "房屋", "/dwellings", "core.dwelling.read", "dwelling", 30),
    NavItem(Portal.ADMIN, "居民", "/residents", "core.resident.read", "people", 40),
    NavItem(Portal.ADMIN, "名册导入", "/rosters", "core.roster.import", "import", 50),
    NavItem(Portal.ADMIN, "街道任务", "/tasks", "core.task.read", "task", 62),
    NavItem(Portal.ADMIN, "履职", "/obligations", "core.obligation.read", "calendar", 65),
    NavItem(Portal.ADMIN, "个人信息请求", "/privacy", "core.privacy.read", "lock", 70),
    NavItem(Portal.ADMIN, "角色", "/roles", "core.role.read", "role", 80),
    NavItem(Portal.ADMIN, "审批", "/approvals", "core.approval.read", "approval", 82, count=count_waiting),
    NavItem(Portal.ADMIN, "功能插件", "/plugins", "core.plugin.read", "plugin", 84),
    NavItem(Portal.ADMIN, "外部应用", "/apps", "core.app.read", "outside", 84),
    NavItem(Portal.ADMIN, "规则", "/rules", "core.rule.read", "rules", 85),
    NavItem(Portal.ADMIN, "设置", "/settings", "core.settings.read", "settings", 86),
    NavItem(Portal.ADMIN, "发送情况", "/deliveries", "core.message.read", "message", 87),
    NavItem(Portal.ADMIN, "后台任务", "/jobs", "core.job.read", "switch", 87),
    NavItem(Portal.ADMIN, "操作记录", "/audit", "core.audit.read", "audit", 88),
    _act(Portal.CONSOLE, "邀请工作人员", "/staff/invite", "core.staff.manage", "people", 40, ("新建账号",)),
    _act(Portal.CONSOLE, "授予角色", "/staff/grant", "core.role.grant", "role", 42, ("任命",)),
    _act(Portal.CONSOLE, "登记外部应用", "/apps/new", "core.app.manage", "outside", 52),
    _quick("登记居民", "/residents/new", "core.resident.manage", "person", 40, ("新建居民", "添加居民")),
    _quick("连续登记", "/rosters/grid", "core.roster.import", "import", 50, ("从纸上录入",)),
    _act(Portal.ADMIN, "新建小区", "/compounds/new", "core.compound.manage", "compound", 20, ("添加小区",)),
    _act(Portal.ADMIN, "邀请工作人员", "/roles/invite", "core.staff.manage", "people", 80, ("新建账号",)),
    _act(Portal.ADMIN, "授予角色", "/roles/grant", "core.role.grant", "role", 82, ("任命",)),
    NavItem(Portal.RESIDENT, "首页", "/", None, "home", 10),
    NavItem(Portal.RESIDENT, "我的家", "/my-home", "core.home.read", "dwelling", 20),
    NavItem(Portal.RESIDENT, "我的信息", "/my-data", "core.home.read", "role", 80),
)


#: After ``g``: the page of the portal that a letter opens, by its path below the portal.
SHORTCUTS: Mapping[Portal, Mapping[str, str]] = {
    Portal.CONSOLE: {
        "o": "/",
        "n": "/numbers",
        "c": "/communities",
        "p": "/compounds",
        "d": "/obligations",
        "s": "/staff",
        "a": "/approvals",
    },
    Portal.ADMIN: {
        "o": "/",
        "p": "/compounds",
        "h": "/dwellings",
        "r": "/residents",
        "i": "/rosters",
        "d": "/obligations",
        "a": "/approvals",
    },
}


def navigation(plugins: Plugins) -> tuple[NavItem, ...]:
    """Every entry of core and plugins."""
    return tuple(
        NavItem(
            Portal(entry.item.portal),
            entry.item.title,
            f"/{entry.item.path.strip('/')}",
            entry.item.needs,
            entry.item.icon or "dot",
            entry.item.order,
            entry.owner,
            entry.item.count,
            entry.item.kind,
            entry.item.also,
            entry.item.quick,
        )
        for entry in plugins.navigation
    )
