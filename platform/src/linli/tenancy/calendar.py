"""The official calendar: holidays and make-up workdays 调休, as the State Council publishes them each year."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert

from linli.kit.errors import FieldError, Invalid
from linli.kit.text import gettext as _
from linli.tenancy.models import CalendarDay

#: 国务院办公厅关于 2025、2026 年部分节假日安排的通知; later years are added when they are published.
OFFICIAL_CALENDAR = Path(__file__).parent / "calendar.csv"

_COLUMNS = ("day", "is_workday", "name", "source")


def read_calendar(path: Path) -> list[dict[str, Any]]:
    """The days of a file ``day,is_workday,name,source``; ``is_workday`` is 1 for a make-up workday, 0 for a holiday.

    Raises:
        Invalid: naming line and fault of every bad row.
    """
    reader = csv.DictReader(io.StringIO(path.read_text("utf-8-sig")), strict=True)
    if tuple(reader.fieldnames or ()) != _COLUMNS:
        raise Invalid.one(f"{path.name}:1", _("表头不对"), ",".join(_COLUMNS))
    days: list[dict[str, Any]] = []
    faults: list[FieldError] = []
    seen: set[date] = set()
    for row in reader:
        day, fault = _day(row, seen)
        if fault or day is None:
            faults.append(FieldError(f"{path.name}:{reader.line_num}", fault))
            continue
        seen.add(day)
        days.append({**row, "day": day, "is_workday": row["is_workday"] == "1"})
    if faults:
        raise Invalid(_("日历有错误，没有写入任何内容"), faults)
    return days


def _day(row: dict[str, str], seen: set[date]) -> tuple[date | None, str]:
    if None in row or None in row.values() or not (row["name"] and row["source"]):
        return None, _("要有日期、是否上班、名称和来源四项")
    try:
        day = date.fromisoformat(row["day"])
    except ValueError:
        return None, _("“{text}”不是日期，应当像 2026-01-31").format(text=row["day"])
    if row["is_workday"] not in ("0", "1"):
        return day, _("is_workday 应当是 0（放假）或 1（上班）")
    if day in seen:
        return day, _("{day} 写了两次").format(day=day)
    if row["is_workday"] == "1" and day.weekday() < 5:
        return day, _("{day} 本来就是工作日").format(day=day)
    return day, ""


def load_calendar(connection: Connection, days: Sequence[dict[str, Any]], *, replace: bool = True) -> None:
    """Write the days.

    Args:
        connection: of the migrate role, in a transaction.
        days: as from ``read_calendar``.
        replace: also the days that are known already; otherwise an operator's correction stays.
    """
    if not days:
        return
    upsert = insert(CalendarDay)
    columns = {name: upsert.excluded[name] for name in _COLUMNS[1:]}
    if replace:
        statement = upsert.on_conflict_do_update(index_elements=[CalendarDay.day], set_=columns)
    else:
        statement = upsert.on_conflict_do_nothing(index_elements=[CalendarDay.day])
    connection.execute(statement, list(days))
