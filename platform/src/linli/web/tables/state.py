"""A list as one reader looks at it now: order, columns, views, and the acts that this reader may do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from linli.db.paging import require_sort
from linli.kit.text import gettext_for
from linli.web.models import ListView
from linli.web.routing import Portal
from linli.web.tables.declared import DataTable, RowAct, TableColumn
from linli.web.tables.kept import UNNAMED, kept_of

if TYPE_CHECKING:
    from linli.db.session import ScopedSession
    from linli.web.visit import Visit

#: In place of a view's id: the list as it is without any view, although one is opened by default.
NO_VIEW = "all"
#: What an address of a list carries beside its filters.
_MARKS = ("sort", "view")
_MOST_QUERY = 2000


@dataclass(frozen=True, slots=True)
class Heading:
    """The head of a column that is shown.

    Attributes:
        order: ``ascending``, ``descending``, ``none``; empty where nobody can sort by it.
        href: the address that sorts by it, the other way round where it is sorted by it already.
    """

    name: str
    title: str
    is_number: bool
    order: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """A column that may be shown or left out."""

    name: str
    title: str
    is_shown: bool
    is_fixed: bool


@dataclass(frozen=True, slots=True)
class Chip:
    """A saved view above its list."""

    id: UUID
    title: str
    href: str
    is_current: bool
    is_default: bool


class TableState:
    """Handed to a list's page as ``table``; its template shows it with ``tables.html``.

    Attributes:
        table: what the list declares.
        key: what its readers' choices are kept under.
        path: of the list's page.
        sort: the order that the page asks its rows for; empty for a list that cannot be sorted.
        acts: what this reader is offered to do with several rows.
        keeps: whether this reader has an account that choices can be kept for.
    """

    def __init__(
        self,
        table: DataTable,
        *,
        key: str,
        path: str,
        query: Mapping[str, str],
        kept: Sequence[ListView] = (),
        keeps: bool = False,
        acts: Sequence[RowAct] = (),
        has_community: bool = False,
        also: Sequence[TableColumn] = (),
    ) -> None:
        self.table, self.key, self.path, self.acts, self.keeps = table, key, path, acts, keeps
        self._query = {name: value for name, value in query.items() if value}
        self._kept = kept
        self._columns = [each for each in (*table.columns, *also) if not (each.street_only and has_community)]
        self._left_out: frozenset[str] = frozenset()
        self._sorts = table.sorts | {each.sort for each in also if each.sort}
        self.sort = require_sort(query.get("sort") or table.sort, self._sorts) if table.sort else ""

    def prefer(self, sort: str) -> None:
        """Sort so where the reader chose no order: for a list whose filters ask for another than it opens with.

        Raises:
            Invalid: the list has no such order.
        """
        if not self._query.get("sort"):
            self.sort = require_sort(sort, self._sorts)

    def leave_out(self, names: Iterable[str]) -> None:
        """Do not show columns that say nothing with these filters; whether they are chosen stays as it is."""
        self._left_out = frozenset(names)

    def say(self, message: str) -> str:
        """What the list declares, in the language of the request and the words of whoever declares it."""
        return gettext_for(self.key.partition(".")[0], message)

    @property
    def view(self) -> ListView | None:
        """The saved view that the address names; one that is gone, or somebody else's, is none."""
        wanted = self._query.get("view", "")
        return next((each for each in self._kept if each.title != UNNAMED and str(each.id) == wanted), None)

    @property
    def default(self) -> str:
        """The address of the view that the list opens with; empty where there is none, or the address says another."""
        found = next((each for each in self._kept if each.is_default and each.title != UNNAMED), None)
        return self._href_of(found) if found is not None and not self._query else ""

    @property
    def shown(self) -> list[str]:
        """The names of the columns that show, in their order."""
        wanted = self._wanted() - self._left_out
        return [each.name for each in self._columns if each.is_fixed or each.name in wanted]

    @property
    def columns(self) -> list[TableColumn]:
        """All that could show here, in their order."""
        return self._columns

    @property
    def is_own_choice(self) -> bool:
        """Whether other columns show than the list itself would."""
        usual = {each.name for each in self._columns if each.is_shown or each.is_fixed}
        return usual != {each.name for each in self.choices if each.is_shown}

    @property
    def headings(self) -> list[Heading]:
        """The heads of the columns that show."""
        shown = set(self.shown)
        return [self._heading(each) for each in self._columns if each.name in shown]

    @property
    def orders(self) -> list[Heading]:
        """Every column that one can sort by, shown or not: for a phone, where the columns have no heads."""
        return [self._heading(each) for each in self._columns if each.sort]

    @property
    def choices(self) -> list[Choice]:
        """The columns with whether they show, for the form in which they are chosen."""
        wanted = self._wanted()
        return [
            Choice(each.name, self.say(each.title), each.is_fixed or each.name in wanted, each.is_fixed)
            for each in self._columns
        ]

    @property
    def chips(self) -> list[Chip]:
        """The saved views."""
        current = self.view
        return [
            Chip(each.id, each.title, self._href_of(each), each is current, each.is_default)
            for each in self._kept
            if each.title != UNNAMED
        ]

    @property
    def whole(self) -> str:
        """The address of the list without any view."""
        has_default = any(each.is_default for each in self._kept)
        return f"{self.path}?view={NO_VIEW}" if has_default else self.path

    @property
    def kept_query(self) -> str:
        """Filters and order of this moment, as a view keeps them."""
        kept = {name: self._query[name] for name in (*self.table.filters, "sort") if name in self._query}
        return urlencode(kept)[:_MOST_QUERY]

    @property
    def query(self) -> str:
        """What the page's address carries, without the place in the list."""
        return urlencode({name: value for name, value in self._query.items() if name != "after"})

    @property
    def offered(self) -> list[RowAct]:
        """The acts that this reader is offered; one that only takes another back comes after that one."""
        return [each for each in self.acts if each.is_offered]

    @property
    def carried(self) -> dict[str, str]:
        """What an export is asked for with: filters, order and view, from the first page on."""
        return {name: value for name, value in self._query.items() if name not in ("after", "columns", "file")}

    @property
    def marks(self) -> dict[str, str]:
        """What the form of the filters has to carry on: the order and the view."""
        return {name: self._query[name] for name in _MARKS if name in self._query}

    def address(self, **changes: str) -> str:
        """The list's address with changes; empty ones are left out, and it begins at the first page."""
        merged = {**self._query, "after": "", **changes}
        query = urlencode({name: value for name, value in merged.items() if value})
        return f"{self.path}?{query}" if query else self.path

    def _heading(self, column: TableColumn) -> Heading:
        if not column.sort:
            return Heading(column.name, self.say(column.title), column.is_number)
        is_it, falls = self.sort.removeprefix("-") == column.sort, self.sort.startswith("-")
        down = not falls if is_it else column.falls
        order = ("descending" if falls else "ascending") if is_it else "none"
        href = self.address(sort=f"-{column.sort}" if down else column.sort)
        return Heading(column.name, self.say(column.title), column.is_number, order, href)

    def _href_of(self, view: ListView) -> str:
        kept = [pair for pair in parse_qsl(view.query) if self._is_known(*pair)]
        return f"{self.path}?{urlencode([*kept, ('view', str(view.id))])}"

    def _is_known(self, name: str, value: str) -> bool:
        """Whether what was kept once still means something: a list may lose a filter or an order."""
        return name in self.table.filters or (name == "sort" and value.removeprefix("-") in self._sorts)

    def _wanted(self) -> set[str]:
        chosen = self.view or next((each for each in self._kept if each.title == UNNAMED), None)
        if chosen is not None:
            return set(chosen.columns)
        return {each.name for each in self._columns if each.is_shown}


def open_table(
    table: DataTable, session: ScopedSession | None, visit: Visit, path: str, query: Mapping[str, str]
) -> TableState:
    """The list as whoever is calling looks at it.

    Args:
        table: what it declares.
        session: the unit of work; without one nothing is kept.
        visit: who is calling, from where, for whose page.
        path: of the list's page, without a slash at its end.
        query: of the address.

    Raises:
        Invalid: the address asks for an order that the list does not have.
    """
    actor, key = visit.actor, f"{visit.owner}.{table.name}"
    account_id = None if actor.app_id is not None else actor.account_id
    is_street = visit.place.portal is Portal.CONSOLE
    may = actor.can if is_street else actor.holds
    kept = kept_of(session, account_id, key) if session is not None and account_id is not None else []
    return TableState(
        table,
        key=key,
        path=path,
        query=query,
        kept=kept,
        keeps=account_id is not None,
        acts=[each for each in table.acts if not each.needs or may(each.needs)],
        has_community=visit.place.community is not None,
        also=table.also(session, visit) if table.also is not None and session is not None else (),
    )
