"""Writing planned batches into the register: one statement per table and batch, whatever the number of rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from linli.db.session import ScopedSession
from linli.kit.ids import new_id
from linli.kit.pinyin import spell_name
from linli.residents.roster.batches import Batch
from linli.residents.roster.register import Door, Firm, Person, Places
from linli.tenancy.naming import label, natural_key, sort_key

_Columns = dict[str, str]

_BUILDING: _Columns = {"id": "uuid", "compound_id": "uuid", "name": "text", "sort_key": "text"}
_UNIT: _Columns = {"id": "uuid", "building_id": "uuid", "name": "text", "sort_key": "text"}
_DWELLING: _Columns = {
    "id": "uuid",
    "compound_id": "uuid",
    "building_id": "uuid",
    "unit_entrance_id": "uuid",
    "door": "text",
    "sort_key": "text",
    "label": "text",
    "exclusive_area": "numeric",
    "area_basis": "text",
    "usage": "text",
    "delivery": "text",
}
_DWELLING_CHANGES = ("exclusive_area", "area_basis", "usage", "delivery")
_RESIDENT: _Columns = {
    "id": "uuid",
    "name": "text",
    "name_pinyin": "text",
    "gender": "text",
    "born_on": "date",
    "phone_ct": "bytea",
    "phone_bi": "bytea",
    "phone_mask": "text",
    "id_number_ct": "bytea",
    "id_number_bi": "bytea",
    "id_number_mask": "text",
    "is_migrant": "boolean",
    "remarks": "text",
}
_HOUSEHOLD: _Columns = {"id": "uuid", "dwelling_id": "uuid", "tenure": "text", "ended_on": "date"}
_MEMBER: _Columns = {
    "id": "uuid",
    "household_id": "uuid",
    "resident_id": "uuid",
    "relation": "text",
    "moved_in_on": "date",
    "moved_out_on": "date",
}
_ORGANISATION: _Columns = {"id": "uuid", "name": "text", "kind": "text"}
_OWNERSHIP: _Columns = {
    "id": "uuid",
    "dwelling_id": "uuid",
    "resident_id": "uuid",
    "organisation_id": "uuid",
    "share_numerator": "int",
    "share_denominator": "int",
    "is_representative": "boolean",
    "basis": "text",
}


class Writer:
    """Writes batches of one import; counts what it wrote."""

    def __init__(self, session: ScopedSession, community_id: UUID, compound_id: UUID, places: Places) -> None:
        self._session = session
        self._community_id = community_id
        self._compound_id = compound_id
        self._places = places
        self.written: dict[str, int] = {}

    def write(self, batch: Batch) -> None:
        """Insert and change what the plan says, parents before children."""
        self._write_places(batch.doors)
        people = batch.people.by_id.values()
        self._insert("resident", _RESIDENT, [self._resident(each) for each in people if each.is_new])
        self._change(
            "resident", _RESIDENT, [self._resident(each) for each in people if each.is_changed and not each.is_new]
        )
        firms = [(each.id, each.name, each.kind) for each in batch.people.firms.values() if each.is_new]
        self._insert("organisation", _ORGANISATION, firms)
        self._write_homes(batch.doors)
        self._write_holdings(batch.doors)

    def _write_places(self, doors: Iterable[Door]) -> None:
        new = [door for door in doors if door.is_new]
        buildings = []
        for door in new:
            if door.building_id is None and (known := self._places.building(door.building)):
                door.building_id, door.building = known
            elif door.building_id is None:
                door.building_id = new_id()
                key = natural_key(door.building)
                buildings.append((door.building_id, self._compound_id, door.building, key))
                self._places.buildings[key].append((door.building_id, door.building))
        units = []
        for door in new:
            key = (door.building_id, natural_key(door.unit))
            if door.unit and door.unit_id is None and key not in self._places.units:
                self._places.units[key] = (new_id(), door.unit)  # type: ignore[index]
                units.append((self._places.units[key][0], door.building_id, door.unit, key[1]))  # type: ignore[index]
            if door.unit and door.unit_id is None:
                door.unit_id, door.unit = self._places.units[key]  # type: ignore[index]
        self._insert("building", _BUILDING, buildings)
        self._insert("unit_entrance", _UNIT, units)
        self._insert("dwelling", _DWELLING, [self._dwelling(door) for door in new])
        changed = [self._dwelling(door) for door in doors if door.is_changed and not door.is_new]
        self._change("dwelling", _DWELLING, changed, only=_DWELLING_CHANGES)

    def _write_homes(self, doors: Iterable[Door]) -> None:
        homes = [(door, home) for door in doors for home in door.homes]
        self._insert(
            "household",
            _HOUSEHOLD,
            [(home.id, door.id, home.tenure, home.ended_on) for door, home in homes if home.is_new],
        )
        self._change(
            "household",
            _HOUSEHOLD,
            [(h.id, door.id, h.tenure, h.ended_on) for door, h in homes if h.is_changed and not h.is_new],
            only=("ended_on",),
        )
        stays = [stay for door in doors for stay in door.stays]
        rows = {
            stay.id: (
                stay.id,
                stay.home.id,
                stay.person.id,
                stay.relation,
                stay.moved_in_on,
                stay.moved_out_on,
            )
            for stay in stays
            if stay.is_new or stay.is_changed
        }
        self._insert("household_member", _MEMBER, [rows[stay.id] for stay in stays if stay.is_new])
        self._change(
            "household_member",
            _MEMBER,
            [rows[stay.id] for stay in stays if stay.is_changed and not stay.is_new],
            only=("household_id", "relation", "moved_in_on", "moved_out_on"),
            versioned=False,
        )

    def _write_holdings(self, doors: Iterable[Door]) -> None:
        new, changed = [], []
        for door in doors:
            for each in door.holdings:
                if not (each.is_new or each.is_changed):
                    continue
                firm = each.owner if isinstance(each.owner, Firm) else None
                row = (
                    each.id,
                    door.id,
                    None if firm else each.owner.id,
                    firm.id if firm else None,
                    each.share.numerator,
                    each.share.denominator,
                    each.is_representative,
                    "unit_housing" if firm and firm.kind == "title_unit" else "registry",
                )
                (new if each.is_new else changed).append(row)
        self._insert("ownership", _OWNERSHIP, new)
        self._change(
            "ownership",
            _OWNERSHIP,
            changed,
            only=("share_numerator", "share_denominator", "is_representative"),
        )

    def _dwelling(self, door: Door) -> tuple[Any, ...]:
        return (
            door.id,
            self._compound_id,
            door.building_id,
            door.unit_id,
            door.door,
            sort_key(door.building, door.unit, door.door),
            label(door.building, door.unit, door.door),
            door.area,
            door.area_basis,
            door.usage,
            door.delivery,
        )

    def _resident(self, person: Person) -> tuple[Any, ...]:
        return (
            person.id,
            person.name,
            spell_name(person.name),
            person.gender,
            person.born_on,
            self._sealed(person, "phone", person.phone),
            person.phone_bi,
            person.phone_mask,
            self._sealed(person, "id_number", person.id_number),
            person.id_number_bi,
            person.id_number_mask,
            person.is_migrant,
            person.remarks,
        )

    def _sealed(self, person: Person, column: str, plain: str | None) -> bytes | None:
        if plain is None:
            return None
        return self._session.vault.encrypt(self._session, "resident", column, person.id, plain)

    def _insert(self, table: str, columns: _Columns, rows: Sequence[tuple[Any, ...]]) -> None:
        if not rows:
            return
        names = ", ".join(columns)
        self._session.execute(
            text(
                f"INSERT INTO core.{table} (community_id, {names}) "  # noqa: S608 names from this file
                f"SELECT :community, {names} FROM {_unnest(columns)}"
            ),
            {"community": self._community_id, **_arrays(columns, rows)},
        )
        self._count(f"{table}_created", rows)

    def _change(
        self,
        table: str,
        columns: _Columns,
        rows: Sequence[tuple[Any, ...]],
        *,
        only: Sequence[str] = (),
        versioned: bool = True,
    ) -> None:
        if not rows:
            return
        # What was not sealed anew stays as it is sealed.
        sets = [
            f"{name} = coalesce(u.{name}, t.{name})" if columns[name] == "bytea" else f"{name} = u.{name}"
            for name in only or [name for name in columns if name != "id"]
        ]
        sets += ["updated_at = clock_timestamp()", *(["version = t.version + 1"] if versioned else [])]
        self._session.execute(
            text(
                f"UPDATE core.{table} t SET {', '.join(sets)} "  # noqa: S608 names from this file
                f"FROM {_unnest(columns)} WHERE t.community_id = :community AND t.id = u.id"
            ),
            {"community": self._community_id, **_arrays(columns, rows)},
        )
        self._count(f"{table}_updated", rows)

    def _count(self, what: str, rows: Sequence[object]) -> None:
        self.written[what] = self.written.get(what, 0) + len(rows)


def _unnest(columns: _Columns) -> str:
    arrays = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in columns.items())
    return f"unnest({arrays}) AS u ({', '.join(columns)})"


def _arrays(columns: _Columns, rows: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
    return {name: list(values) for name, values in zip(columns, zip(*rows, strict=True), strict=True)}
