"""The columns that plugins add to the roster: which there are, how a cell is read, what is written and shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from linli.db.session import ScopedSession
from linli.kit.errors import Conflict
from linli.kit.text import gettext as _
from linli.plugins.containment import COLUMN, PluginFailed, call
from linli.plugins.extended import plugins_roster_columns
from linli.plugins.gate import enabled_compounds
from linli.residents.roster.columns import Column, plain_title
from linli.residents.roster.reading import Layout
from linli.residents.roster.rows import RosterRowValues


def further_columns(session: ScopedSession, community_id: UUID) -> tuple[Column, ...]:
    """The columns of the plugins that are on in the whole community, in the plugins' order."""
    declared = plugins_roster_columns()
    on = {owner for owner in {each[0] for each in declared} if _is_on(session, owner, community_id)}
    return tuple(column for owner, column in declared if owner in on)


def _is_on(session: ScopedSession, plugin: str, community_id: UUID) -> bool:
    return enabled_compounds(session, plugin, community_id) is None


def with_further(layout: Layout, columns: Iterable[Column]) -> Layout:
    """The layout with what its header says of further columns; a second column of one field is not understood."""
    words = {plain_title(word): each.field for each in columns for word in (each.title, *each.synonyms)}
    fields: list[str | None] = []
    for field, title in zip(layout.fields, layout.titles, strict=True):
        found = field or words.get(plain_title(title))
        fields.append(None if found in fields else found)
    return Layout.restored({**layout.stored(), "fields": fields})


def fields_of(rows: Iterable[RosterRowValues]) -> set[str]:
    """The further fields in which these rows say something."""
    return {field for row in rows for field in row.values if "." in field}


class FurtherColumns:
    """The further columns of one import.

    Args:
        session: the unit of work.
        columns: of ``further_columns``; what rows say of others is passed over, as the column of a plugin that was
            switched off meanwhile.
    """

    def __init__(self, session: ScopedSession, columns: Sequence[Column]) -> None:
        self.session = session
        self._columns = columns

    def judge(self, rows: Sequence[RosterRowValues]) -> None:
        """Blame what a row cannot say: of a person where it names none, of a home two different things."""
        for column in self._columns:
            said: dict[UUID | None, tuple[Any, int]] = {}
            for row, about in self._said(column, rows):
                value = row.values[column.field]
                if about is None:
                    if not row.faults:
                        row.blame(column.field, _("这一行没有居民，不能填这一项"), _("请留空"))
                    continue
                first, number = said.setdefault(about, (value, row.n))
                if first != value:
                    row.blame(column.field, _("与第 {n} 行填写的不一致"), _("同一对象要填写相同的内容"), n=number)

    def changed(self, rows: Sequence[RosterRowValues]) -> set[int]:
        """The numbers of the rows that would change something in these columns."""
        found: set[int] = set()
        for column in self._columns:
            said = {row.n: (about, row.values[column.field]) for row, about in self._said(column, rows)}
            ids = sorted({about for about, _value in said.values() if about is not None})
            if ids:
                shown = _shown(self.session, column, ids)
                found |= {
                    n for n, (about, value) in said.items() if about and _as_text(column, value) != shown.get(about)
                }
        return found

    def write(self, rows: Sequence[RosterRowValues]) -> None:
        """Hand the values to the plugins; the rows' residents and dwellings are in the database by now.

        Raises:
            Conflict: a plugin could not write; nothing of the import may be kept.
        """
        for column in self._columns:
            values = {about: row.values[column.field] for row, about in self._said(column, rows) if about is not None}
            if values and column.write is not None:
                written = partial(_write, self.session, column.write, values)
                try:
                    call(self.session, _owner(column), COLUMN, written, where=column.field)
                except PluginFailed as error:
                    raise ColumnFailed(column) from error

    def _said(self, column: Column, rows: Sequence[RosterRowValues]) -> Iterator[tuple[RosterRowValues, UUID | None]]:
        for row in rows:
            if column.field in row.values:
                yield row, row.resident_id if column.of == "resident" else row.dwelling_id


class ColumnFailed(Conflict):
    """A plugin could not write its column, so that nothing was imported."""

    def __init__(self, column: Column) -> None:
        message = _("“{title}”这一列没有写成，名册没有导入").format(title=_(column.title))
        super().__init__(f"{message}。{_('请联系系统管理员，或去掉这一列再导入')}")


class ColumnUnread(Conflict):
    """A plugin could not say what its column holds."""

    def __init__(self, column: Column) -> None:
        message = _("“{title}”这一列读不出来").format(title=_(column.title))
        super().__init__(f"{message}。{_('请联系系统管理员，或停用这个插件后再试')}")


def _owner(column: Column) -> str:
    return column.field.partition(".")[0]


def _write(session: ScopedSession, write: Callable[..., None], values: Mapping[UUID, Any]) -> None:
    write(session, values)
    session.flush()


def _shown(session: ScopedSession, column: Column, ids: Sequence[UUID]) -> dict[UUID, str]:
    if column.show is None:
        return {}
    shown = column.show
    try:
        return call(session, _owner(column), COLUMN, lambda: dict(shown(session, ids)), where=column.field)
    except PluginFailed as error:
        raise ColumnUnread(column) from error


def shown_of(session: ScopedSession, columns: Sequence[Column], ids: Mapping[str, Sequence[UUID]]) -> dict[str, Any]:
    """What the cells of further columns show.

    Args:
        session: the unit of work.
        columns: of ``further_columns``.
        ids: of the residents and the dwellings in question, under ``resident`` and ``dwelling``.

    Returns:
        Field to what is shown of each id.
    """
    return {each.field: _shown(session, each, ids[each.of]) for each in columns}


def _as_text(column: Column, value: Any) -> str:
    if column.choices and value in column.choices:
        return column.choices[value][0]
    return str(value)
