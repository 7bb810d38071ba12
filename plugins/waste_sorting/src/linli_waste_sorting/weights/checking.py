"""Whether the lines of a record can be at all: their places, their carriers, and quantities that can be written."""

from __future__ import annotations

from collections.abc import Collection as Some
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from linli.sdk import FieldError, Invalid, ScopedSession, community_outline
from linli.sdk import gettext as _
from linli_waste_sorting.reach import is_within
from linli_waste_sorting.stations.models import Station
from linli_waste_sorting.weights import repository
from linli_waste_sorting.weights.models import MOST_KG, Collection, Contract
from linli_waste_sorting.weights.schemas import CollectionLine

_LEAST_KG = Decimal("0.1")
#: Years that a calendar of waste can be about; others are slips.
_FIRST_YEAR, _LAST_YEAR = 2000, 2099


@dataclass(frozen=True, slots=True)
class Book:
    """What the lines refer to, read beforehand.

    Attributes:
        compounds: of the community, those in which whoever notes may do so.
        stations: station to its compound.
        carriers: those in use.
        contracts: compound and contract, of all contracts that hold on some day of the lines.
    """

    compounds: frozenset[UUID]
    stations: dict[UUID, UUID]
    carriers: frozenset[UUID]
    contracts: list[tuple[UUID, Contract]]

    def destination_of(self, line: CollectionLine) -> str:
        """Where it is taken: as it was noted, or as the carrier's contract says; empty where nobody knows."""
        if line.destination.strip():
            return line.destination.strip()
        held = (
            contract.destination
            for compound_id, contract in self.contracts
            if compound_id == line.compound_id
            and contract.carrier_id == line.carrier_id
            and line.category in contract.categories
            and contract.starts_on <= line.day <= contract.ends_on
        )
        return next(held, "")


def read_book(
    session: ScopedSession,
    community_id: UUID,
    lines: Sequence[CollectionLine],
    within: Some[UUID] | None = None,
) -> Book:
    """What these lines refer to in their community; five queries however many there are.

    Args:
        session: of the community.
        community_id: whose lines they are.
        lines: as they were given.
        within: the compounds in which whoever notes may do so; ``None`` for all.
    """
    outline = community_outline(session, community_id)
    compounds = frozenset(each.id for each in outline if is_within(each.id, within))
    named = {each.station_id for each in lines if each.station_id is not None}
    stations: dict[UUID, UUID] = {}
    if named:
        mine = select(Station.id, Station.compound_id).where(
            Station.community_id == community_id, Station.id.in_(named)
        )
        stations = {row[0]: row[1] for row in session.execute(mine)}
    carriers = frozenset(each.id for each in repository.carriers_of(session, community_id, used=True))
    days = [each.day for each in lines]
    places = {each.compound_id for each in lines} & compounds
    return Book(compounds, stations, carriers, repository.contracts_between(session, places, min(days), max(days)))


def checked_lines(
    lines: Sequence[CollectionLine], book: Book, prefix: str = "", *, keeps: Collection | None = None
) -> None:
    """Refuse lines that cannot be.

    Args:
        lines: as they were given.
        book: what they refer to.
        prefix: of the fields of a line, with ``{n}`` for its number.
        keeps: a record that is put right: its carrier may be out of use by now.

    Raises:
        Invalid: naming each field at fault.
    """
    faults: list[FieldError] = []
    for n, line in enumerate(lines):
        at = prefix.format(n=n)
        faults += [FieldError(at + each.field, each.message, each.allowed) for each in _faults(line, book, keeps)]
    if faults:
        raise Invalid(errors=faults)


def _faults(line: CollectionLine, book: Book, keeps: Collection | None) -> list[FieldError]:
    faults: list[FieldError] = []
    if line.compound_id not in book.compounds:
        faults.append(FieldError("compound_id", _("没有找到这个小区"), _("请选择本社区的小区")))
    if line.station_id is not None and book.stations.get(line.station_id) != line.compound_id:
        faults.append(FieldError("station_id", _("这个小区没有这个投放点"), _("请选择同一小区的投放点，或者不选")))
    if line.carrier_id not in book.carriers and (keeps is None or keeps.carrier_id != line.carrier_id):
        faults.append(FieldError("carrier_id", _("没有找到这个收运单位"), _("请选择在用的收运单位")))
    if not _FIRST_YEAR <= line.day.year <= _LAST_YEAR:
        faults.append(FieldError("day", _("年份写错了"), f"{_FIRST_YEAR}–{_LAST_YEAR}"))
    faults += _faults_of_quantity(line)
    if not faults and not book.destination_of(line):
        words = _("没有写去向，收运合同里也没有")
        faults.append(FieldError("destination", words, _("例如处理厂的名称，或者先登记收运合同")))
    return faults


def _faults_of_quantity(line: CollectionLine) -> list[FieldError]:
    if line.kg is None:
        return [] if line.pieces is not None else [FieldError("kg", _("没有写数量"), _("填写公斤数或者桶数"))]
    allowed = _("{least} 至 {most} 公斤，最多一位小数").format(least=_LEAST_KG, most=MOST_KG)
    if not line.kg.is_finite() or not _LEAST_KG <= line.kg <= MOST_KG:
        return [FieldError("kg", _("超出允许的范围"), allowed)]
    if line.kg != line.kg.quantize(_LEAST_KG):
        return [FieldError("kg", _("小数太多"), allowed)]
    return []
