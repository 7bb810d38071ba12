"""Pages of a list behind a cursor, in one of the orders that the list offers; never by counting rows off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Text, Uuid, literal, tuple_
from sqlalchemy.orm import Session

from linli.kit.cursor import PAGE, decode_cursor, encode_cursor
from linli.kit.errors import Invalid
from linli.kit.text import gettext as _

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Slice(Generic[T]):
    """A page of rows and the cursor of the next one; ``None`` when this is the last."""

    items: list[T]
    next: str | None


@dataclass(frozen=True, slots=True)
class Order:
    """One order of a list.

    Attributes:
        column: a text column that an index holds; ``None`` for the rows' ids alone, which grow as rows are made.
        of: the column's value in a row that was read.
    """

    column: Any = None
    of: Callable[[Any], str] = lambda _row: ""


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

    Raises:
        Invalid: ``after`` is no cursor of this list in this order.
    """
    order, is_descending = orders[sort.removeprefix("-")], sort.startswith("-")
    columns = [id_column] if order.column is None else [order.column, id_column]
    if after:
        text, row_id = read_place(after, sort)
        place = [literal(text, Text), literal(row_id, Uuid)][-len(columns) :]
        here, there = tuple_(*columns), tuple_(*place)
        query = query.where(here < there if is_descending else here > there)
    wanted = [column.desc() if is_descending else column for column in columns]
    rows = list(session.execute(query.order_by(*wanted).limit(limit + 1)))
    last = rows[limit - 1] if len(rows) > limit else None
    return Slice(rows[:limit], None if last is None else place_word(sort, order.of(last), id_of(last)))


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
        raise Invalid.one("after", _("翻页位置无效"), _("请使用上一页返回的 next 值，排序保持不变"))
    return text, row_id
