"""Somebody else's code inside a unit of work: what it did is kept or undone as a whole, and its fault is its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from linli.db.session import ScopedSession, hands_off, require_intact

#: What acts inside a savepoint leave for the end of the unit of work.
_LEFT = ("follow_ups", "audit_rows")


@contextmanager
def contained(session: ScopedSession, *, undo: bool = False) -> Iterator[None]:
    """A savepoint that also takes back what was to happen after the commit, and the audit rows, when it is rolled back.

    Inside the block nobody can end the unit of work, and an error of the database that is swallowed there undoes the
    block: without a savepoint it would turn the commit of everything else into a rollback.

    Args:
        session: the unit of work.
        undo: roll back in any case, for a rehearsal.
    """
    before: dict[str, list[Any]] = {key: list(session.info.get(key, ())) for key in _LEFT}
    session.flush()
    savepoint = session.begin_nested()
    try:
        with hands_off(session):
            yield
        session.flush()
        require_intact(session)
    except BaseException:
        _roll_back(session, savepoint, before)
        raise
    if undo:
        _roll_back(session, savepoint, before)
    else:
        savepoint.commit()


def _roll_back(session: ScopedSession, savepoint: Any, before: dict[str, list[Any]]) -> None:
    savepoint.rollback()
    session.info.update(before)
