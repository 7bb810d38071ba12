"""The page of the street console: how the communities stand with their points, without any household."""

from __future__ import annotations

from linli.sdk import ScopedSession, Series, View, column_chart, community_names, get, ranking, today
from linli.sdk import gettext as _
from linli_waste_sorting.points import sums
from linli_waste_sorting.points.permissions import COUNT_POINTS


@get("/points", needs=COUNT_POINTS)
def count_points_of_street(session: ScopedSession) -> View:
    """The sums of each community this month."""
    names = community_names(session)
    found = sums.sums_of_communities(session, list(names), today().replace(day=1), today())
    shown = [each for each in found if any((each.purses, each.earned, each.redeemed, each.expired, each.flags))]
    # A community has as many points as it has households: what is compared is points of each.
    average = [
        (names[each.community_id], round(each.earned / each.purses, 1) if each.purses else None) for each in shown
    ]
    chart = column_chart(
        _("本月发放和兑换的积分"),
        [names[each.community_id] for each in shown],
        [
            Series(_("发放"), [each.earned for each in shown]),
            Series(_("兑换"), [each.redeemed for each in shown]),
        ],
        unit=_("分"),
    )
    return View(
        "waste_sorting/points_console.html",
        {"rows": [(names[each.community_id], each) for each in shown], "chart": chart, "ranks": ranking(average)},
    )


POINT_CONSOLE = (count_points_of_street,)
