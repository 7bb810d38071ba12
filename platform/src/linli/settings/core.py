"""The core's own settings."""

from __future__ import annotations

from linli.kit.text import LOCALES
from linli.settings.spec import SettingSpec

#: Let each visitor's browser say which language it prefers.
BROWSERS_CHOICE = "browser"

#: Colours that the style sheet knows.
THEMES = {"teal": "青绿", "blue": "蓝", "green": "绿", "red": "红", "orange": "橙"}

#: Jurisdictions whose rules are in the house: the nation, and the cities with rules of their own.
RULE_SETS = {"cn": "全国", "cn-beijing": "北京", "cn-shanghai": "上海"}

#: Acts that a street may put under the rule of two people, each with its title. Domains and plugins add theirs when
#: they register an act (``linli.approvals``), so the list is complete once the process has started.
TWO_PERSON_ACTS: dict[str, str] = {
    "core.grant_administrator": "授予街道管理员或三员角色",
    "core.end_administrator": "终止街道管理员或三员角色",
    "core.export_register": "导出居民名册的完整号码",
    "core.disallow_plugin": "不再允许使用功能插件",
    "core.end_separate_duties": "关闭三权分立",
}

CORE_SETTINGS = (
    SettingSpec(
        key="portal_title",
        type="text",
        default="",
        title="门户标题",
        help="显示在每个页面上方；不填时显示街道或社区的名称。",
        maximum=30,
        levels=("street", "community"),
    ),
    SettingSpec(
        key="theme",
        type="choice",
        default="teal",
        title="主题颜色",
        help="页面的主色调。",
        choices=THEMES,
        levels=("street", "community"),
    ),
    SettingSpec(
        key="default_locale",
        type="choice",
        default=BROWSERS_CHOICE,
        title="默认语言",
        help="访客没有选择语言时使用的语言。",
        choices={BROWSERS_CHOICE: "跟随访客的浏览器", **LOCALES},
        levels=("street", "community"),
    ),
    SettingSpec(
        key="rule_set",
        type="choice",
        default="cn",
        title="适用规则",
        help="表决、任期和公示等数字按哪个地区的规定计算。",
        choices=RULE_SETS,
    ),
    SettingSpec(
        key="contact",
        type="long_text",
        default="",
        title="联系方式",
        help="显示在页面下方，例如居委会的地址、电话和办公时间。",
        maximum=500,
        levels=("street", "community"),
    ),
    SettingSpec(
        key="two_person_acts",
        type="choices",
        default=[],
        title="需要两人办理的事项",
        help="选中的事项由一人申请、另一人审批后才生效。减少选项也要另一人审批。",
        choices=TWO_PERSON_ACTS,
        levels=("street",),
    ),
    SettingSpec(
        key="approval_days",
        type="integer",
        default=7,
        title="审批期限（天）",
        help="申请提出后，超过这些天没有审批就自动失效。",
        minimum=1,
        maximum=60,
        levels=("street",),
    ),
    SettingSpec(
        key="separate_duties",
        type="boolean",
        default=False,
        title="三权分立",
        help="系统管理、安全管理、审计管理由不同的人担任，一人不能兼任；街道管理员不再授予角色和查看操作记录。",
        levels=("street",),
        source="GB/T 22239-2019 网络安全等级保护基本要求（第三级：系统管理员、安全管理员、审计管理员分设）",
    ),
)
