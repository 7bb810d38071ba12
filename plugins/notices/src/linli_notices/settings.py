"""What streets and communities may choose about their notices."""

from __future__ import annotations

from linli.sdk import SettingSpec

POSTING_DAYS = "posting_days"
PUBLIC_PAGE = "public_page"

SETTINGS = (
    SettingSpec(
        key=POSTING_DAYS,
        type="integer",
        default=7,
        title="默认公示天数",
        help="公示没有填写末日时，发布后展示的天数；首日和末日都计入。",
        minimum=1,
        maximum=365,
        source="平台建议值，并非法定天数；法规或规约对具体事项另有规定的，按其规定填写",
    ),
    SettingSpec(
        key=PUBLIC_PAGE,
        type="boolean",
        default=True,
        title="允许无需登录查看",
        help="关闭后，标记为“对外公开”的公告也要登录才能查看。",
        levels=("street", "community"),
    ),
)
