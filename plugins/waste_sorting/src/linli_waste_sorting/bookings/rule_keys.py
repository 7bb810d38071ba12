"""The numbers of custom that bookings and reports of full bins go by."""

from __future__ import annotations

from linli.sdk import RuleKey

#: Within how long a booking is answered and a full bin seen to; how many open bookings a dwelling may have.
ANSWER_WITHIN = "waste_sorting_bookings.answer_within"
EMPTY_WITHIN = "waste_sorting_bookings.empty_within"
MOST_OPEN = "waste_sorting_bookings.most_open"

BOOKING_RULES = (
    RuleKey(
        key=ANSWER_WITHIN,
        title="答复上门回收预约的期限",
        type="duration",
        units=("working_days", "days"),
        help="居民预约以后，多久之内要确认、改期或者说明不能受理。",
    ),
    RuleKey(
        key=EMPTY_WITHIN,
        title="处理满桶报告的期限",
        type="duration",
        units=("working_days", "days"),
        help="居民报告桶满以后，多久之内要清运并填写结果。",
    ),
    RuleKey(
        key=MOST_OPEN,
        title="每套房屋同时最多几个预约",
        type="integer",
        help="还没有办结的上门回收预约；办结以后可以再约。",
    ),
)
BOOKING_TOPICS = {"waste_sorting_bookings": "上门回收和满桶"}
