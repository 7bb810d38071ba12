"""What streets and communities may choose about their notices."""

from __future__ import annotations

from linli.sdk import SettingSpec
from linli_notices.participation_settings import PARTICIPATION_SETTINGS

POSTING_DAYS = "posting_days"
PUBLIC_PAGE = "public_page"
COUNTS_FIRST_DAY = "counts_first_day"

SETTINGS = (
    SettingSpec(
        key=POSTING_DAYS,
        type="integer",
        default=7,
        title="默认公示天数",
        help="公示没有填写末日和天数、类别也没有天数时，发布后展示的天数。",
        minimum=1,
        maximum=365,
        source="平台建议值，并非法定天数；法规或规约对具体事项另有规定的，按其规定填写",
    ),
    SettingSpec(
        key=COUNTS_FIRST_DAY,
        type="boolean",
        default=False,
        title="首日计入天数",
        help="按天数推算末日时，发布当天是否算第一天。",
        source="《民法典》第二百零一条：按日计算期间的，开始的当日不计入，自下一日开始计算",
    ),
    SettingSpec(
        key=PUBLIC_PAGE,
        type="boolean",
        default=True,
        title="允许无需登录查看",
        help="关闭后，标记为“对外公开”的公告也要登录才能查看。",
        levels=("street", "community"),
    ),
    *PARTICIPATION_SETTINGS,
)
