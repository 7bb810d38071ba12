"""What addresses ask for, and what the pages' forms hold: hours and money as they are typed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal, cast
from uuid import UUID

import msgspec
from msgspec import Meta

from linli.sdk import FieldError, Invalid
from linli.sdk import gettext as _
from linli_waste_sorting.asked import compound_of
from linli_waste_sorting.bookings.models import FETCHED, RECYCLABLES, STATES, Slot
from linli_waste_sorting.bookings.reports import ReportFilter
from linli_waste_sorting.bookings.repository import BookingFilter
from linli_waste_sorting.bookings.schemas import (
    MOST_KILOS,
    MOST_THINGS,
    BookingNote,
    BookingWrite,
    Capacity,
    CollectBody,
    Decision,
    FeePer,
    Fetched,
    HoursBefore,
    PayNote,
    Pieces,
    Reason,
    Recyclable,
    SlotCreate,
    SlotNote,
    SlotWrite,
    Thing,
    Weeks,
    Weighed,
)
from linli_waste_sorting.bookings.words import hours_before, yuan
from linli_waste_sorting.models import CATEGORIES
from linli_waste_sorting.schemas import Category
from linli_waste_sorting.stations.windows import read_hours

_ALL = "all"
_MOST_YUAN = 10_000
Kilograms = Annotated[str, Meta(max_length=8)]
ThingWords = Annotated[str, Meta(max_length=40)]
Money = Annotated[str, Meta(max_length=12)]
#: Field of the service to the field of a page where it is typed.
_SLOT_FIELDS = {
    "opens": "hours",
    "closes": "hours",
    "fee_fen": "fee_yuan",
    "compound_id": "compound",
    "carrier_id": "carrier",
}
_BOOKING_FIELDS = {"things": "thing1", "recyclables": "kg_paper", "taken": "kg_paper"}


class SlotForm(msgspec.Struct, kw_only=True):
    """A slot as it is typed."""

    compound: Annotated[str, Meta(max_length=40)] = _ALL
    category: Fetched
    day: date
    hours: Annotated[str, Meta(min_length=1, max_length=40)]
    capacity: Capacity
    hours_before: HoursBefore
    note: SlotNote = ""
    fee_yuan: Money = ""
    fee_per: FeePer = ""
    fee_decision: Decision = ""
    fee_decided_on: date | None = None
    carrier: Annotated[str, Meta(max_length=40)] = ""
    pay_note: PayNote = ""
    version: int | None = None

    def terms(self) -> dict[str, Any]:
        """What the service calls the same. Raises ``Invalid``."""
        spans = read_hours(self.hours)
        if len(spans) != 1:
            raise Invalid.one("hours", _("只写一段时间"), _("例如：9:00-11:30"))
        return {
            "compound_id": compound_of(self.compound),
            "category": self.category,
            "day": self.day,
            "opens": spans[0][0],
            "closes": spans[0][1],
            "capacity": self.capacity,
            "hours_before": self.hours_before,
            "note": self.note,
            "fee_fen": _fen(self.fee_yuan, "fee_yuan"),
            "fee_per": self.fee_per,
            "fee_decision": self.fee_decision,
            "fee_decided_on": self.fee_decided_on,
            "carrier_id": _carrier(self.carrier),
            "pay_note": self.pay_note,
            "version": self.version,
        }

    def written(self) -> SlotWrite:
        """The slot as it shall be. Raises ``Invalid``."""
        return SlotWrite(**self.terms())


class NewSlotForm(SlotForm, kw_only=True):
    """A new slot, in as many weeks as are asked for."""

    weeks: Weeks = 1

    def created(self) -> SlotCreate:
        """The slots to set up. Raises ``Invalid``."""
        return SlotCreate(weeks=self.weeks, **self.terms())


class WeightsForm(msgspec.Struct, kw_only=True):
    """Kilograms of each kind of recyclables, as they are typed."""

    kg_paper: Kilograms = ""
    kg_plastic: Kilograms = ""
    kg_metal: Kilograms = ""
    kg_glass: Kilograms = ""
    kg_textile: Kilograms = ""
    kg_appliance: Kilograms = ""
    kg_mixed: Kilograms = ""

    def weighed(self) -> list[Weighed]:
        """Those that are filled in. Raises ``Invalid`` naming the field that holds no weight."""
        found = []
        for kind in RECYCLABLES:
            words = getattr(self, f"kg_{kind}")
            if not words.strip():
                continue
            kg = _number(words)
            if not kg.is_finite() or kg != round(kg, 1) or not 0 < kg <= MOST_KILOS:
                allowed = _("大于 0、不超过 {most}、最多一位小数的公斤数").format(most=MOST_KILOS)
                raise Invalid.one(f"kg_{kind}", _("重量不对"), allowed)
            found.append(Weighed(kind=cast(Recyclable, kind), kg=kg))
        return found


class ThingsForm(WeightsForm, kw_only=True):
    """What is asked for, a line for each thing."""

    thing1: ThingWords = ""
    thing2: ThingWords = ""
    thing3: ThingWords = ""
    thing4: ThingWords = ""
    thing5: ThingWords = ""
    pieces1: Pieces | None = None
    pieces2: Pieces | None = None
    pieces3: Pieces | None = None
    pieces4: Pieces | None = None
    pieces5: Pieces | None = None
    note: BookingNote = ""

    def written(self, slot_id: UUID, dwelling_id: UUID) -> BookingWrite:
        """What the service takes. Raises ``Invalid`` where nothing is named."""
        lines = [(getattr(self, f"thing{n}"), getattr(self, f"pieces{n}")) for n in range(1, MOST_THINGS + 1)]
        things = [Thing(name=name, pieces=pieces or 1) for name, pieces in lines if name.strip()]
        return BookingWrite(
            slot_id=slot_id, dwelling_id=dwelling_id, things=things, recyclables=self.weighed(), note=self.note
        )


class BookingForm(ThingsForm, kw_only=True):
    """What a resident asks for, and from which of their homes."""

    dwelling_id: UUID


class CollectForm(WeightsForm, kw_only=True):
    """What the carrier weighed and took, and what it paid, as it is typed."""

    paid_yuan: Money = ""

    def collected(self) -> CollectBody:
        """What the service takes. Raises ``Invalid`` where nothing is weighed or something is no number."""
        taken = self.weighed()
        if not taken:
            raise Invalid.one("kg_paper", _("请写明取走了什么"), _("至少一种，写称出来的公斤数"))
        paid = None if not self.paid_yuan.strip() else _fen(self.paid_yuan, "paid_yuan", least=0)
        return CollectBody(taken=taken, paid_fen=paid)


class ReasonForm(msgspec.Struct, kw_only=True):
    """Why."""

    reason: Reason


class MoveForm(msgspec.Struct, kw_only=True):
    """Another slot, and why."""

    slot_id: UUID
    reason: Reason


class AnswerForm(msgspec.Struct, kw_only=True):
    """What was done about a full bin."""

    answer: Reason


class ReportForm(msgspec.Struct, kw_only=True):
    """A full bin: the station, what its bins are for, and a few words."""

    station_id: UUID
    category: Category
    words: Annotated[str, Meta(max_length=200)] = ""


@contextmanager
def named_as_typed(kind: Literal["slot", "booking"]) -> Iterator[None]:
    """Faults of the service beside the fields of the page in which people typed what is wrong."""
    names = _SLOT_FIELDS if kind == "slot" else _BOOKING_FIELDS
    try:
        yield
    except Invalid as error:
        told: dict[str, FieldError] = {}
        for each in error.errors:
            name = names.get(each.field, each.field)
            told.setdefault(name, FieldError(name, each.message, each.allowed))
        raise Invalid(errors=list(told.values())) from error


def shown(slot: Slot | None) -> dict[str, Any]:
    """What the form of a slot, or of a new one, begins with."""
    if slot is None:
        return {"compound": _ALL, "category": "bulky", "capacity": 10, "hours_before": 12, "weeks": 1}
    return {
        "compound": str(slot.compound_id) if slot.compound_id else _ALL,
        "category": slot.category,
        "day": slot.day.isoformat(),
        "hours": f"{slot.opens:%H:%M}-{slot.closes:%H:%M}",
        "capacity": slot.capacity,
        "hours_before": hours_before(slot),
        "note": slot.note,
        "fee_yuan": yuan(slot.fee_fen).replace(",", "") if slot.fee_fen else "",
        "fee_per": slot.fee_per,
        "fee_decision": slot.fee_decision,
        "carrier": str(slot.carrier_id or ""),
        "pay_note": slot.pay_note,
        "fee_decided_on": slot.fee_decided_on.isoformat() if slot.fee_decided_on else "",
    }


def booking_filter(state: str, category: str, compound: str, day: date | None) -> BookingFilter:
    """Which bookings an address asks for: those that wait, unless it says otherwise.

    Raises:
        Invalid: naming the field that holds no such choice.
    """
    if state not in ("", _ALL, *STATES):
        raise Invalid.one("state", _("没有这种状态"), "、".join(STATES))
    known = _known("category", category, dict.fromkeys(FETCHED))
    found = "open" if not state else "" if state == _ALL else state
    return BookingFilter(state=found, category=known, compound_id=compound_of(compound), day=day)


def report_filter(state: str, category: str, compound: str) -> ReportFilter:
    """Which reports an address asks for: those that are open, unless it says otherwise.

    Raises:
        Invalid: naming the field that holds no such choice.
    """
    if state not in ("", _ALL, "handled"):
        raise Invalid.one("state", _("没有这种状态"), "handled、all")
    known = _known("category", category, dict.fromkeys(CATEGORIES))
    found = "open" if not state else "" if state == _ALL else state
    return ReportFilter(state=found, category=known, compound_id=compound_of(compound))


def _known(field: str, value: str, choices: Mapping[str, Any]) -> str:
    if value and value not in choices:
        raise Invalid.one(field, _("没有这种垃圾"), "、".join(choices))
    return value


def _carrier(value: str) -> UUID | None:
    try:
        return UUID(value) if value else None
    except ValueError as error:
        raise Invalid.one("carrier", _("没有找到这个收运单位"), _("请选择本社区在用的收运单位")) from error


def _fen(words: str, field: str, *, least: int = 1) -> int | None:
    if not words.strip():
        return None
    fen = _number(words) * 100
    if not fen.is_finite() or fen != fen.to_integral_value() or not least <= fen <= _MOST_YUAN * 100:
        raise Invalid.one(field, _("不是金额"), _("大于 0、最多两位小数的元，例如 20 或 12.50"))
    return int(fen)


def _number(words: str) -> Decimal:
    try:
        return Decimal(words.strip())
    except InvalidOperation:
        return Decimal("NaN")
