"""The register written as a roster: what is exported can be imported again and changes nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any, BinaryIO, Literal
from uuid import UUID

from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from sqlalchemy import text

from linli.audit.record import record
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import today
from linli.kit.errors import Forbidden, Invalid, NotFound
from linli.kit.streams import Chunks, filling
from linli.kit.text import gettext as _
from linli.kit.workbooks import StreamedWorkbook, save_workbook
from linli.residents.permissions import REVEAL, ROSTER_EXPORT
from linli.residents.roster.columns import COLUMNS, COMPOUND, Column, word_for
from linli.residents.roster.escaping import escape, escape_typed
from linli.residents.roster.further import further_columns, shown_of
from linli.residents.roster.leave import require_full_export
from linli.residents.roster.produced import CSV, XLSX, Produced
from linli.residents.roster.template import SHEET
from linli.residents.wording import limited
from linli.tenancy.models import Community, Compound

#: Dwellings that are read together.
_PAGE = 1_000

_DWELLINGS = text("""
SELECT d.id, d.sort_key, c.name AS compound, b.name AS building, coalesce(u.name, '') AS unit, d.door,
       d.exclusive_area, d.area_basis, d.usage, d.delivery
  FROM core.dwelling d
  JOIN core.compound c ON c.tenant_id = d.tenant_id AND c.community_id = d.community_id AND c.id = d.compound_id
  JOIN core.building b ON b.tenant_id = d.tenant_id AND b.community_id = d.community_id AND b.id = d.building_id
  LEFT JOIN core.unit_entrance u
    ON u.tenant_id = d.tenant_id AND u.community_id = d.community_id AND u.id = d.unit_entrance_id
 WHERE d.community_id = :community AND (CAST(:compound AS uuid) IS NULL OR d.compound_id = :compound)
   AND (d.sort_key, d.id) > (:key, CAST(:after AS uuid))
 ORDER BY d.sort_key, d.id LIMIT :limit
""")
_PEOPLE = text("""
WITH bond AS (
  SELECT DISTINCT ON (h.dwelling_id, m.resident_id) h.dwelling_id, m.resident_id, h.tenure, m.relation,
         m.moved_in_on, m.moved_out_on
    FROM core.household h JOIN core.household_member m
      ON m.tenant_id = h.tenant_id AND m.community_id = h.community_id AND m.household_id = h.id
   WHERE h.community_id = :community AND h.dwelling_id = ANY (:ids)
     AND (m.moved_out_on IS NULL OR m.moved_out_on > :today)
   ORDER BY h.dwelling_id, m.resident_id, m.moved_in_on NULLS FIRST, m.id),
held AS (
  SELECT o.dwelling_id, o.resident_id, o.organisation_id, o.share_numerator, o.share_denominator
    FROM core.ownership o WHERE o.community_id = :community AND o.dwelling_id = ANY (:ids)
     AND (o.started_on IS NULL OR o.started_on <= :today) AND (o.ended_on IS NULL OR o.ended_on > :today))
SELECT coalesce(b.dwelling_id, o.dwelling_id) AS dwelling_id, b.tenure, b.relation, b.moved_in_on, b.moved_out_on,
       o.share_numerator, o.share_denominator, r.id AS resident_id, r.name, r.gender, r.phone_ct, r.phone_mask,
       r.id_number_ct, r.id_number_mask, r.is_migrant, r.remarks, g.name AS firm, g.kind
  FROM bond b FULL JOIN held o ON o.dwelling_id = b.dwelling_id AND o.resident_id = b.resident_id
  LEFT JOIN core.resident r ON r.community_id = :community AND r.id = coalesce(b.resident_id, o.resident_id)
  LEFT JOIN core.organisation g ON g.community_id = :community AND g.id = o.organisation_id
 WHERE r.id IS NULL OR r.erased_at IS NULL
 ORDER BY o.share_numerator IS NULL, b.tenure NULLS LAST, r.name_pinyin, r.id, g.name
