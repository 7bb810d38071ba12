"""What an address of inspections asks for: days, compound, station, result, inspector; the same on pages and files."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from linli.sdk import FieldError, Invalid
from linli.sdk import gettext as _
from linli_waste_sorting.inspections.repository import Wanted
from linli_waste_sorting.inspections.words import RESULTS, STATES

#: A day as an address has it; a filter that is left empty is sent as nothing.
Day = Annotated[str, Meta(max_length=10)]
Name = Annotated[str, Meta(max_length=100)]
POINT_RESULTS = {"met": "达标", "missed": "不达标"}


def wanted_of(
    *,
    first: str = "",
    last: str = "",
    compound: str = "",
    station: str = "",
    result: str = "",
    results: Collection[str] = (*RESULTS,),
    inspector: str = "",
    state: str = "",
    compounds: Collection[UUID] | None = None,
) -> Wanted:
    """What the address asks for.

    Raises:
        Invalid: naming each field that holds no such choice.
    """
    faults: list[FieldError] = []
    if result and result not in results:
        faults.append(FieldError("result", _("没有这种结果"), "、".join(results)))
    if state and state not in STATES:
        faults.append(FieldError("state", _("没有这种状态"), "、".join(STATES)))
    found = Wanted(
        first=_day("first", first, faults),
        last=_day("last", last, faults),
        compound_id=_id("compound", compound, faults),
        station_id=_id("station", station, faults),
        result=result,
        inspector=inspector,
        state="" if state == "all" else state or "counted",
        compounds=compounds,
    )
    if faults:
        raise Invalid(errors=faults)
    return found


def _day(field: str, given: str, faults: list[FieldError]) -> date | None:
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        faults.append(FieldError(field, _("不是有效的日期"), _("例如 2026-01-31")))
        return None


def _id(field: str, given: str, faults: list[FieldError]) -> UUID | None:
    try:
        return UUID(given) if given else None
    except ValueError:
        faults.append(FieldError(field, _("没有找到这个地点")))
        return None
