"""What a reader keeps of a list: the choice of columns, and named views. Nobody sees another's."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from linli.db.session import ScopedSession
from linli.kit.errors import Conflict, Invalid, NotFound
from linli.kit.text import gettext as _
from linli.web.models import ListView

#: Views that one person keeps of one list, and letters of a view's name.
MOST_VIEWS = 20
MOST_LETTERS = 20
#: The row that holds the choice of columns outside any view.
UNNAMED = ""


def kept_of(session: ScopedSession, account_id: UUID, table: str) -> list[ListView]:
    """What the person keeps of a list here, the unnamed choice of columns among it; one query, bounded."""
    return list(
        session.scalars(select(ListView).where(*_own(session, account_id, table)).order_by(ListView.title).limit(100))
    )


def keep_columns(session: ScopedSession, account_id: UUID, table: str, columns: Sequence[str] | None) -> None:
    """Remember which columns show outside any view; ``None`` goes back to those of the list itself."""
    if columns is None:
        session.execute(delete(ListView).where(*_own(session, account_id, table), ListView.title == UNNAMED))
    else:
        _put(session, account_id, table, UNNAMED, "", columns)


def keep_view(
    session: ScopedSession, account_id: UUID, table: str, title: str, query: str, columns: Sequence[str]
) -> UUID:
    """Keep a view under a name; one of this name is written anew.

    Raises:
        Invalid: the name is empty or too long, or there are as many as there may be.
    """
    name = _checked(title)
    kept = [each.title for each in kept_of(session, account_id, table) if each.title != UNNAMED]
    if name not in kept and len(kept) >= MOST_VIEWS:
        raise Invalid.one("title", _("保存的视图太多"), _("每个列表最多 {n} 个，请先删除不用的").format(n=MOST_VIEWS))
    return _put(session, account_id, table, name, query, columns)


def rename_view(session: ScopedSession, account_id: UUID, table: str, view_id: UUID, title: str) -> None:
    """Give a view another name.

    Raises:
        Invalid: the name is empty or too long.
        Conflict: another view of this list has it.
        NotFound: it is none of this person's views of this list here.
    """
    name = _checked(title)
    own = _own(session, account_id, table)
    if session.scalar(select(ListView.id).where(*own, ListView.title == name, ListView.id != view_id)):
        raise Conflict(_("已有同名的视图，请换一个名称"))
    _change(session, own, view_id, title=name)


def choose_columns_of_view(
    session: ScopedSession, account_id: UUID, table: str, view_id: UUID, columns: Sequence[str]
) -> None:
    """Remember which columns a view shows.

    Raises:
        NotFound: it is none of this person's views of this list here.
    """
    _change(session, _own(session, account_id, table), view_id, columns=list(columns))


def prefer_view(session: ScopedSession, account_id: UUID, table: str, view_id: UUID, *, is_default: bool) -> None:
    """Open the list with this view from now on, in place of another; or with none.

    Raises:
        NotFound: it is none of this person's views of this list here.
    """
    own = _own(session, account_id, table)
    session.execute(update(ListView).where(*own, ListView.is_default).values(is_default=False))
    _change(session, own, view_id, is_default=is_default)


def forget_view(session: ScopedSession, account_id: UUID, table: str, view_id: UUID) -> None:
    """Delete a view; one that is gone already is gone."""
    session.execute(
        delete(ListView).where(*_own(session, account_id, table), ListView.id == view_id, ListView.title != UNNAMED)
    )


def _own(session: ScopedSession, account_id: UUID, table: str) -> tuple[ColumnElement[bool], ...]:
    # A community reads the street's rows through the wall: what somebody keeps there is another list's.
    return (
        ListView.account_id == account_id,
        ListView.table_name == table,
        ListView.community_id.is_not_distinct_from(session.scope.community_id),
    )


def _change(session: ScopedSession, own: tuple[ColumnElement[bool], ...], view_id: UUID, **values: object) -> None:
    changed = session.scalar(
        update(ListView)
        .where(*own, ListView.id == view_id, ListView.title != UNNAMED)
        .values(**values)
        .returning(ListView.id)
    )
    if changed is None:
        raise NotFound(_("没有找到这个视图"))


def _put(session: ScopedSession, account_id: UUID, table: str, title: str, query: str, columns: Sequence[str]) -> UUID:
    place = {
        "tenant_id": session.scope.tenant_id,
        "community_id": session.scope.community_id,
        "account_id": account_id,
        "table_name": table,
        "title": title,
    }
    values = {"query": query, "columns": list(columns)}
    view_id: UUID = session.scalars(
        insert(ListView)
        .values(**place, **values)
        .on_conflict_do_update(index_elements=list(place), set_={**values, "updated_at": func.now()})
        .returning(ListView.id)
    ).one()
    return view_id


def _checked(title: str) -> str:
    name = " ".join(title.split())
    if not name:
        raise Invalid.one("title", _("请填写视图的名称"))
    if len(name) > MOST_LETTERS:
        raise Invalid.one("title", _("视图的名称太长"), _("最多 {n} 个字").format(n=MOST_LETTERS))
    return name
