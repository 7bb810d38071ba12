"""One row of a roster: its cells as values, and what the cells say against each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec

from linli.kit.text import gettext as _
from linli.residents.roster.cells import Fault, Raw, born_on, gender_of, parse_cell, shown
from linli.residents.roster.columns import FIELDS, Header
from linli.tenancy.naming import natural_key

ORGANISATIONS = frozenset({"title_unit", "developer", "company"})
#: What an organisation's row, or a row without a name, cannot say.
_OF_PEOPLE = ("phone", "id_number", "gender", "relation", "is_migrant", "moved_in_on", "moved_out_on")


@dataclass(slots=True)
class RosterRowValues:
    """The values of a row by field; a blank cell has no entry.

    Attributes:
        n: the row's number in the user's file.
        values: what ``parse_cell`` gave.
        written: the cells at fault, as they were written.
    """

    n: int
    values: dict[str, Any]
    faults: list[Fault] = field(default_factory=list)
    written: dict[str, str] = field(default_factory=dict)
    #: Whom and which home the row is about, once it was planned; ``resident_id`` stays ``None`` without a person.
    resident_id: UUID | None = None
    dwelling_id: UUID | None = None

    def get(self, name: str) -> Any:
        return self.values.get(name)

    @property
    def name(self) -> str:
        return self.values.get("name", "")

    @property
    def is_organisation(self) -> bool:
        return self.values.get("identity") in ORGANISATIONS

    @property
    def door_key(self) -> tuple[str, str, str]:
        """Building, unit and door as keys that are equal for all spellings of one place."""
        return (
            natural_key(self.values["building"]),
            natural_key(self.values.get("unit", "")),
            natural_key(self.values["door"]),
        )

    @property
    def has_door(self) -> bool:
        return "building" in self.values and "door" in self.values

    def blame(self, field: str, message: str, allowed: str = "", /, **params: str | int) -> None:
        """Note a fault of one field, with the values of its message."""
        self.faults.append(Fault(field, message, allowed, params))

    def encode(self) -> bytes:
        """As it is sealed into ``core.roster_row.cells_ct``."""
        return msgspec.json.encode({"v": self.values, "w": self.written})

    @classmethod
    def decode(cls, n: int, sealed: str, faults: list[dict[str, Any]] | None) -> RosterRowValues:
        kept = msgspec.json.decode(sealed)
        return cls(n, kept["v"], [Fault.restored(each) for each in faults or ()], kept["w"])


def read_row(n: int, cells: Sequence[Raw], header: Header, compound_name: str) -> RosterRowValues:
    """Values and faults of one row, judged by itself."""
    row = RosterRowValues(n, {})
    for name, raw in zip(header.fields, cells, strict=False):
        if name is None:
            continue
        value, fault = parse_cell(name, raw)
        if fault is not None:
            row.faults.append(fault)
            row.written[name] = shown(raw)
        elif value is not None and value != "":
            row.values[name] = value
    _judge(row, {fault.field for fault in row.faults}, compound_name)
    return row


def _judge(row: RosterRowValues, at_fault: set[str], compound_name: str) -> None:
    for name in ("building", "door"):
        if name not in row.values and name not in at_fault:
            row.blame(name, _("“{title}”不能为空"), FIELDS[name].hint, title=FIELDS[name].title)
    if row.values.pop("compound", compound_name) != compound_name:
        row.blame("compound", _("这一行属于另一个小区"), _("只能填写“{name}”"), name=compound_name)
    if not row.name and "name" not in at_fault:
        _judge_empty(row)
    elif row.is_organisation:
        _judge_organisation(row)
    elif row.name:
        _judge_person(row, at_fault)
    moved_in, moved_out = row.get("moved_in_on"), row.get("moved_out_on")
    if moved_in and moved_out and moved_out < moved_in:
        row.blame("moved_out_on", _("搬出日期早于入住日期"), _("不早于 {day}"), day=moved_in)


def _judge_empty(row: RosterRowValues) -> None:
    filled = [name for name in (*_OF_PEOPLE, "identity", "share", "lives", "remarks", "is_owner") if name in row.values]
    if filled:
        row.blame("name", _("“{title}”不能为空"), FIELDS["name"].hint, title=FIELDS["name"].title)


def _judge_organisation(row: RosterRowValues) -> None:
    for name in _OF_PEOPLE:
        if name in row.values:
            row.blame(name, _("单位不填这一项"), _("请留空"))
    if row.get("is_owner") is False:
        row.blame("is_owner", _("单位只能作为产权人登记"), _("填“是”或留空"))
    row.values.pop("lives", None)
    row.values["is_owner"] = True


def _judge_person(row: RosterRowValues, at_fault: set[str]) -> None:
    number = row.get("id_number")
    if number and "*" not in number:
        row.values["born_on"] = str(born_on(number))
        if row.values.setdefault("gender", gender_of(number)) != gender_of(number):
            row.blame("gender", _("性别与身份证号不符"), _("请核对性别和身份证号"))
    named = row.get("is_owner")
    if isinstance(named, str):
        # Where somebody else is named, that person has a row of their own and this one does not own.
        row.values["is_owner"] = named == row.name
    if row.get("identity") == "owner":
        if row.get("is_owner") is False:
            row.blame("is_owner", _("身份是业主，产权人却不是本人"), _("填“是”或留空，或改正身份"))
        row.values["is_owner"] = True
    if row.get("share") and not row.get("is_owner") and "is_owner" not in at_fault and "identity" not in at_fault:
        row.blame("share", _("不是产权人，不能填产权比例"), _("留空，或把身份改为业主"))


def is_masked(value: object) -> bool:
    """A number of which an export showed only a part."""
    return isinstance(value, str) and "*" in value
