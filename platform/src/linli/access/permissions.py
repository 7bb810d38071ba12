"""What can be allowed at all: the core's permissions by name, and those that plugins add."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Permission:
    """A right that roles give and handlers need.

    Attributes:
        name: ``<owner>.<noun>.<verb>``, the owner being ``core`` or a plugin.
        title: what the holder may do, in Chinese; a message of the catalogue.
        roles: names of the roles that hold it unless a street decides otherwise; the core's own are named by the roles.
    """

    name: str
    title: str
    roles: frozenset[str] = frozenset()


CORE_PERMISSIONS = (
    Permission("core.community.read", "查看社区"),
    Permission("core.community.manage", "管理社区资料"),
    Permission("core.compound.read", "查看小区和楼栋"),
    Permission("core.compound.manage", "管理小区、楼栋和单元"),
    Permission("core.dwelling.read", "查看房屋"),
    Permission("core.dwelling.manage", "管理房屋"),
    Permission("core.resident.read", "查看居民（隐去号码）"),
    Permission("core.resident.manage", "管理居民、家庭和产权"),
    Permission("core.resident.reveal", "查看居民完整的电话和证件号"),
    Permission("core.roster.import", "导入居民名册"),
    Permission("core.roster.export", "导出居民名册"),
    Permission("core.staff.read", "查看工作人员"),
    Permission("core.staff.manage", "邀请和停用工作人员"),
    Permission("core.role.read", "查看角色授予"),
    Permission("core.role.grant", "授予和终止角色"),
    Permission("core.plugin.read", "查看功能插件"),
    Permission("core.plugin.allow", "允许社区使用功能插件"),
    Permission("core.plugin.enable", "启用和停用功能插件"),
    Permission("core.app.read", "查看外部应用"),
    Permission("core.app.manage", "登记、暂停和撤销外部应用"),
    Permission("core.app.show", "决定本社区是否显示外部应用的页面"),
    Permission("core.settings.read", "查看设置"),
    Permission("core.settings.manage", "修改设置"),
    Permission("core.rule.read", "查看规则及其依据"),
    Permission("core.rule.override", "另行规定和撤回规则"),
    Permission("core.obligation.read", "查看履职情况"),
    Permission("core.obligation.recheck", "重新核对履职情况"),
    Permission("core.obligation.exempt", "豁免履职事项"),
    Permission("core.task.read", "查看街道下发的任务"),
    Permission("core.task.give", "给社区下发任务"),
    Permission("core.task.report", "报告任务办结"),
    Permission("core.push.read", "查看统一下发"),
    Permission("core.push.use", "统一下发和统一撤回"),
    Permission("core.briefing.read", "查看月度简报"),
    Permission("core.briefing.make", "印发月度简报"),
    Permission("core.message.read", "查看消息的发送情况"),
    Permission("core.message.manage", "修改消息的文字，重新发送"),
    Permission("core.audit.read", "查看操作记录"),
    Permission("core.audit.verify", "校验操作记录和下载存证"),
    Permission("core.job.read", "查看后台任务和事件投递"),
    Permission("core.job.manage", "取消、重新执行后台任务，重新投递事件"),
    Permission("core.approval.read", "查看审批申请"),
    Permission("core.approval.decide", "审批他人的申请"),
    Permission("core.privacy.read", "查看个人信息请求和保存期限"),
    Permission("core.privacy.handle", "办理个人信息请求"),
    Permission("core.privacy.manage", "管理保存期限、冻结、同意事项和影响评估"),
    Permission("core.home.read", "查看自己的家和信息"),
)

CORE_PERMISSION_NAMES = frozenset(permission.name for permission in CORE_PERMISSIONS)


class OwnedItem(Protocol):
    """A permission or a role as the registry of plugins keeps it: ``item`` is what was declared."""

    @property
    def item(self) -> Any: ...


class Contributions(Protocol):
    """The part of the registry of plugins that this domain reads."""

    @property
    def permissions(self) -> Iterable[OwnedItem]: ...
    @property
    def roles(self) -> Iterable[OwnedItem]: ...


def permission_titles(plugins: Contributions | None = None) -> dict[str, str]:
    """Name to title of every permission, the core's first; a plugin cannot retitle the core's."""
    titles = {permission.name: permission.title for permission in CORE_PERMISSIONS}
    for owned in plugins.permissions if plugins else ():
        titles.setdefault(owned.item.name, owned.item.title)
    return titles
