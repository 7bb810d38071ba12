"""Somebody else's code inside a unit of work: what it did is kept or undone as a whole, and its fault is its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.orm import SessionTransaction

from linli.db.session import ScopedSession, hands_off, is_reading, require_intact

#: What acts inside a savepoint leave for the end of the unit of work.
_LEFT = ("follow_ups", "audit_rows")
#: Where ``session.info`` keeps the savepoint that the calls of a reading unit of work share.
_SHARED = "savepoint_of_readers"


@contextmanager
def contained(session: ScopedSession, *, undo: bool = False) -> Iterator[None]:
    """A savepoint that also takes back what was to happen after the commit, and the audit rows, when it is rolled back.

    Inside the block nobody can end the unit of work, and an error of the database that is swallowed there undoes the
    block: without a savepoint it would turn the commit of everything else into a rollback.

    In a unit of work that only reads there is nothing to keep: one savepoint serves all blocks, one after the other,
    until one of them fails. A page of twenty cards is then not twenty times two statements slower.

    Args:
        session: the unit of work.
        undo: roll back in any case, for a rehearsal.
    """
    before: dict[str, list[Any]] = {key: list(session.info.get(key, ())) for key in _LEFT}
    session.flush()
    is_shared = not undo and is_reading(session)
    savepoint = _shared(session) if is_shared else session.begin_nested()
    try:
        with hands_off(session):
            yield
        session.flush()
        require_intact(session)
    except BaseException:
        _roll_back(session, savepoint, before, is_shared=is_shared)
        raise
    if undo:
        _roll_back(session, savepoint, before)
    elif not is_shared:
        savepoint.commit()


def _shared(session: ScopedSession) -> SessionTransaction:
    """The savepoint that is open for those who read; it is set when the first of them asks the database."""
    savepoint: SessionTransaction | None = session.info.get(_SHARED)
    if savepoint is None or not savepoint.is_active:
        savepoint = session.info[_SHARED] = session.begin_nested()
    return savepoint


def _roll_back(
    session: ScopedSession, savepoint: SessionTransaction, before: dict[str, list[Any]], *, is_shared: bool = False
) -> None:
    # A block inside this one may have used up the savepoint that this one began with, and another stands in its place.
    (session.info.pop(_SHARED) if is_shared else savepoint).rollback()
    session.info.update(before)
    if is_shared:
        _shared(session)
