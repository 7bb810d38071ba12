"""The core's own settings."""

from __future__ import annotations

from linli.kit.text import LOCALES
from linli.settings.spec import SettingSpec

#: Let each visitor's browser say which language it prefers.
BROWSERS_CHOICE = "browser"

#: Colours that the style sheet knows.
THEMES = {"teal": "青绿", "blue": "蓝", "green": "绿", "red": "红", "orange": "橙"}

#: The rules of the divisions around the street, by its own code.
FOLLOWS_PLACE = "local"

#: Whose rules hold in a street: of the place where it lies, or of the nation or one city by name.
RULE_SETS = {FOLLOWS_PLACE: "按街道所在地", "cn": "全国", "cn-beijing": "北京", "cn-shanghai": "上海"}

#: Acts that a street may put under the rule of two people, each with its title. Domains and plugins add theirs when
#: they register an act (``linli.approvals``), so the list is complete once the process has started.
TWO_PERSON_ACTS: dict[str, str] = {
    "core.grant_administrator": "授予街道管理员或三员角色",
    "core.end_administrator": "终止街道管理员或三员角色",
    "core.export_register": "导出居民名册的完整号码",
    "core.disallow_plugin": "不再允许使用功能插件",
    "core.end_separate_duties": "关闭三权分立",
}
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
        default=FOLLOWS_PLACE,
        title="适用规则",
        help="表决、任期和公示等数字按哪个地区的规定计算。一般不用改。",
        choices=RULE_SETS,
        levels=("street",),
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
        maximum=15,
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
    SettingSpec(
        key="app_token_days",
        type="integer",
        default=180,
        title="外部应用的令牌最长有效天数",
        help="到期前由街道换发新的；换发时新旧令牌可以同时用一段时间。",
        minimum=1,
        maximum=365,
        levels=("street",),
    ),
    SettingSpec(
        key="app_failing_days",
        type="integer",
        default=3,
        title="外部应用连续几天收不到，就停止推送",
        help="停止时提醒街道，没有送到的保留着；修好后可以恢复推送。",
        minimum=1,
        maximum=3,
        levels=("street",),
    ),
)
