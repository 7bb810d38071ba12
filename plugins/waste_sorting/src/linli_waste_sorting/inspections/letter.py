"""The written notice 书面告知 to a household, to print: what was found, how to do it right, and how to object."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from linli.sdk import Download, Duration, NotFound, ScopedSession, day_text, due_on, place_names, render_pdf, rule_value
from linli.sdk import gettext as _
from linli_waste_sorting.inspections.doors import door_of
from linli_waste_sorting.inspections.models import Finding, Step
from linli_waste_sorting.inspections.rule_keys import APPEAL
from linli_waste_sorting.inspections.words import ADVICE, RESULTS, ground_of, titles
from linli_waste_sorting.words import category_titles

#: Results that the letter names, the newest first.
_MOST = 12


def make_letter(session: ScopedSession, step: Step) -> Download:
    """The letter as PDF; addressed to the door, no person is named.

    Raises:
        NotFound: the step is no written notice, or was taken back.
    """
    if step.kind != "warning" or step.taken_back_at is not None:
        raise NotFound(_("这项措施没有书面告知"))
    names = place_names(session, step.community_id)
    found = results_behind(session, step)
    categories, results = category_titles(session), titles(RESULTS)
    period = rule_value(session, APPEAL, compound_id=step.compound_id).value
    last = due_on(session, step.done_on, period) if isinstance(period, Duration) else None
    data = {
        "title": _("生活垃圾分类书面告知"),
        "door": _("{door} 的住户：").format(door=door_of(session, step.dwelling_id)),
        "opening": _("您家的生活垃圾有 {n} 次投放不正确。请按下面的说明分类投放。").format(n=step.counted),
        "results": [[day_text(each.day), categories[each.category], results[each.result]] for each in found],
        "heads": [_("日期"), _("垃圾"), _("结果")],
        "advice": [[categories[each], _(ADVICE[each])] for each in dict.fromkeys(row.category for row in found)],
        "law": ground_of(session, step.compound_id),
        "limits": _("居委会不罚款，这份告知也不是处罚。"),
        "appeal": _("如有不同意见，请在{day}前在手机上或者到居委会提出。").format(day=day_text(last))
        if last
        else _("如有不同意见，可以在手机上或者到居委会提出。"),
        "office": f"{names.street} {names.community}".strip(),
        "day": day_text(step.done_on),
        "words": {"seal": _("（盖章处）"), "how": _("怎样分对")},
    }
    content = render_pdf("waste_sorting/letter.typ", data)
    return Download(content, f"{_('书面告知')}-{step.done_on.isoformat()}.pdf", "application/pdf")


def results_behind(session: ScopedSession, step: Step) -> Sequence[Finding]:
    """The wrong results on which a step rests, the newest first."""
    return session.scalars(
        select(Finding)
        .where(
            Finding.community_id == step.community_id,
            Finding.dwelling_id == step.dwelling_id,
            Finding.is_final,
            Finding.struck_at.is_(None),
            Finding.result != "correct",
            Finding.day.between(step.counts_from, step.done_on),
        )
        .order_by(Finding.day.desc(), Finding.id.desc())
        .limit(_MOST)
    ).all()
