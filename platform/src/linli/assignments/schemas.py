"""What is sent and shown of a street's tasks."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta


class AssignmentIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A task for communities; without a last day the street's rule says how long it may take."""

    title: Annotated[str, Meta(min_length=1, max_length=100)]
    body: Annotated[str, Meta(max_length=2000)] = ""
    due_on: date | None = None


class AssignmentFilter(msgspec.Struct, kw_only=True):
    """Which tasks."""

    state: Literal["", "open", "overdue", "done", "withdrawn"] = ""


class ReportIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What was done; today, unless another day is named."""

    version: int
    report: Annotated[str, Meta(min_length=1, max_length=1000)]
    done_on: date | None = None


class AssignmentOut(msgspec.Struct, kw_only=True):
    """A task of the street for a community."""

    id: UUID
    community_id: UUID
    title: str
    body: str
    assigned_on: date
    due_on: date
    state: Annotated[str, Meta(description="`open`, `overdue`, `done`, `late` (done after its last day), `withdrawn`")]
    report: str
    done_on: date | None
    done_by_name: str
    withdraw_reason: str
    version: int
