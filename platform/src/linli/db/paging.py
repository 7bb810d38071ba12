"""Pages of a list behind a cursor, in one of the orders that the list offers; never by counting rows off."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Text, Uuid, and_, literal, or_, tuple_
from sqlalchemy.orm import Session

from linli.kit.cursor import PAGE, decode_cursor, encode_cursor
from linli.kit.errors import Invalid
from linli.kit.text import gettext as _
from linli.kit.text import listed

T = TypeVar("T")

#: How a value is written into a cursor, and read out of it; the kinds of columns that a list can be sorted by.
_READ: Mapping[type, Callable[[str], Any]] = {
    str: str,
    int: int,
    Decimal: Decimal,
    float: float,
    bool: lambda text: {"True": True, "False": False}[text],
    date: date.fromisoformat,
    datetime: datetime.fromisoformat,
    time: time.fromisoformat,
}
#: Before the value of a column that may be empty, and in its place.
_GIVEN, _EMPTY = "=", "-"
#: Between the values of two columns in a cursor.
_PART = "\t"


@dataclass(frozen=True, slots=True)
class Slice(Generic[T]):
    """A page of rows and the cursor of the next one; ``None`` when this is the last."""

    items: list[T]
    next: str | None


@dataclass(frozen=True, slots=True)
class Order:
    """One order of a list.

    Attributes:
        column: what the rows are sorted by: a text (Chinese by the column of its reading), a number, a day, a moment or
            a boolean; ``None`` for the rows' ids alone, which grow as rows are made.
        of: the column's value in a row that was read.
        is_nullable: whether the column may be empty; empty ones come last in both directions.
        then: a second column by which rows of the same value are sorted, in the same direction, before their ids: the
            time of a day; never empty, and only beside a first one that is not either.
        then_of: its value in a row that was read.

    Raises:
        ValueError: there is a second column beside none or one that may be empty.
    """

    column: Any = None
    of: Callable[[Any], Any] = lambda _row: ""
    is_nullable: bool = False
    then: Any = None
    then_of: Callable[[Any], Any] = lambda _row: ""

    def __post_init__(self) -> None:
        if self.then is not None and (self.column is None or self.is_nullable):
            raise ValueError("a second column needs a first one that is never empty")

    @property
    def columns(self) -> list[Any]:
        """What the rows are sorted by before their ids."""
        return [each for each in (self.column, self.then) if each is not None]


def sorted_slice(
    session: Session,
    query: Any,
    id_column: Any,
    orders: Mapping[str, Order],
    sort: str,
    *,
    id_of: Callable[[Any], UUID],
    after: str | None = None,
    limit: int = PAGE,
) -> Slice[Any]:
    """A page of rows in the order of this name; descending where a ``-`` stands before it.

    Rows of the same value follow each other by their id, so that each comes once however many pages there are.

    Args:
        session: a unit of work.
        query: the rows, narrowed, without an order.
        id_column: what tells the rows apart.
        orders: what the list offers, by name.
        sort: one of the names.
        id_of: the id of a row that was read.
        after: the cursor of the page before; empty for the first.
        limit: of a page.

    Raises:
        Invalid: the list has no such order, or ``after`` is no cursor of it in this order.
    """
    order, is_descending = orders[require_sort(sort, orders).removeprefix("-")], sort.startswith("-")
    columns = [*order.columns, id_column]
    if after:
        text, row_id = read_place(after, sort)
        query = query.where(_behind(order, id_column, text, row_id, is_descending=is_descending))
    wanted = [column.desc() if is_descending else column for column in columns]
    if order.is_nullable:
        wanted[0] = wanted[0].nulls_last()
    rows = list(session.execute(query.order_by(*wanted).limit(limit + 1)))
    last = rows[limit - 1] if len(rows) > limit else None
    return Slice(rows[:limit], None if last is None else place_word(sort, _written(order, last), id_of(last)))


def sorted_rows(
    session: Session,
    query: Any,
    id_column: Any,
    orders: Mapping[str, Order],
    sort: str,
    *,
    after: str | None = None,
    limit: int = PAGE,
) -> tuple[list[Any], str | None]:
    """As `sorted_slice`, for a query of one model with an ``id``: its rows, and the cursor of the next page.

    Raises:
        Invalid: the list has no such order, or ``after`` is no cursor of it in this order.
    """
    page = sorted_slice(session, query, id_column, orders, sort, id_of=lambda row: row[0].id, after=after, limit=limit)
    return [row[0] for row in page.items], page.next


def sorted_lines(lines: Iterable[T], keys: Mapping[str, Callable[[T], Any]], sort: str) -> list[T]:
    """The lines of a list that is whole in memory, in one of its orders; ``None`` comes last in both directions.

    Lines of the same value keep the order in which they came.

    Args:
        lines: all of them.
        keys: what the list offers, by name: what a line is sorted by.
        sort: one of the names; descending where a ``-`` stands before it.

    Raises:
        Invalid: the list has no such order.
    """
    key = keys[require_sort(sort, keys).removeprefix("-")]
    found: Sequence[T] = list(lines)
    known = sorted((each for each in found if key(each) is not None), key=key, reverse=sort.startswith("-"))
    return [*known, *(each for each in found if key(each) is None)]


def require_sort(sort: str, orders: Iterable[str]) -> str:
    """The name of an order, with or without ``-`` before it.

    Raises:
        Invalid: the list has no such order.
    """
    names = sorted(orders)
    if sort.removeprefix("-") not in names:
        allowed = _("可用：{names}；前面加 - 表示从大到小").format(names=listed(names))
        raise Invalid.one("sort", _("没有这种排序"), allowed)
    return sort


def _behind(order: Order, id_column: Any, text: str, row_id: UUID, *, is_descending: bool) -> ColumnElement[bool]:
    """True for the rows that come after the place."""
    place = literal(row_id, Uuid)
    later = id_column < place if is_descending else id_column > place
    if order.column is None:
        return later
    values = _values(order, text)
    if values == [None]:
        return and_(order.column.is_(None), later)
    there = [literal(value, _type_of(column)) for value, column in zip(values, order.columns, strict=True)]
    here, mark = tuple_(*order.columns, id_column), tuple_(*there, place)
    behind = here < mark if is_descending else here > mark
    return or_(behind, order.column.is_(None)) if order.is_nullable else behind


def _type_of(column: Any) -> Any:
    return Text() if _kind_of(column) is str else column.type


def _kind_of(column: Any) -> type:
    kind: type = column.type.python_type
    return kind if kind in _READ else str


def _written(order: Order, row: Any) -> str:
    value = order.of(row)
    if order.is_nullable and value is None:
        return _EMPTY
    text = _word(value)
    if order.then is not None:
        return f"{text}{_PART}{_word(order.then_of(row))}"
    return f"{_GIVEN}{text}" if order.is_nullable else text


def _word(value: Any) -> str:
    return value.isoformat() if isinstance(value, (date, time)) else str(value)


def _values(order: Order, text: str) -> list[Any]:
    if order.is_nullable:
        if text == _EMPTY:
            return [None]
        if not text.startswith(_GIVEN):
            raise _no_place()
        text = text.removeprefix(_GIVEN)
    # The second value is never a text: what stands behind the last mark is its own.
    words = [text] if order.then is None else text.rsplit(_PART, 1)
    if len(words) != len(order.columns):
        raise _no_place()
    return [_value(column, word) for column, word in zip(order.columns, words, strict=True)]


def _value(column: Any, text: str) -> Any:
    kind = _kind_of(column)
    try:
        value = _READ[kind](text)
    except (ValueError, ArithmeticError, KeyError) as error:
        raise _no_place() from error
    if kind is datetime and value.tzinfo is None:
        raise _no_place()
    if kind in (Decimal, float) and not Decimal(value).is_finite():
        raise _no_place()
    # Beyond any number that a column holds.
    if kind in (int, Decimal, float) and abs(value) >= 2**63:
        raise _no_place()
    return value


def place_word(sort: str, text: str, row_id: UUID) -> str:
    """The cursor behind a row: it knows in which order it was made."""
    return encode_cursor(f"{sort}\n{text}", row_id)


def read_place(after: str, sort: str) -> tuple[str, UUID]:
    """What ``place_word`` was given.

    Raises:
        Invalid: the cursor was not made here, or in another order.
    """
    text, row_id = decode_cursor(after)
    made_in, newline, text = text.partition("\n")
    if not newline or made_in != sort:
        raise _no_place()
    return text, row_id


def _no_place() -> Invalid:
    return Invalid.one("after", _("翻页位置无效"), _("请使用上一页返回的 next 值，排序保持不变"))
