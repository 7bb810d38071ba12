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
        key="reveal_daily_budget",
        type="integer",
        default=50,
        title="每人每天可查看完整号码的次数",
        help="一名工作人员一天内在一个社区最多查看这么多次，用完后要等到第二天。",
        minimum=1,
        maximum=1000,
        levels=("street", "community"),
    ),
    SettingSpec(
        key="reveal_hourly_alert",
        type="integer",
        default=50,
        title="一小时内查看多少次要提醒管理员",
        help="达到这个次数时，写入操作记录并提醒管理员。",
        minimum=1,
        maximum=1000,
        levels=("street", "community"),
    ),
    SettingSpec(
        key="reveal_shows_names",
        type="boolean",
        default=False,
        title="告诉居民是谁查看了号码",
        help="居民总能看到哪个单位、什么角色、为什么查看；打开后还能看到工作人员的姓名。",
        levels=("street", "community"),
    ),
    SettingSpec(
        key="privacy_request_days",
        type="integer",
        default=15,
        title="个人信息请求的办理期限（工作日）",
        help="从提出请求的第二天算起，遇法定节假日顺延。",
        minimum=1,
        maximum=30,
        levels=("street",),
        source="App违法违规收集使用个人信息行为认定方法 第六条：不超过15个工作日",
    ),
    SettingSpec(
        key="consent_child_age",
        type="integer",
        default=14,
        title="多少周岁以下由监护人同意",
        minimum=14,
        maximum=18,
        levels=("street",),
        source="个人信息保护法 第三十一条：不满十四周岁",
    ),
)