""")

_IDENTITIES = {"owner": "family", "lease": "lessee", "public_rent": "public_lessee", "other": "other"}
_FIRMS = {"title_unit": "title_unit", "developer": "developer"}
_NOBODY = UUID(int=0)


def export_roster(
    session: ScopedSession,
    actor: Actor,
    community_id: UUID,
    *,
    compound_id: UUID | None = None,
    file_format: Literal["xlsx", "csv"] = "xlsx",
    full: bool = False,
    reason: str = "",
) -> Produced:
    """Everybody who lives or owns today, and the empty dwellings, of a compound or of a whole community.

    Args:
        session: a unit of work; the file is complete when this returns.
        actor: needs ``core.roster.export`` there, and for whole numbers ``core.resident.reveal`` too.
        community_id: whose register.
        compound_id: one compound only; a community's file has a column more that names the compound.
        file_format: ``xlsx``, or ``csv`` in UTF-8 with a byte order mark.
        full: whole phone and identity numbers instead of masked ones; asks for a reason.
        reason: kept in the audit trail.

    Raises:
        Forbidden: the right is not held there.
        Invalid: whole numbers without a reason.
        NotFound: there is no such community or compound in this scope.
        ApprovalRequired: whole numbers, and giving them out takes a second person here.
    """
    name = _place_name(session, actor, community_id, compound_id)
    reason = limited(reason, "reason", 200)
    if full and not actor.can(REVEAL, community_id=community_id, compound_id=compound_id):
        raise Forbidden
    if full and not reason:
        raise Invalid.one("reason", _("请填写导出完整号码的原因"), _("例如：换届选举核对业主名单"))
    if full:
        require_full_export(session, actor, community_id, compound_id, file_format, reason)
    further = further_columns(session, community_id)
    columns = (*COLUMNS, *further) if compound_id else (COMPOUND, *COLUMNS, *further)
    with filling() as target:
        rows = _rows(session, community_id, compound_id, further, full=full)
        written = (_write_xlsx if file_format == "xlsx" else _write_csv)(target, columns, rows)
        record(
            session,
            "core.roster.export",
            ("compound", compound_id) if compound_id else ("community", community_id),
            community_id=community_id,
            after={"rows": written, "full": full, "format": file_format},
            reason=reason,
        )
    title = _("{place}居民名册-{day}").format(place=name, day=today().isoformat())
    return Produced(f"{title}.{file_format}", XLSX if file_format == "xlsx" else CSV, Chunks(target))


def _place_name(session: ScopedSession, actor: Actor, community_id: UUID, compound_id: UUID | None) -> str:
    if not actor.can(ROSTER_EXPORT, community_id=community_id, compound_id=compound_id):
        raise Forbidden
    if not session.scope.covers(community_id):
        raise NotFound(_("找不到这个社区"))
    place = session.get(Compound if compound_id else Community, (session.scope.tenant_id, compound_id or community_id))
    if place is None or (isinstance(place, Compound) and place.community_id != community_id):
        raise NotFound(_("找不到这个小区"))
    return place.name


def _rows(
    session: ScopedSession, community_id: UUID, compound_id: UUID | None, further: Sequence[Column], *, full: bool
) -> Iterator[dict[str, str]]:
    place: dict[str, Any] = {"community": community_id, "compound": compound_id, "limit": _PAGE}
    key, after = "", _NOBODY
    while True:
        dwellings = session.execute(_DWELLINGS, {**place, "key": key, "after": after}).all()
        if not dwellings:
            return
        key, after = dwellings[-1].sort_key, dwellings[-1].id
        wanted = {"community": community_id, "ids": [each.id for each in dwellings], "today": today()}
        bound: dict[UUID, list[Any]] = {}
        for person in session.execute(_PEOPLE, wanted):
            bound.setdefault(person.dwelling_id, []).append(person)
        people = [each.resident_id for group in bound.values() for each in group if each.resident_id]
        shown = shown_of(session, further, {"dwelling": wanted["ids"], "resident": people})
        for dwelling in dwellings:
            door = _door(dwelling) | _further(shown, further, "dwelling", dwelling.id)
            for person in bound.get(dwelling.id, ()):
                said = _firm(person) if person.firm else _person(session, person, full=full)
                yield {**door, **said, **_further(shown, further, "resident", person.resident_id)}
            if dwelling.id not in bound:
                yield door


def _further(shown: dict[str, Any], columns: Sequence[Column], of: str, about: UUID | None) -> dict[str, str]:
    return {each.field: shown[each.field].get(about, "") for each in columns if each.of == of and about is not None}


def _door(row: Any) -> dict[str, str]:
    return {
        "compound": row.compound,
        "building": row.building,
        "unit": row.unit,
        "door": row.door,
        "area": str(row.exclusive_area or ""),
        "area_basis": word_for("area_basis", row.area_basis),
        "usage": word_for("usage", row.usage),
        "delivery": word_for("delivery", row.delivery),
    }


def _firm(row: Any) -> dict[str, str]:
    return {
        "name": row.firm,
        "identity": word_for("identity", _FIRMS.get(row.kind, "company")),
        "is_owner": word_for("is_owner", "yes"),
        "share": _share(row),
    }


def _person(session: ScopedSession, row: Any, *, full: bool) -> dict[str, str]:
    owns, lives = row.share_numerator is not None, row.tenure is not None
    identity = "owner" if owns and row.tenure in ("owner", None) else _IDENTITIES[row.tenure]
    return {
        "name": row.name,
        "phone": _number(session, row, "phone", full=full),
        "id_number": _number(session, row, "id_number", full=full),
        "gender": word_for("gender", row.gender),
        "identity": word_for("identity", identity),
        "relation": word_for("relation", row.relation or ""),
        "is_owner": word_for("is_owner", "yes" if owns else "no"),
        "share": _share(row),
        "lives": word_for("lives", "yes" if lives else "no"),
        "moved_in_on": _day(row.moved_in_on),
        "moved_out_on": _day(row.moved_out_on),
        "is_migrant": word_for("is_migrant", "yes" if row.is_migrant else "no"),
        "remarks": row.remarks,
    }


def _number(session: ScopedSession, row: Any, column: str, *, full: bool) -> str:
    sealed = getattr(row, f"{column}_ct")
    if not full or sealed is None:
        return getattr(row, f"{column}_mask")
    return session.vault.decrypt(session, "resident", column, row.resident_id, bytes(sealed))


def _share(row: Any) -> str:
    if row.share_numerator is None:
        return ""
    return "1" if row.share_denominator == 1 else f"{row.share_numerator}/{row.share_denominator}"


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _write_csv(target: BinaryIO, columns: Sequence[Column], rows: Iterator[dict[str, str]]) -> int:
    text_target = io.TextIOWrapper(target, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text_target)
    writer.writerow([column.title for column in columns])
    count = 0
    for row in rows:
        writer.writerow([escape(row.get(column.field, "")) for column in columns])
        count += 1
    text_target.detach()
    return count


def _write_xlsx(target: BinaryIO, columns: Sequence[Column], rows: Iterator[dict[str, str]]) -> int:
    with StreamedWorkbook() as workbook:
        sheet = workbook.create_sheet(SHEET)
        sheet.freeze_panes = "A2"
        for number, column in enumerate(columns, 1):
            sheet.column_dimensions[get_column_letter(number)].width = column.width + 2
        sheet.append([_header_cell(sheet, column) for column in columns])
        typed = typed_cell(sheet)
        count = 0
        for row in rows:
            sheet.append([typed(row.get(column.field, "")) for column in columns])
            count += 1
        save_workbook(workbook, target)
    return count


def _header_cell(sheet: Any, column: Column) -> Any:
    cell = WriteOnlyCell(sheet, column.title)
    cell.font = Font(bold=True)
    cell.fill = PatternFill("solid", fgColor="FCE4D6" if column.required else "DDEBF7")
    return cell


def typed_cell(sheet: Any) -> Callable[[str], Any]:
    """Makes cells that are texts whatever stands in them, so that no spreadsheet runs or rounds them."""

    def make(value: str) -> Any:
        if not value:
            return None
        cell = WriteOnlyCell(sheet, escape_typed(value))
        cell.data_type = "s"
        cell.number_format = "@"
        return cell

    return make
