"""What the menus, the palette and the search of each portal find of the plugin; the guide has its own search."""

from __future__ import annotations

from collections.abc import Sequence

from linli.sdk import Actor, Found, NavigationItem, ScopedSession, SearchProvider, best_fits, community_names
from linli_waste_sorting.bookings.permissions import BOOK, COUNT_BOOKINGS, FILE_REPORTS, READ_BOOKINGS, READ_REPORTS
from linli_waste_sorting.guide.permissions import READ_GUIDE
from linli_waste_sorting.inspections.permissions import READ_ROUNDS, VIEW_OWN, WALK
from linli_waste_sorting.permissions import MANAGE, READ, VIEW
from linli_waste_sorting.reach import compounds_of
from linli_waste_sorting.stations.repository import StationName, station_names
from linli_waste_sorting.stations.resident_pages import compounds_at_home
from linli_waste_sorting.watch.permissions import JOIN_SHIFTS, READ_SHIFTS
from linli_waste_sorting.weights.permissions import NOTE_COLLECTIONS, READ_COLLECTIONS

#: No street has more stations that anybody looks for by name.
_LOOKED_AT = 1000


def _in_console(session: ScopedSession, _actor: Actor, words: str, limit: int) -> Sequence[Found]:
    found = _best(station_names(session, None, None, most=_LOOKED_AT), words, limit)
    names = community_names(session) if found else {}
    return [
        Found(each.name, str(each.id), f"{names.get(each.community_id, '')} {each.place}".strip()) for each in found
    ]


def _in_community(session: ScopedSession, actor: Actor, words: str, limit: int) -> Sequence[Found]:
    here = session.scope.community_id
    known = station_names(session, here, compounds_of(actor, READ, here), most=_LOOKED_AT)
    return [Found(each.name, str(each.id), each.place) for each in _best(known, words, limit)]


def _at_home(session: ScopedSession, actor: Actor, words: str, limit: int) -> Sequence[Found]:
    compounds = compounds_at_home(session, actor)
    if not compounds:
        return []
    known = station_names(session, session.scope.community_id, compounds, most=_LOOKED_AT)
    return [Found(each.name, "", each.place) for each in _best(known, words, limit)]


def _best(known: Sequence[StationName], words: str, limit: int) -> list[StationName]:
    return best_fits(known, words, limit, text=lambda each: (each.name, each.place))


_NAME, _TITLE = "waste_sorting.stations", "投放点"
STATION_SEARCH = (
    SearchProvider(name=_NAME, title=_TITLE, portal="console", find=_in_console, needs=READ, order=55),
    SearchProvider(name=_NAME, title=_TITLE, portal="admin", find=_in_community, needs=READ, order=55),
    SearchProvider(name=_NAME, title=_TITLE, portal="resident", find=_at_home, needs=VIEW, order=55),
)

_ALSO = ("投放点", "垃圾桶")
_BIN = "bin"
NAVIGATION = (
    NavigationItem("console", "垃圾分类", needs=READ, order=60, icon=_BIN, also=_ALSO),
    NavigationItem("console", "分类检查", "inspections", READ_ROUNDS, 61, _BIN, kind="page"),
    NavigationItem("console", "台账", "ledger", READ_COLLECTIONS, 62, _BIN, kind="page"),
    NavigationItem("console", "上门回收和满桶", "bookings", COUNT_BOOKINGS, 63, _BIN, kind="page"),
    NavigationItem("console", "什么垃圾投哪里", "guide", READ_GUIDE, 64, _BIN, kind="page", also=("投放指南",)),
    NavigationItem("admin", "垃圾分类", needs=READ, order=60, icon=_BIN, also=_ALSO),
    NavigationItem("admin", "桶站值守", "watch", READ_SHIFTS, 61, _BIN, kind="page", also=("排班",)),
    NavigationItem("admin", "分类检查", "inspections", READ_ROUNDS, 62, _BIN, kind="page"),
    NavigationItem("admin", "清运记录", "collections", READ_COLLECTIONS, 63, _BIN, kind="page"),
    NavigationItem("admin", "台账", "ledger", READ_COLLECTIONS, 64, _BIN, kind="page"),
    NavigationItem("admin", "上门回收", "bookings", READ_BOOKINGS, 65, _BIN, kind="page", also=("大件垃圾预约",)),
    NavigationItem("admin", "满桶报告", "full_reports", READ_REPORTS, 66, _BIN, kind="page"),
    NavigationItem("admin", "什么垃圾投哪里", "guide", READ_GUIDE, 67, _BIN, kind="page", also=("投放指南",)),
    NavigationItem("admin", "新建投放点", "new", MANAGE, 68, "plus", kind="act"),
    NavigationItem("admin", "开始检查", "inspections/new", WALK, 69, "plus", kind="act", also=("巡查",), quick=True),
    NavigationItem(
        "admin", "记录清运", "collections/new", NOTE_COLLECTIONS, 70, "plus", kind="act", also=("称重",), quick=True
    ),
    NavigationItem("resident", "垃圾分类", needs=VIEW, order=60, icon=_BIN, also=_ALSO),
    NavigationItem("resident", "什么垃圾投哪里", "guide", order=61, icon=_BIN, kind="page", also=("投放指南",)),
    NavigationItem("resident", "上门回收", "bookings", BOOK, 62, _BIN, kind="page", also=("大件垃圾预约",)),
    NavigationItem("resident", "报告桶满了", "full_reports", FILE_REPORTS, 63, _BIN, kind="act"),
    NavigationItem("resident", "桶站值守", "watch", JOIN_SHIFTS, 64, _BIN, kind="page", also=("志愿者",)),
    NavigationItem("resident", "我家的分类检查", "inspections", VIEW_OWN, 65, _BIN, kind="page"),
)
