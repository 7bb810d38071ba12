"""Which version of a row a session works on: noted as rows are loaded, for whoever has to compare afterwards."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import event
from sqlalchemy.orm import Session, object_session

from linli.db.base import Versioned

_SEEN, _CHANGED = "observed_versions", "observed_changes"


def observe_versions(session: Session) -> dict[UUID, int]:
    """Row id to the version that the database gave last, before this session changed the row; grows by itself."""
    return session.info.setdefault(_SEEN, {})


@event.listens_for(Versioned, "load", propagate=True)
def _loaded(row: Any, context: Any) -> None:
    _note(context.session, row)


@event.listens_for(Versioned, "refresh", propagate=True)
def _refreshed(row: Any, context: Any, attributes: Any) -> None:
    if attributes is None or "version" in attributes:
        _note(context.session, row)


@event.listens_for(Versioned, "before_update", propagate=True)
@event.listens_for(Versioned, "before_delete", propagate=True)
def _changing(_mapper: Any, _connection: Any, row: Any) -> None:
    # From here on the mapper itself compares the version, and what is read afterwards is our own.
    session = object_session(row)
    if session is not None and _SEEN in session.info:
        session.info.setdefault(_CHANGED, set()).add(row.id)


def _note(session: Session | None, row: Any) -> None:
    if session is None or _SEEN not in session.info:
        return
    row_id, version = row.__dict__.get("id"), row.__dict__.get("version")
    if row_id is not None and version is not None and row_id not in session.info.get(_CHANGED, ()):
        session.info[_SEEN][row_id] = version
