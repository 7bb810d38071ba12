"""Pages behind a cursor: whatever a list is sorted by, each row comes once, in the order of the database."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Boolean, Date, DateTime, Integer, Numeric, Text, Uuid, cast, column, func, select
from sqlalchemy.dialects.postgresql import JSONB

from linli.db.paging import Order, Slice, place_word, sorted_slice
from linli.kit.clock import SHANGHAI
from linli.kit.errors import Invalid
from linli.testing.world import WORLD

_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]), max_size=6)
_MORNING = datetime(2026, 1, 1, 8, tzinfo=SHANGHAI)
_KINDS: dict[str, tuple[Any, st.SearchStrategy[Any]]] = {
    "word": (Text(), st.sampled_from(["", "a", "A", "-", "=", "阿", "张\n三"]) | _TEXTS),
    "n": (Integer(), st.integers(-2, 2) | st.integers(-(2**31), 2**31 - 1)),
    "amount": (Numeric(12, 3), st.decimals(-9999, 9999, places=3)),
    "day": (Date(), st.dates(date(2025, 12, 30), date(2026, 1, 3))),
    "at": (
        DateTime(timezone=True),
        st.integers(0, 2_000_000).map(lambda each: _MORNING + timedelta(microseconds=each)),
    ),
    "is_open": (Boolean(), st.booleans()),
}


@dataclass(frozen=True)
class Rows:
    """Made-up rows as the database sees them."""

    query: Any
    id_column: Any
    columns: dict[str, Any]


def rows_of(found: list[tuple[Any, ...]]) -> Rows:
    """The rows as a table of the database, each with an id that says its place."""
    names = list(_KINDS)
    told = json.dumps(
        [{"id": str(UUID(int=n + 1)), **dict(zip(names, row, strict=True))} for n, row in enumerate(found)], default=str
    )
    columns = [column("id", Uuid()), *(column(name, _KINDS[name][0]) for name in names)]
    made = (
        func.jsonb_to_recordset(cast(json.loads(told), JSONB))
        .table_valued(*columns)
        .render_derived("made", with_types=True)
    )
    return Rows(select(*made.c), made.c.id, {name: made.c[name] for name in names})


def of(name: str) -> Callable[[Any], Any]:
    return lambda row: getattr(row, name)


def orders_of(rows: Rows, *, is_nullable: bool) -> dict[str, Order]:
    named = {name: Order(each, of(name), is_nullable=is_nullable) for name, each in rows.columns.items()}
    return {**named, "made": Order()}


def walked(session: Any, rows: Rows, orders: dict[str, Order], sort: str, limit: int) -> list[UUID]:
    """The ids of all pages, one after the other."""
    seen: list[UUID] = []
    after: str | None = None
    for _page in range(40):
        page: Slice[Any] = sorted_slice(
            session, rows.query, rows.id_column, orders, sort, id_of=lambda row: row.id, after=after, limit=limit
        )
        seen += [row.id for row in page.items]
        after = page.next
        if after is None:
            return seen
    raise AssertionError("the list does not end")


@pytest.fixture(scope="module")
def session(shared_house):
    with shared_house.database.unit_of_work(WORLD.here.scope, read_only=True) as session:
        yield session


class TestEachRowOnce:
    @given(
        rows=st.lists(st.tuples(*(st.none() | kind for _type, kind in _KINDS.values())), min_size=1, max_size=12),
        sort=st.sampled_from([*_KINDS, "made"]),
        is_descending=st.booleans(),
        limit=st.integers(1, 5),
    )
    @settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_by_any_column_that_may_be_empty(self, session, rows, sort, is_descending, limit) -> None:
        made = rows_of(rows)
        orders = orders_of(made, is_nullable=True)
        name = f"-{sort}" if is_descending else sort
        seen = walked(session, made, orders, name, limit)
        assert seen == walked(session, made, orders, name, 100), "as in one page"
        assert sorted(seen) == [UUID(int=n + 1) for n in range(len(rows))]
        if sort != "made":
            place = 1 + list(_KINDS).index(sort) - 1
            empty = [rows[each.int - 1][place] is None for each in seen]
            assert empty == sorted(empty), "empty ones come last, whatever the direction"

    @given(
        rows=st.lists(st.tuples(*(kind for _type, kind in _KINDS.values())), min_size=1, max_size=12),
        sort=st.sampled_from([*_KINDS, "made"]),
        is_descending=st.booleans(),
        limit=st.integers(1, 5),
    )
    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_by_any_column_that_is_filled(self, session, rows, sort, is_descending, limit) -> None:
        made = rows_of(rows)
        orders = orders_of(made, is_nullable=False)
        upwards = walked(session, made, orders, sort, 100)
        seen = walked(session, made, orders, f"-{sort}" if is_descending else sort, limit)
        assert seen == (upwards[::-1] if is_descending else upwards)
        if sort in ("n", "amount", "day", "at", "is_open"):
            place = list(_KINDS).index(sort)
            found = [rows[each.int - 1][place] for each in upwards]
            assert found == sorted(found)


class TestRefused:
    ROWS = rows_of([("a", 1, Decimal(1), date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC), True)])

    def page(self, session, sort: str, after: str = "") -> Slice[Any]:
        orders = orders_of(self.ROWS, is_nullable=True)
        return sorted_slice(
            session, self.ROWS.query, self.ROWS.id_column, orders, sort, id_of=lambda row: row.id, after=after
        )

    @pytest.mark.parametrize("sort", ["", "-", "age", "--n", "N", "n,word"])
    def test_an_order_that_is_not_offered(self, session, sort) -> None:
        with pytest.raises(Invalid) as caught:
            self.page(session, sort)
        assert caught.value.errors[0].field == "sort"
        assert "amount" in caught.value.errors[0].allowed

    @pytest.mark.parametrize(
        ("made_in", "text"),
        [
            ("n", "=x"),
            ("n", "1"),
            ("n", "=99999999999999999999999"),
            ("amount", "=NaN"),
            ("amount", "=Infinity"),
            ("amount", "=1e999"),
            ("day", "=2026-13-01"),
            ("at", "=2026-01-01T00:00:00"),
            ("at", "=soon"),
            ("is_open", "=perhaps"),
            ("word", "no mark"),
        ],
    )
    def test_a_cursor_that_was_made_up(self, session, made_in, text) -> None:
        with pytest.raises(Invalid) as caught:
            self.page(session, made_in, place_word(made_in, text, UUID(int=1)))
        assert caught.value.errors[0].field == "after"

    def test_a_cursor_of_another_order(self, session) -> None:
        with pytest.raises(Invalid):
            self.page(session, "-n", place_word("n", "=1", UUID(int=1)))
