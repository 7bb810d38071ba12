"""What the parts do alike with the rows they keep: who may, whether somebody was faster, what the record says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from linli.sdk import Actor, Conflict, Forbidden, ScopedSession, now, record
from linli.sdk import gettext as _


class Kept(Protocol):
    """A row of a community."""

    id: Any
    community_id: Any


class Closable(Protocol):
    """One that is taken out of use instead of being deleted."""

    closed_at: Any


K = TypeVar("K", bound=Kept)
#: Writes into the record what was done with a row: ``note(session, "close", row, reason="…")``.
Note = Callable[..., None]


def noter(noun: str, subject: str = "") -> Note:
    """What notes the acts on one kind of row.

    Args:
        noun: of the act: ``station`` in ``waste_sorting.station.close``.
        subject: the row's type in the record; the noun where it is called the same.
    """

    def note(session: ScopedSession, verb: str, row: Kept, **details: Any) -> None:
        about = (subject or noun, row.id)
        record(session, f"waste_sorting.{noun}.{verb}", about, community_id=row.community_id, **details)

    return note


def require(actor: Actor, permission: str, community_id: UUID) -> None:
    """Only whoever may do it in the community.

    Raises:
        Forbidden: the actor may not.
    """
    if not actor.can(permission, community_id=community_id):
        raise Forbidden


def require_version(row: Any, version: int | None) -> None:
    """The row is as it was read; ``None`` asks for nothing.

    Raises:
        Conflict: somebody else has changed it meanwhile.
    """
    if version is not None and version != row.version:
        raise Conflict(_("其他人刚刚修改过，请重新打开后再改"))


@contextmanager
def noted_update(session: ScopedSession, row: K, told: Callable[[K], dict[str, Any]], note: Note) -> Iterator[None]:
    """Around a change of a row: what is different afterwards stands in the record, and nothing where nothing is."""
    before = told(row)
    yield
    session.flush()
    after = told(row)
    changed = [name for name in after if after[name] != before[name]]
    if changed:
        then, since = ({name: each[name] for name in changed} for each in (before, after))
        note(session, "update", row, before=then, after=since)


def close(session: ScopedSession, row: Closable, note: Note) -> None:
    """Take a row out of use; a second call changes nothing."""
    _set_closed(session, row, note, now(), "close")


def reopen(session: ScopedSession, row: Closable, note: Note) -> None:
    """Take a row into use again; a second call changes nothing."""
    _set_closed(session, row, note, None, "reopen")


def _set_closed(session: ScopedSession, row: Closable, note: Note, closed_at: datetime | None, verb: str) -> None:
    if (row.closed_at is None) == (closed_at is None):
        return
    row.closed_at = closed_at
    session.flush()
    note(session, verb, row)
