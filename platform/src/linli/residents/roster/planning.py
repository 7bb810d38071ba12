"""What the rows of one door change in the register, and where they contradict it; for preview and commit alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from linli.kit.ids import new_id
from linli.kit.phones import mask_id_number, mask_name, mask_phone
from linli.kit.text import gettext as _
from linli.residents.roster.register import Door, Firm, Holding, Home, People, Person, Stay
from linli.residents.roster.rows import RosterRowValues, is_masked
from linli.residents.shares import MAX_DENOMINATOR

Effect = Literal["created", "updated", "unchanged", "moved_out"]
#: Keyed hash of a number of this kind, by which the register finds it.
Index = Callable[[str, str], bytes]

#: The tenure of the household in which somebody of this identity lives.
TENURES = {"owner": "owner", "family": "owner", "lessee": "lease", "public_lessee": "public_rent", "other": "other"}


@dataclass(slots=True)
class Planner:
    """Plans door by door; people found or made for one door are known to the next.

    Attributes:
        people: who could be meant.
        index: hashes numbers.
        today: what counts as present.
    """

    people: People
    index: Index
    today: date

    def plan(self, door: Door, rows: Sequence[RosterRowValues]) -> list[Effect]:
        """Change ``door`` and the people as the rows say; faults are noted in the rows.

        Returns:
            one effect per row, meaningless for rows at fault.
        """
        plan = _DoorPlan(self, door, rows)
        return plan.run()


@dataclass(slots=True)
class _DoorPlan:
    planner: Planner
    door: Door
    rows: Sequence[RosterRowValues]
    touched: set[int] = field(default_factory=set)
    created: set[int] = field(default_factory=set)
    left: set[int] = field(default_factory=set)
    claimed: dict[object, int] = field(default_factory=dict)
    loosened: list[Home] = field(default_factory=list)
    owners: list[tuple[RosterRowValues, Person | Firm]] = field(default_factory=list)

    def run(self) -> list[Effect]:
        self._describe()
        for row in self.rows:
            if row.faults or not row.name:
                continue
            if row.is_organisation:
                self._place_firm(row)
            else:
                self._place_person(row)
        self._share_out()
        self._close_homes()
        return [self._effect(row) for row in self.rows]

    def _effect(self, row: RosterRowValues) -> Effect:
        if row.n in self.created or (not row.name and self.door.is_new):
            return "created"
        if row.n in self.left:
            return "moved_out"
        return "updated" if row.n in self.touched else "unchanged"

    def _describe(self) -> None:
        door = self.door
        said: dict[str, tuple[object, int]] = {}
        for row in self.rows:
            for name in ("area", "area_basis", "usage", "delivery"):
                value = row.get(name)
                if value is None:
                    continue
                value = Decimal(value) if name == "area" else value
                first, number = said.setdefault(name, (value, row.n))
                if first != value:
                    row.blame(name, _("与第 {n} 行填写的同一房屋不一致"), _("同一房屋要填写相同的内容"), n=number)
                elif getattr(door, name) != value:
                    setattr(door, name, value)
                    door.is_changed = True
                    self.touched.add(row.n)

    def _place_firm(self, row: RosterRowValues) -> None:
        firm = self.planner.people.firms.get(row.name)
        if firm is None:
            firm = Firm(new_id(), row.name, row.values["identity"], is_new=True)
            self.planner.people.firms[row.name] = firm
        elif firm.kind not in ("other", row.values["identity"]):
            row.blame("identity", _("这个单位已登记为另一种身份"), _("请与已登记的身份保持一致"))
            return
        if self._claim(row, firm.id):
            self.owners.append((row, firm))

    def _place_person(self, row: RosterRowValues) -> None:
        person = self._find(row)
        if row.faults:
            return
        if person is None:
            if is_masked(row.get("phone")) or is_masked(row.get("id_number")):
                name = "phone" if is_masked(row.get("phone")) else "id_number"
                row.blame(name, _("带 * 的号码不是完整号码"), _("请填写完整号码，或留空"))
                return
            person = Person(new_id(), row.name, is_new=True)
        if not self._claim(row, person.id):
            return
        row.resident_id = person.id
        self._update(row, person)
        if row.faults:
            return
        self._settle(row, person)
        self._note_ownership(row, person)

    def _claim(self, row: RosterRowValues, who: object) -> bool:
        first = self.claimed.setdefault(who, row.n)
        if first != row.n:
            row.blame("name", _("与第 {n} 行是同一位"), _("同一房屋每人只写一行，请删去重复的一行"), n=first)
        return first == row.n

    def _find(self, row: RosterRowValues) -> Person | None:
        number = None if is_masked(row.get("id_number")) else row.get("id_number")
        phone = None if is_masked(row.get("phone")) else row.get("phone")
        people, index = self.planner.people, self.planner.index
        number_bi = index("id_number", number) if number else None
        if number_bi and (known := people.by_number.get(number_bi)):
            if known.name != row.name:
                row.blame(
                    "id_number",
                    _("这个身份证号已登记为“{name}”"),
                    _("请核对姓名和身份证号"),
                    name=mask_name(known.name),
                )
            return known

        def fits(person: Person) -> bool:
            return not (number_bi and person.id_number_bi)

        if phone:
            same = [each for each in people.by_phone.get((index("phone", phone), row.name), ()) if fits(each)]
            if same:
                return self._pick(row, [each for each in same if self._is_bound(each)] or same)
        bound = {stay.person.id: stay.person for stay in self.door.stays}
        bound |= {each.owner.id: each.owner for each in self.door.holdings if isinstance(each.owner, Person)}
        phone_bi = index("phone", phone) if phone else None
        same = [
            each
            for each in bound.values()
            if each.name == row.name
            and fits(each)
            # Another row is this person; a second number of the same name is somebody else.
            and not (each.id in self.claimed and phone_bi and each.phone_bi)
        ]
        return self._pick(row, same)

    def _pick(self, row: RosterRowValues, same: list[Person]) -> Person | None:
        """The one who is meant among people of one name; where the file names all of them, each row has the likest."""
        for name in ("phone", "id_number"):
            if is_masked(row.get(name)):
                same = [person for person in same if getattr(person, f"{name}_mask") == row.get(name)]
        if len(same) > 1:
            same = [person for person in same if self._present_stay(person)] or same
        if len(same) > 1:
            if len(same) > sum(other.name == row.name for other in self.rows):
                row.blame("name", _("有几位居民同名，分不清是哪一位"), _("请填写身份证号，以便区分"))
            unclaimed = [person for person in same if person.id not in self.claimed] or same
            return max(unclaimed, key=lambda person: self._likeness(row, person))
        return same[0] if same else None

    def _likeness(self, row: RosterRowValues, person: Person) -> int:
        stay = self._present_stay(person)
        pairs = [
            (row.get("gender"), person.gender),
            (row.get("remarks"), person.remarks),
            (bool(row.get("phone")), bool(person.phone_bi)),
            (bool(row.get("id_number")), bool(person.id_number_bi)),
            (row.get("is_migrant"), person.is_migrant),
            (row.get("relation"), stay.relation if stay else None),
            (_day(row.get("moved_in_on")), stay.moved_in_on if stay else None),
            (row.get("share"), next((str(each.share) for each in self.door.holdings if each.owner is person), None)),
        ]
        return sum((said or None) == (known or None) for said, known in pairs)

    def _is_bound(self, person: Person) -> bool:
        return any(stay.person is person for stay in self.door.stays) or any(
            each.owner is person for each in self.door.holdings
        )

    def _update(self, row: RosterRowValues, person: Person) -> None:
        for name, mask in (("phone", mask_phone), ("id_number", mask_id_number)):
            value = row.get(name)
            if not value or is_masked(value):
                continue
            hashed = self.planner.index(name, value)
            if getattr(person, f"{name}_bi") == hashed:
                continue
            if person.is_changed and getattr(person, name) is not None:
                row.blame(name, _("与本文件另一行填写的同一居民不一致"), _("同一居民要填写相同的号码"))
                return
            setattr(person, name, value)
            setattr(person, f"{name}_bi", hashed)
            setattr(person, f"{name}_mask", mask(value))
            self._touch(row, person)
        born_on = row.get("born_on")
        said = {
            "gender": row.get("gender"),
            "born_on": date.fromisoformat(born_on) if born_on else None,
            "is_migrant": row.get("is_migrant"),
            "remarks": row.get("remarks"),
        }
        for name, value in said.items():
            if value is not None and getattr(person, name) != value:
                setattr(person, name, value)
                self._touch(row, person)
        if person.is_new:
            self.created.add(row.n)
        self.planner.people.add(person)

    def _touch(self, row: RosterRowValues, person: Person) -> None:
        person.is_changed = True
        self.touched.add(row.n)

    def _present_stay(self, person: Person) -> Stay | None:
        return next((stay for stay in self.door.stays if stay.person is person and self._is_present(stay)), None)

    def _is_present(self, stay: Stay) -> bool:
        return stay.moved_out_on is None or stay.moved_out_on > self.planner.today

    def _settle(self, row: RosterRowValues, person: Person) -> None:
        moved_in, moved_out = (_day(row.get(name)) for name in ("moved_in_on", "moved_out_on"))
        stay = self._present_stay(person)
        past = [each for each in self.door.stays if each.person is person and each is not stay]
        if stay is not None and row.get("lives") is False and moved_out is None:
            row.blame("lives", _("登记显示此人住在这里"), _("如已搬出，请填写搬出日期"))
        elif stay is not None:
            self._correct(row, stay, moved_in, moved_out)
        elif past and moved_out is not None and not (moved_in and moved_in > (past[-1].moved_in_on or date.min)):
            self._correct(row, past[-1], moved_in, moved_out)
        elif self._begins_stay(row, person, bool(past), moved_out):
            self._begin(row, person, past, moved_in, moved_out)

    def _begins_stay(self, row: RosterRowValues, person: Person, has_past: bool, moved_out: date | None) -> bool:
        if row.get("lives") is not None:
            return bool(row.get("lives")) or moved_out is not None
        if moved_out is not None:
            return True
        owns_already = any(each.owner is person for each in self.door.holdings)
        return not owns_already or (has_past and row.get("moved_in_on") is not None)

    def _begin(
        self, row: RosterRowValues, person: Person, past: list[Stay], moved_in: date | None, moved_out: date | None
    ) -> None:
        last = max((each.moved_out_on for each in past if each.moved_out_on), default=None)
        if last and moved_in is None:
            moved_in = self.planner.today
        if last and moved_in and moved_in < last:
            row.blame("moved_in_on", _("与以前的居住时间重叠"), _("不早于 {day}"), day=last.isoformat())
            return
        home = self._home(row.get("identity"), moved_out)
        relation = row.get("relation") or "other"
        self.door.stays.append(Stay(new_id(), home, person, relation, moved_in, moved_out, is_new=True))
        self.created.add(row.n)

    def _correct(self, row: RosterRowValues, stay: Stay, moved_in: date | None, moved_out: date | None) -> None:
        if row.get("relation") and stay.relation != row.get("relation"):
            stay.relation = row.get("relation")
            stay.is_changed = True
        if moved_in and stay.moved_in_on != moved_in:
            stay.moved_in_on = moved_in
            stay.is_changed = True
        if moved_out and stay.moved_out_on != moved_out:
            if stay.moved_out_on is None:
                self.left.add(row.n)
            stay.moved_out_on = moved_out
            stay.is_changed = True
            self.loosened.append(stay.home)
        if stay.moved_in_on and stay.moved_out_on and stay.moved_out_on < stay.moved_in_on:
            row.blame("moved_out_on", _("搬出日期早于入住日期"), _("不早于 {day}"), day=stay.moved_in_on.isoformat())
        tenure = TENURES.get(row.get("identity") or "")
        if tenure and stay.home.tenure != tenure and self._is_present(stay):
            self.loosened.append(stay.home)
            stay.home = self._home(row.get("identity"), stay.moved_out_on)
            stay.is_changed = True
        if stay.is_changed:
            self.touched.add(row.n)

    def _home(self, identity: str | None, moved_out: date | None) -> Home:
        present = [each for each in self.door.homes if each.ended_on is None or each.ended_on > self.planner.today]
        if identity is None and len(present) == 1:
            return present[0]
        tenure = TENURES.get(identity or "other", "other")
        home = next((each for each in present if each.tenure == tenure), None)
        if home is None:
            is_past = moved_out is not None and moved_out <= self.planner.today
            home = Home(new_id(), tenure, moved_out if is_past else None, is_new=True)
            self.door.homes.append(home)
        return home

    def _close_homes(self) -> None:
        for home in self.loosened:
            days = [stay.moved_out_on for stay in self.door.stays if stay.home is home]
            if home.ended_on is None and all(days):
                home.ended_on = max((day for day in days if day), default=self.planner.today)
                home.is_changed = True

    def _note_ownership(self, row: RosterRowValues, person: Person) -> None:
        owns = any(each.owner is person for each in self.door.holdings)
        if row.get("is_owner"):
            self.owners.append((row, person))
        elif row.get("is_owner") is False and owns:
            row.blame("is_owner", _("登记显示此人是产权人"), _("产权变更请在系统中办理过户，这里填“是”或留空"))

    def _share_out(self) -> None:
        held = {each.owner.id: each for each in self.door.holdings}
        fresh = [(row, owner) for row, owner in self.owners if owner.id not in held and not row.faults]
        for row, owner in self.owners:
            share = row.get("share")
            if share and owner.id in held and held[owner.id].share != Fraction(share):
                held[owner.id].share = Fraction(share)
                held[owner.id].is_changed = True
                self.touched.add(row.n)
        for row, owner in fresh:
            share = Fraction(row.get("share") or 0)
            self.door.holdings.append(Holding(new_id(), owner, share, is_new=True))
            self.created.add(row.n)
        self._fill_shares([each for each in self.door.holdings if not each.share])
        total = sum((each.share for each in self.door.holdings), Fraction(0))
        if total > 1:
            for row, _owner in self.owners:
                row.blame(
                    "share",
                    _("这一户的产权比例合计为 {total}，超过 1"),
                    _("请核对各产权人的比例；如已过户，请先在系统中办理过户"),
                    total=str(total),
                )
        if fresh and not any(each.is_representative for each in self.door.holdings):
            self.door.holdings[0].is_representative = True
            self.door.holdings[0].is_changed = True

    def _fill_shares(self, open_ones: list[Holding]) -> None:
        """Owners without a share hold equal parts: of what is left, or of the whole when the file names every owner."""
        if not open_ones:
            return
        left = 1 - sum((each.share for each in self.door.holdings), Fraction(0))
        named = {owner.id for _row, owner in self.owners}
        nobody_says = not any(row.get("share") for row, _owner in self.owners)
        if left <= 0 and nobody_says and all(each.owner.id in named for each in self.door.holdings):
            open_ones, left = self.door.holdings, Fraction(1)
            for each in open_ones:
                each.is_changed = True
            self.touched.update(row.n for row, _owner in self.owners)
        share = left / len(open_ones) if left > 0 else Fraction(1)
        for each in open_ones:
            each.share = share if share.denominator <= MAX_DENOMINATOR else Fraction(1, len(open_ones))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
