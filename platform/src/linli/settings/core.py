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

#: Full hours of the day.
HOURS = {f"{hour:02d}:00": f"{hour:02d}:00" for hour in range(24)}

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
        key="quiet_from",
        type="choice",
        default="22:00",
        title="免打扰开始时间",
        help="从这时起不发邮件、短信和微信，紧急消息除外；每个人可以另选。与结束时间相同表示不设免打扰。",
        choices=HOURS,
        levels=("street",),
    ),
    SettingSpec(
        key="quiet_until",
        type="choice",
        default="07:00",
        title="免打扰结束时间",
        help="免打扰期间的消息等到这时再发。",
        choices=HOURS,
        levels=("street",),
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
)
