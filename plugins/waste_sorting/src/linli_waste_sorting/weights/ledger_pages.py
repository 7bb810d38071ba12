"""The ledger in the portals: a month of a community, and of all communities of the street; files of both."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from linli.sdk import (
    Actor,
    Chart,
    Download,
    Pages,
    Place,
    Redirect,
    ScopedSession,
    Series,
    SheetColumns,
    SheetFormat,
    TableState,
    View,
    column_chart,
    community_names,
    community_outline,
    compounds_in_use,
    get,
    line_chart,
    post,
    sheet,
    sorted_lines,
    table_pages,
    table_sheet,
    today,
)
from linli.sdk import gettext as _
from linli_waste_sorting.asked import community_of
from linli_waste_sorting.listing import STREET_LEDGER
from linli_waste_sorting.models import CATEGORIES
from linli_waste_sorting.reach import compounds_of, is_within
from linli_waste_sorting.stations.repository import count_by_community
from linli_waste_sorting.weights import repository
from linli_waste_sorting.weights.carrier_pages import CARRIER_HANDLERS
from linli_waste_sorting.weights.collection_pages import COLLECTION_HANDLERS
from linli_waste_sorting.weights.files import Names, day_rows, month_rows
from linli_waste_sorting.weights.ledger import (
    Month,
    ledger_lines,
    missing_days,
    month_of,
    rate_text,
    read_month,
    trend,
    weights_of,
)
from linli_waste_sorting.weights.permissions import READ_COLLECTIONS, REPORT_LEDGER
from linli_waste_sorting.weights.reports import get_report, reopen_ledger, report_ledger
from linli_waste_sorting.weights.repository import separation_rate
from linli_waste_sorting.weights.schemas import LedgerLine, LedgerReportWrite, MissingDay, ReportReopen
from linli_waste_sorting.weights.schemas import Month as MonthText
from linli_waste_sorting.weights.sheet_pages import SHEET_HANDLERS
from linli_waste_sorting.weights.street_lines import KEYS, StreetLine, in_file, kinds_without, street_lines
from linli_waste_sorting.words import category_titles, kilos

#: ``days``: one row for each day, compound, kind and carrier. ``months``: the sums of the month.
LedgerFile = Literal["days", "months"]
#: Colours of the charts that can be told apart.
_MOST_SERIES = 6
#: Months that can be chosen.
_MONTHS = 13


@get("/ledger", needs=READ_COLLECTIONS)
def show_ledger(session: ScopedSession, actor: Actor, place: Place, month: MonthText = "") -> View:
    """A month of the community: each compound and kind, what is missing, and whether it was reported."""
    community_id, wanted = community_of(place), read_month(month)
    within = compounds_of(actor, READ_COLLECTIONS, community_id)
    outline = community_outline(session, community_id)
    compounds = {each.id: each.name for each in outline if is_within(each.id, within)}
    reports = repository.reports_of(session, community_id, wanted.first)
    return View(
        "waste_sorting/weights_ledger.html",
        {
            **_shown(session, community_id, wanted, compounds, within),
            "missing": _missing(missing_days(session, community_id, wanted, within), compounds),
            # What was reported holds for the whole community: to others it is told that it was, and no numbers.
            "is_part": within is not None,
            "reports": reports,
            "standing": next((each for each in reports if each.reopened_at is None), None),
            "may_report": actor.holds(REPORT_LEDGER),
        },
        fragment="waste_sorting/_weights_month.html",
    )


@get("/ledger/export", needs=READ_COLLECTIONS)
def export_ledger(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    month: MonthText = "",
    what: LedgerFile = "days",
    file: SheetFormat = "xlsx",
) -> Download:
    """A month as a file, in the layout in which it is reported."""
    community_id, wanted = community_of(place), read_month(month)
    name = place.community.name if place.community else ""
    within = compounds_of(actor, READ_COLLECTIONS, community_id)
    return _file(session, community_id, wanted, {community_id: name}, what, file, within)


@post("/ledger/report", needs=REPORT_LEDGER, retry=show_ledger)
def report_month(session: ScopedSession, actor: Actor, place: Place, data: LedgerReportWrite) -> Redirect:
    """Report a month to the street."""
    row = report_ledger(session, actor, community_of(place), read_month(data.month))
    words = _("已上报，共 {kg} 公斤；如果要更正，先撤回上报").format(kg=kilos(row.kg))
    return Redirect(f"/waste_sorting/ledger?month={data.month}", words)


@get("/ledger/{ledger_report_id:uuid}/reopen", needs=REPORT_LEDGER)
def ask_reopen(session: ScopedSession, place: Place, ledger_report_id: UUID) -> View:
    """The form in which a report is taken back."""
    row = get_report(session, community_of(place), ledger_report_id)
    return View("waste_sorting/weights_reopen.html", {"row": row})


@post("/ledger/{ledger_report_id:uuid}/reopen", needs=REPORT_LEDGER, retry=ask_reopen)
def reopen_month(
    session: ScopedSession, actor: Actor, place: Place, ledger_report_id: UUID, data: ReportReopen
) -> Redirect:
    """Take a report back."""
    row = reopen_ledger(session, actor, community_of(place), ledger_report_id, data)
    return Redirect(f"/waste_sorting/ledger?month={row.month:%Y-%m}", _("已撤回，更正后请重新上报"))


@get("/ledger", needs=READ_COLLECTIONS, table=STREET_LEDGER)
def show_street_ledger(
    session: ScopedSession, table: TableState, month: MonthText = "", community_id: UUID | None = None
) -> View:
    """A month of all communities, or of one."""
    wanted, names = read_month(month), community_names(session)
    shown = _shown(session, community_id, wanted, compounds_in_use(session, community_id))
    communities = _by_community(session, wanted, shown["lines"], community_id)
    table.leave_out(kinds_without(communities))
    return View(
        "waste_sorting/weights_street.html",
        {
            **shown,
            "communities": {str(key): name for key, name in names.items()},
            "by_community": sorted_lines(communities, KEYS, table.sort),
            "missing_count": len(missing_days(session, community_id, wanted)),
        },
        fragment="waste_sorting/_weights_street.html",
    )


@get("/ledger/export", needs=READ_COLLECTIONS, table=STREET_LEDGER)
def export_communities(
    session: ScopedSession,
    table: TableState,
    month: MonthText = "",
    community_id: UUID | None = None,
    columns: SheetColumns = "all",
    file: SheetFormat = "xlsx",
) -> Download:
    """The communities side by side as a file, in the order of the page; weights in kilograms."""
    wanted = read_month(month)
    sums = repository.month_sums(session, wanted.first, wanted.last, community_id)
    lines = _by_community(session, wanted, ledger_lines(sums, {}), community_id)
    table.leave_out(kinds_without(lines))
    cells = (
        {
            "name": each.name,
            "kg": in_file(each.kg),
            "rate": each.rate,
            "reported": _("已上报") if each.is_reported else _("未上报"),
            **{kind: in_file(kg) for kind, kg in each.weights.items()},
        }
        for each in sorted_lines(lines, KEYS, table.sort)
    )
    return table_sheet(f"{_('各社区清运量（公斤）')} {wanted.key}", table, cells, file, columns)


@get("/ledger/report/export", needs=READ_COLLECTIONS)
def export_street_ledger(
    session: ScopedSession,
    month: MonthText = "",
    community_id: UUID | None = None,
    what: LedgerFile = "days",
    file: SheetFormat = "xlsx",
) -> Download:
    """A month of all communities, or of one, as a file, in the layout in which it is reported."""
    return _file(session, community_id, read_month(month), community_names(session), what, file)


def _shown(
    session: ScopedSession,
    community_id: UUID | None,
    month: Month,
    compounds: Mapping[UUID, str],
    within: Collection[UUID] | None = None,
) -> dict[str, Any]:
    sums = repository.month_sums(session, month.first, month.last, community_id, within)
    lines = ledger_lines(sums, repository.carrier_names(session, community_id))
    lines.sort(key=lambda each: (compounds.get(each.compound_id, ""), CATEGORIES.index(each.category)))
    titles, weights = category_titles(session), weights_of(lines)
    return {
        "month": month,
        "is_over": month.last < today(),
        "months": _months(month),
        "lines": lines,
        "compounds": {str(key): name for key, name in compounds.items()},
        "categories": titles,
        "weights": weights,
        "times": sum(each.times for each in lines),
        "kg": sum(weights.values(), Decimal("0.0")),
        "unweighed": sum(each.unweighed for each in lines),
        "rate": rate_text(weights),
        "days_chart": _days_chart(session, community_id, month, titles, weights, within),
        "rate_chart": _rate_chart(session, community_id, month, within),
    }


def _months(month: Month) -> list[tuple[str, str]]:
    shown, found = month_of(today()), []
    for _n in range(_MONTHS):
        found.append(shown)
        shown = shown.before
    if month not in found:
        found.append(month)
    return [(each.key, each.key) for each in found]


def _days_chart(
    session: ScopedSession,
    community_id: UUID | None,
    month: Month,
    titles: Mapping[str, str],
    weights: Mapping[str, Decimal],
    within: Collection[UUID] | None,
) -> Chart:
    by_day = repository.sums_by_day(session, month.first, month.last, community_id, within)
    days = [each for each in month.days if each <= today()]
    # Where there are more kinds than colours, those of which there was least stand in the table alone.
    kept = sorted(weights, key=lambda kind: weights[kind], reverse=True)[:_MOST_SERIES]
    shown = [
        Series(titles[kind], [by_day.get(day, {}).get(kind, Decimal(0)) for day in days])
        for kind in weights
        if kind in kept
    ]
    return column_chart(_("每天清运量"), [str(each.day) for each in days], shown, unit=_("公斤"), stacked=True)


def _rate_chart(
    session: ScopedSession, community_id: UUID | None, month: Month, within: Collection[UUID] | None
) -> Chart:
    months = trend(session, community_id, month, within)
    rates = [separation_rate(weights) for _each, weights in months]
    labels = [_("{n}月").format(n=each.first.month) for each, _weights in months]
    return line_chart(_("厨余垃圾分出率"), labels, [Series(_("分出率"), rates)], unit="%")


def _missing(days: Sequence[MissingDay], compounds: Mapping[UUID, str]) -> list[dict[str, Any]]:
    found: dict[UUID, list[str]] = {}
    for each in days:
        if each.compound_id in compounds:
            found.setdefault(each.compound_id, []).append(str(each.day.day))
    return [{"compound": compounds[key], "days": _("、").join(some), "count": len(some)} for key, some in found.items()]


def _by_community(
    session: ScopedSession, month: Month, lines: Sequence[LedgerLine], wanted: UUID | None
) -> list[StreetLine]:
    """The communities that have stations or records, or the one that was chosen."""
    known = {*count_by_community(session), *(each.community_id for each in lines)}
    names = community_names(session)
    part = {key: name for key, name in names.items() if key == wanted or (wanted is None and key in known)}
    reports = repository.reports_of(session, None, month.first)
    return street_lines(lines, part, {each.community_id for each in reports if each.reopened_at is None})


def _file(
    session: ScopedSession,
    community_id: UUID | None,
    month: Month,
    communities: Mapping[UUID, str],
    what: LedgerFile,
    file: SheetFormat,
    within: Collection[UUID] | None = None,
) -> Download:
    compounds = compounds_in_use(session, community_id)
    carriers = repository.carrier_names(session, community_id)
    names = Names(communities, compounds, category_titles(session), carriers)
    read, rows_of = (repository.day_sums, day_rows) if what == "days" else (repository.month_sums, month_rows)
    header, rows = rows_of(read(session, month.first, month.last, community_id, within), month, names)
    title = _("垃圾清运台账明细") if what == "days" else _("垃圾清运台账月汇总")
    return sheet(f"{title} {month.key}", header, rows, file)


WEIGHT_PAGES = (
    Pages(
        "admin",
        (
            show_ledger,
            export_ledger,
            report_month,
            ask_reopen,
            reopen_month,
            *COLLECTION_HANDLERS,
            *SHEET_HANDLERS,
            *CARRIER_HANDLERS,
        ),
    ),
    Pages(
        "console",
        (show_street_ledger, *table_pages(show_street_ledger), export_communities, export_street_ledger),
    ),
)
