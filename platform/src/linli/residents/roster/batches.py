"""Taking staged rows door by door through the planner: the same way for the preview and for the commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from uuid import UUID

from sqlalchemy import text

from linli.db.session import ScopedSession
from linli.kit.clock import today
from linli.kit.text import gettext as _
from linli.residents.roster.further import FurtherColumns
from linli.residents.roster.planning import Effect, Planner
from linli.residents.roster.register import Door, People, Places, load_bonds, load_people
from linli.residents.roster.rows import RosterRowValues, is_masked

_LOCK_DOORS = text("SELECT id FROM core.dwelling WHERE id = ANY (:ids) ORDER BY id FOR NO KEY UPDATE")


@dataclass(slots=True)
class Batch:
    """Some whole doors with their rows, planned: one effect per row."""

    doors: list[Door]
    people: People
    effects: dict[int, Effect]


@dataclass(slots=True)
class Run:
    """One pass over the rows of an import.

    Attributes:
        places: the compound's doors.
        further: the columns of plugins.
        locks: hold the doors against everybody else until the transaction ends.
        seen: identity numbers of the file: where first, whose name, which phone. A number has one name in a file.
        numbers: the identity number that goes with a phone and a name; empty when there are several.
    """

    session: ScopedSession
    community_id: UUID
    places: Places
    further: FurtherColumns
    locks: bool = False
    seen: dict[bytes, tuple[int, str, bytes | None]] = field(default_factory=dict)
    numbers: dict[tuple[bytes, str], str] = field(default_factory=dict)

    def plan(self, rows: Sequence[RosterRowValues]) -> Batch:
        """Plan rows that are sorted by door; a door's rows must come in one call."""
        for row in rows:
            self._compare(row)
        numbers, phones = self._hashes(rows, "id_number"), self._hashes(rows, "phone")
        firms = sorted({row.name for row in rows if row.is_organisation})
        people = load_people(self.session, self.community_id, numbers=numbers, phones=phones, firms=firms)
        groups = [list(group) for _key, group in groupby(rows, key=lambda row: row.door_key)]
        grouped = [(self._door(group), group) for group in groups]
        if self.locks:
            known = sorted(door.id for door, _rows in grouped if not door.is_new)
            self.session.execute(_LOCK_DOORS, {"ids": known})
        load_bonds(self.session, self.community_id, (door for door, _rows in grouped), people, today())
        planner = Planner(people, self.hashed, today())
        effects: dict[int, Effect] = {}
        for door, door_rows in grouped:
            for row, effect in zip(door_rows, planner.plan(door, door_rows), strict=True):
                row.dwelling_id = door.id
                effects[row.n] = effect
        self.further.judge(rows)
        for n in self.further.changed(rows):
            if effects[n] == "unchanged":
                effects[n] = "updated"
        return Batch([door for door, _rows in grouped], people, effects)

    def hashed(self, kind: str, value: str) -> bytes:
        """The keyed hash of a number, as the register stores it."""
        return self.session.vault.blind_index(self.session, kind, value)

    def remember(self, row: RosterRowValues) -> None:
        """Note whose numbers a row gives; every row of the import is remembered before the first is planned."""
        number, phone = _whole(row, "id_number"), _whole(row, "phone")
        phone_bi = self.hashed("phone", phone) if phone else None
        if number:
            self.seen.setdefault(self.hashed("id_number", number), (row.n, row.name, phone_bi))
            if phone_bi and self.numbers.setdefault((phone_bi, row.name), number) != number:
                self.numbers[phone_bi, row.name] = ""

    def _compare(self, row: RosterRowValues) -> None:
        number, phone = _whole(row, "id_number"), _whole(row, "phone")
        phone_bi = self.hashed("phone", phone) if phone else None
        if number is None:
            # Another row says whose phone this is: one person, in whatever order their rows come.
            if phone_bi and (known := self.numbers.get((phone_bi, row.name))):
                row.values["id_number"] = known
            return
        n, name, known_phone = self.seen[self.hashed("id_number", number)]
        if name != row.name:
            row.blame("id_number", _("第 {n} 行用同一个身份证号填了另一个姓名"), _("请核对姓名和身份证号"), n=n)
        elif known_phone and phone_bi and known_phone != phone_bi:
            row.blame("phone", _("第 {n} 行为同一居民填了另一个号码"), _("同一居民要填写相同的号码"), n=n)

    def _door(self, rows: list[RosterRowValues]) -> Door:
        first = rows[0]
        if self.places.is_ambiguous(first.values["building"]):
            for row in rows:
                row.blame("building", _("有几栋楼都可能是“{name}”"), _("请写完整的楼名"), name=row.values["building"])
        return self.places.door(first.values["building"], first.values.get("unit", ""), first.values["door"])

    def _hashes(self, rows: Sequence[RosterRowValues], name: str) -> list[bytes]:
        values = {row.values[name] for row in rows if name in row.values and not is_masked(row.values[name])}
        return [self.hashed(name, value) for value in values]


def _whole(row: RosterRowValues, name: str) -> str | None:
    value = row.get(name)
    return None if is_masked(value) else value
