"""What the register of people keeps, and what becomes of it when a person asks for erasure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, exists, func, select, update

from linli.db.session import ScopedSession
from linli.files.models import StoredFile
from linli.files.service import remove_file
from linli.kit.actor import SYSTEM
from linli.kit.clock import now, today
from linli.kit.phones import mask_name
from linli.kit.text import gettext as _
from linli.plugins.contributions import DataClass, Erased, Person, PersonalData
from linli.residents.choices import BASES, GENDERS, RELATIONS, TENURES
from linli.residents.models import Household, HouseholdMember, Ownership, Resident, RosterImport, RosterRow
from linli.tenancy.models import Dwelling
from linli.tenancy.summaries import recount

#: What stands in lists and old records where an erased person's name stood.
ERASED_NAME = "（已删除）"
#: Imports that still wait for somebody's decision; their rows are needed.
_BUSY = ("uploaded", "checking", "committing")
_ENDED = ("committed", "discarded", "failed")
_CHUNK = 2000


def _export_entry(session: ScopedSession, person: Person) -> Sequence[Mapping[str, Any]]:
    found = session.scalars(select(Resident).where(Resident.id.in_(person.resident_ids)).order_by(Resident.id))
    return [
        {
            "name": each.name,
            "gender": _(GENDERS[each.gender]) if each.gender else "",
            "born_on": each.born_on,
            "phone": _open(session, each, "phone", each.phone_ct),
            "id_number": _open(session, each, "id_number", each.id_number_ct),
            "is_migrant": each.is_migrant,
            "remarks": each.remarks,
            "since": each.created_at,
        }
        for each in found
    ]


def _open(session: ScopedSession, resident: Resident, column: str, sealed: bytes | None) -> str:
    return session.vault.decrypt(session, "resident", column, resident.id, sealed) if sealed else ""


def _erase_entry(session: ScopedSession, person: Person) -> Erased:
    living = select(Resident).where(Resident.id.in_(person.resident_ids), Resident.erased_at.is_(None))
    found = session.scalars(living).all()
    for each in found:
        each.name, each.name_pinyin, each.gender, each.born_on = ERASED_NAME, "", "", None
        each.phone_ct, each.phone_bi, each.phone_mask = None, None, ""
        each.id_number_ct, each.id_number_bi, each.id_number_mask = None, None, ""
        each.is_migrant, each.remarks, each.account_id, each.erased_at = False, "", None, now()
    session.flush()
    for community_id in {each.community_id for each in found}:
        recount(session, community_id)
    return Erased(len(found))


def _export_stays(session: ScopedSession, person: Person) -> Sequence[Mapping[str, Any]]:
    rows = session.execute(
        select(HouseholdMember, Household, Dwelling.label)
        .join(Household, _of(HouseholdMember.household_id, Household))
        .join(Dwelling, _of(Household.dwelling_id, Dwelling))
        .where(HouseholdMember.resident_id.in_(person.resident_ids))
        .order_by(HouseholdMember.id)
    ).all()
    names = _others(session, [household.id for _member, household, _label in rows], person)
    return [
        {
            "dwelling": label,
            "tenure": _(TENURES[household.tenure]),
            "relation": _(RELATIONS[member.relation]),
            "moved_in_on": member.moved_in_on,
            "moved_out_on": member.moved_out_on,
            "pets": household.pets,
            "others": [mask_name(name) for name in names.get(household.id, ())],
        }
        for member, household, label in rows
    ]


def _of(column: Any, table: Any) -> Any:
    return and_(column == table.id, table.tenant_id == column.class_.tenant_id)


def _others(session: ScopedSession, households: Sequence[UUID], person: Person) -> dict[UUID, list[str]]:
    rows = session.execute(
        select(HouseholdMember.household_id, Resident.name)
        .join(Resident, _of(HouseholdMember.resident_id, Resident))
        .where(HouseholdMember.household_id.in_(households), Resident.id.not_in(person.resident_ids))
    )
    found: dict[UUID, list[str]] = {}
    for household_id, name in rows:
        found.setdefault(household_id, []).append(name)
    return found


def _erase_stays(session: ScopedSession, person: Person) -> Erased:
    mine = HouseholdMember.resident_id.in_(person.resident_ids)
    gone = session.execute(
        delete(HouseholdMember).where(mine).returning(HouseholdMember.id, HouseholdMember.household_id)
    ).all()
    left = {row.household_id for row in gone}
    still = exists().where(HouseholdMember.household_id == Household.id, HouseholdMember.moved_out_on.is_(None))
    # A household in which nobody is left has ended, and what was written of its animals was the person's too.
    session.execute(
        update(Household)
        .where(Household.id.in_(left), Household.ended_on.is_(None), ~still)
        .values(ended_on=func.greatest(today(), Household.started_on), pets="", version=Household.version + 1),
        execution_options={"synchronize_session": False},
    )
    return Erased(len(gone))


def _export_shares(session: ScopedSession, person: Person) -> Sequence[Mapping[str, Any]]:
    rows = session.execute(
        select(Ownership, Dwelling.label)
        .join(Dwelling, _of(Ownership.dwelling_id, Dwelling))
        .where(Ownership.resident_id.in_(person.resident_ids))
        .order_by(Ownership.id)
    )
    return [
        {
            "dwelling": label,
            "share": f"{share.share_numerator}/{share.share_denominator}",
            "basis": _(BASES[share.basis]),
            "is_representative": share.is_representative,
            "started_on": share.started_on,
            "ended_on": share.ended_on,
        }
        for share, label in rows
    ]


def _erase_shares(session: ScopedSession, person: Person) -> Erased:
    count = select(func.count()).select_from(Ownership).where(Ownership.resident_id.in_(person.resident_ids))
    kept = session.scalar(count) or 0
    reason = _("业主共同决定事项按专有部分面积和人数计算（民法典 第二百七十八条），产权份额须保留，但不再写明姓名")
    return Erased(0, kept, reason if kept else "")


def _staged(session: ScopedSession, person: Person) -> Iterator[tuple[RosterRow, str, str]]:
    """Staged rows that name the person, with their cells and the state of their import."""
    people = session.scalars(select(Resident).where(Resident.id.in_(person.resident_ids))).all()
    marks = {each.name for each in people if each.name != ERASED_NAME}
    marks |= {_open(session, each, "phone", each.phone_ct) for each in people}
    marks |= {_open(session, each, "id_number", each.id_number_ct) for each in people}
    marks.discard("")
    after = UUID(int=0)
    while marks:
        rows = session.execute(
            select(RosterRow, RosterImport.state)
            .join(RosterImport, _of(RosterRow.import_id, RosterImport))
            .where(RosterRow.id > after, RosterRow.community_id.in_({each.community_id for each in people}))
            .order_by(RosterRow.id)
            .limit(_CHUNK)
        ).all()
        for row, state in rows:
            cells = session.vault.decrypt(session, "roster_row", "cells", row.id, row.cells_ct)
            if any(mark in cells for mark in marks):
                yield row, cells, state
        if len(rows) < _CHUNK:
            return
        after = rows[-1][0].id


def _export_staged(session: ScopedSession, person: Person) -> Sequence[Mapping[str, Any]]:
    # The cells of a row may name others who share the door: that it is there is told, and where it came from.
    return [{"row": row.n, "state": state, "at": row.staged_at} for row, _cells, state in _staged(session, person)]


def _erase_staged(session: ScopedSession, person: Person) -> Erased:
    removed = kept = 0
    for row, _cells, state in list(_staged(session, person)):
        if state in _ENDED:
            session.delete(row)
            removed += 1
        else:
            kept += 1
    session.flush()
    files = select(func.count()).select_from(RosterImport)
    uploaded = session.scalar(
        files.join(StoredFile, _of(RosterImport.file_id, StoredFile)).where(StoredFile.removed_at.is_(None))
    )
    reason = _("上传的名册文件和还在导入的名册按批保存，到期整批删除，期限见“保存期限”")
    kept += uploaded or 0
    return Erased(removed, kept, reason if kept else "")


def _old_imports(before: datetime, held: frozenset[UUID]) -> Any:
    # Whose name a sealed row holds cannot be asked: a held person's whole community stays.
    held_communities = select(Resident.community_id).where((Resident.id.in_(held)) | (Resident.account_id.in_(held)))
    return and_(
        RosterImport.state.not_in(_BUSY),
        RosterImport.updated_at < before,
        RosterImport.community_id.not_in(held),
        RosterImport.community_id.not_in(held_communities),
    )


def _purge_rows(session: ScopedSession, before: datetime, limit: int, held: frozenset[UUID]) -> Sequence[UUID]:
    old = select(RosterImport.id).where(_old_imports(before, held))
    # What nobody has decided on by now is given up together with its rows.
    session.execute(
        update(RosterImport)
        .where(RosterImport.id.in_(old), RosterImport.state.in_(("ready", "faulty")))
        .values(state="discarded", version=RosterImport.version + 1, updated_at=RosterImport.updated_at),
        execution_options={"synchronize_session": False},
    )
    batch = select(RosterRow.id).where(RosterRow.import_id.in_(old)).limit(limit)
    return session.scalars(delete(RosterRow).where(RosterRow.id.in_(batch)).returning(RosterRow.id)).all()


def _purge_files(session: ScopedSession, before: datetime, limit: int, held: frozenset[UUID]) -> Sequence[UUID]:
    found = session.scalars(
        select(StoredFile.id)
        .join(RosterImport, _of(RosterImport.file_id, StoredFile))
        .where(_old_imports(before, held), StoredFile.removed_at.is_(None))
        .limit(limit)
    ).all()
    for file_id in found:
        remove_file(session, SYSTEM, file_id, reason=_("保存期限已到"))
    session.flush()
    return found


_DUTY = "履行法定职责（个人信息保护法 第十三条、第三十四条）"

PERSONAL_DATA = (
    PersonalData(
        title="名册导入的记录",
        purpose="核对导入的居民名册是否写对。",
        basis=_DUTY,
        export=_export_staged,
        erase=_erase_staged,
        tables=("core.roster_row",),
    ),
    PersonalData(
        title="居住记录",
        purpose="知道哪一户住着谁，便于服务和应急。",
        basis=_DUTY,
        export=_export_stays,
        erase=_erase_stays,
        tables=("core.household_member",),
    ),
    PersonalData(
        title="产权份额",
        purpose="计算业主人数和专有部分面积。",
        basis="履行法定职责（民法典 第二百七十八条）",
        export=_export_shares,
        erase=_erase_shares,
        tables=("core.ownership",),
    ),
    PersonalData(
        title="居民登记",
        purpose="联系居民、办理社区事务。",
        basis=_DUTY,
        export=_export_entry,
        erase=_erase_entry,
        tables=("core.resident",),
    ),
)
DATA_CLASSES = (
    DataClass(
        name="core.roster_rows",
        title="名册导入的暂存内容",
        days=30,
        most_days=90,
        source="导入完成即达到目的（个人信息保护法 第十九条），短期保留便于核对",
        purge=_purge_rows,
    ),
    DataClass(
        name="core.roster_files",
        title="上传的名册文件",
        days=30,
        most_days=90,
        source="导入完成即达到目的（个人信息保护法 第十九条），短期保留便于核对",
        purge=_purge_files,
    ),
)
