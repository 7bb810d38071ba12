"""How the list of residents is arranged, and what is done to several of them at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.residents.models import Resident
from linli.residents.permissions import MANAGE, READ
from linli.residents.reach import reach_of
from linli.residents.repository import live_residents
from linli.residents.schemas import ResidentUpdate
from linli.residents.service import get_resident, update_resident
from linli.tenancy.admin_portal.places import community_of
from linli.web.place import Place
from linli.web.tables import DataTable, RowAct, TableColumn


def _titles(session: ScopedSession, actor: Actor, place: Place, ids: Sequence[UUID]) -> Mapping[UUID, str]:
    found = live_residents(reach_of(actor, READ)).where(
        Resident.id.in_(ids), Resident.community_id == community_of(place).id
    )
    named = found.with_only_columns(Resident.id, Resident.name)
    return dict(session.execute(named).all())


def _mark(session: ScopedSession, actor: Actor, _place: Place, row_id: UUID, _answer: str) -> bool:
    return _set_migrant(session, actor, row_id, is_migrant=True)


def _unmark(session: ScopedSession, actor: Actor, _place: Place, row_id: UUID, _answer: str) -> bool:
    return _set_migrant(session, actor, row_id, is_migrant=False)


def _set_migrant(session: ScopedSession, actor: Actor, row_id: UUID, *, is_migrant: bool) -> bool:
    resident = get_resident(session, actor, row_id)
    if resident.is_migrant == is_migrant:
        return False
    update_resident(session, actor, row_id, ResidentUpdate(version=resident.version, is_migrant=is_migrant))
    return True


RESIDENTS = DataTable(
    name="residents",
    columns=(
        TableColumn("name", "姓名", sort="name", is_fixed=True),
        TableColumn("phone", "电话"),
        TableColumn("doors", "住处和产权"),
        TableColumn("account", "账号"),
        TableColumn("gender", "性别", is_shown=False),
        TableColumn("born_on", "出生日期", sort="born_on", is_shown=False),
        TableColumn("id_number", "身份证号", is_shown=False),
        TableColumn("remarks", "备注", is_shown=False),
        TableColumn("entered", "登记日期", sort="created_at", falls=True, is_shown=False),
    ),
    sort="name",
    # Not what was typed to find somebody: a view is kept as it stands.
    filters=("compound", "building", "migrants"),
    acts=(
        RowAct(
            "mark_migrant",
            "标为户籍在外地",
            "把选中的居民标为户籍在外地？",
            _mark,
            needs=MANAGE,
            undo="unmark_migrant",
        ),
        RowAct(
            "unmark_migrant",
            "取消户籍在外地",
            "取消选中居民的“户籍在外地”标记？",
            _unmark,
            needs=MANAGE,
            undo="mark_migrant",
        ),
    ),
    titles=_titles,
)
