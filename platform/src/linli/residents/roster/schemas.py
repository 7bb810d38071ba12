"""What is told about an import: where it stands, what it would do, what is wrong."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec


class ImportOut(msgspec.Struct, kw_only=True):
    """One uploaded roster.

    Attributes:
        state: uploaded, checking, faulty, ready, committed, failed or discarded.
        percent: how much of the checking is done.
        counts: rows created, updated, unchanged and moved_out; ``doors`` is how many dwellings the file names.
        unknown_columns: headers that mean nothing here; they are left alone and come back in the error file.
        message: why an import failed.
    """

    id: UUID
    compound_id: UUID
    file_name: str
    state: str
    percent: int
    rows_total: int
    rows_checked: int
    rows_faulty: int
    rows_written: int
    counts: dict[str, int]
    unknown_columns: list[str]
    message: str
    job_id: UUID | None
    created_at: datetime


class FaultOut(msgspec.Struct, kw_only=True):
    """One cell at fault.

    Attributes:
        n: the row's number in the user's file.
        column: its number in the user's file, from 1; ``None`` when the file has no such column.
        written: what stands in the cell.
    """

    n: int
    field: str
    title: str
    column: int | None
    written: str
    message: str
    allowed: str


class PreviewRow(msgspec.Struct, kw_only=True):
    """One row as it was understood, numbers masked; ``cells`` by field, in words of the template."""

    n: int
    effect: str
    faulty: bool
    cells: dict[str, str]
