"""Who hears of what: the household of a step and of the answer to its objection, the staff of an objection."""

from __future__ import annotations

from linli.sdk import NotificationType, Recipient, ScopedSession, Term, notify, place_names, staff_in, stays_at
from linli_waste_sorting.inspections.models import Appeal, Step
from linli_waste_sorting.inspections.permissions import SETTLE_CASES, SETTLING_ROLES
from linli_waste_sorting.inspections.words import APPEAL_STATES, STEPS

STEP_TAKEN = "waste_sorting.step_taken"
APPEAL_FILED = "waste_sorting.appeal_filed"
APPEAL_DECIDED = "waste_sorting.appeal_decided"

#: The texts say nothing of what was found: a message may be read over somebody's shoulder.
INSPECTION_NOTIFICATIONS = (
    NotificationType(
        name=STEP_TAKEN,
        title="我家的垃圾分类有新的告知",
        subject="关于您家垃圾分类的告知",
        body="社区登记了一项告知：{kind}。点开可以看原因、怎样分对，有不同意见可以申诉。只有您家能看到。",
    ),
    NotificationType(
        name=APPEAL_FILED,
        title="收到垃圾分类申诉",
        subject="收到一条垃圾分类申诉",
        body="一户居民对检查结果或者措施提出了申诉，请核实后答复。",
        needs=SETTLE_CASES,
    ),
    NotificationType(
        name=APPEAL_DECIDED,
        title="我家的垃圾分类申诉有了答复",
        subject="您的垃圾分类申诉有了答复",
        body="您的申诉有了答复，结果：{state}。点开可以看理由。",
    ),
)


def tell_step(session: ScopedSession, row: Step) -> int:
    """Tell those who are at home in the dwelling. Returns how many."""
    return notify(
        session,
        STEP_TAKEN,
        _household(session, row),
        {"kind": Term(STEPS[row.kind])},
        subject=("household_step", row.id),
        link=_own_page(session, row),
        community_id=row.community_id,
    )


def tell_staff(session: ScopedSession, row: Appeal) -> int:
    """Tell those who answer objections in the community. Returns how many."""
    return notify(
        session,
        APPEAL_FILED,
        staff_in(session, SETTLING_ROLES, community_id=row.community_id),
        {},
        subject=("household_appeal", row.id),
        link=f"{place_names(session, row.community_id).path}/admin/waste_sorting/inspections/appeals/{row.id}",
        community_id=row.community_id,
    )


def tell_answer(session: ScopedSession, row: Appeal) -> int:
    """Tell the household what became of its objection. Returns how many."""
    return notify(
        session,
        APPEAL_DECIDED,
        _household(session, row),
        {"state": Term(APPEAL_STATES[row.state])},
        subject=("household_appeal", row.id),
        link=_own_page(session, row),
        community_id=row.community_id,
    )


def _household(session: ScopedSession, row: Step | Appeal) -> list[Recipient]:
    return [
        Recipient(each.account_id, each.resident_id, each.building_id) for each in stays_at(session, [row.dwelling_id])
    ]


def _own_page(session: ScopedSession, row: Step | Appeal) -> str:
    return f"{place_names(session, row.community_id).path}/waste_sorting/inspections"
