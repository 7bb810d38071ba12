"""Counting the statements that a piece of code sends: what grows with the rows is found before people wait."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session


@contextmanager
def counted_queries(session: Session) -> Iterator[list[str]]:
    """The statements that the session sends inside the block."""
    statements: list[str] = []
    connection = session.connection()

    def keep(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    event.listen(connection, "before_cursor_execute", keep)
    try:
        yield statements
    finally:
        event.remove(connection, "before_cursor_execute", keep)


@contextmanager
def at_most(session: Session, most: int) -> Iterator[list[str]]:
    """Fails when the block sends more statements than this, and shows them.

    Raises:
        AssertionError: naming each statement.
    """
    with counted_queries(session) as statements:
        yield statements
    listed = "\n".join(f"{n}. {' '.join(each.split())[:200]}" for n, each in enumerate(statements, 1))
    assert len(statements) <= most, f"{len(statements)} statements instead of {most} at most:\n{listed}"
