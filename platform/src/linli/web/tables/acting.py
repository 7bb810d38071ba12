"""One act on several rows: each in a savepoint of its own, each with its own result."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from linli.approvals import ApprovalRequired
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.cursor import MOST
from linli.kit.errors import Conflict, Forbidden, Invalid, LinliError, NotFound
from linli.kit.text import gettext as _
from linli.plugins.containment.savepoint import contained
from linli.web.place import Place
from linli.web.tables.declared import DataTable, RowAct

Outcome = Literal["done", "unchanged", "refused"]


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of one row; ``reason`` says why it stayed as it was."""

    id: UUID
    title: str
    outcome: Outcome
    reason: str = ""


def act_on(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    table: DataTable,
    act: RowAct,
    row_ids: Sequence[UUID],
    answer: str = "",
) -> list[RowResult]:
    """Do an act to each of the rows, in their order; one that is refused leaves the others done.

    Done again, it finds the rows as they are and changes nothing.

    Args:
        session: a unit of work.
        actor: who acts; every row is checked for them.
        place: where.
        table: the list.
        act: one of its acts.
        row_ids: each counts once.
        answer: the text that the act asks for.

    Raises:
        Invalid: no rows, more than a page can hold, or the text is missing or too long.
        ValueError: the list names no rows.
    """
    wanted = list(dict.fromkeys(row_ids))
    if not wanted:
        raise Invalid.one("id", _("请先勾选要处理的行"))
    if len(wanted) > MOST:
        raise Invalid.one("id", _("一次处理的行太多"), _("最多 {n} 行").format(n=MOST))
    words = _checked(act, answer)
    if table.titles is None:
        raise ValueError(f"table {table.name}: acts on rows need `titles`")
    titles = table.titles(session, actor, place, wanted)
    return [_one(session, actor, place, act, each, titles.get(each), words) for each in wanted]


def _checked(act: RowAct, answer: str) -> str:
    words = answer.strip()
    if act.asks and not words:
        raise Invalid.one(act.name, _("请填写{field}").format(field=_(act.asks)))
    if len(words) > act.most_words:
        allowed = _("最多 {n} 个字").format(n=act.most_words)
        raise Invalid.one(act.name, _("{field}太长").format(field=_(act.asks)), allowed)
    return words if act.asks else ""


def _one(
    session: ScopedSession, actor: Actor, place: Place, act: RowAct, row_id: UUID, title: str | None, answer: str
) -> RowResult:
    if title is None:
        return RowResult(row_id, _("找不到的内容"), "refused", _("已被删除，或不在您可以查看的范围内"))
    try:
        with contained(session):
            has_changed = act.run(session, actor, place, row_id, answer)
    except (LinliError, ApprovalRequired, StaleDataError, IntegrityError) as error:
        return RowResult(row_id, title, "refused", _reason(error))
    return RowResult(row_id, title, "done" if has_changed else "unchanged")


def _reason(error: Exception) -> str:
    if isinstance(error, ApprovalRequired):
        return _("需要另一人审批，请打开这一条单独办理")
    if isinstance(error, Invalid):
        return told(error)
    if isinstance(error, LinliError):
        return _(error.message)
    return _(Conflict().message)


def told(error: Invalid) -> str:
    """All that is wrong, in one line."""
    faults = (
        f"{each.message}{_('（{allowed}）').format(allowed=each.allowed) if each.allowed else ''}"
        for each in error.errors
    )
    return _("；").join(faults) or _(error.message)


def rows_of(sent: Iterable[str]) -> list[UUID]:
    """The ids that a form sent; whatever is none is left out."""
    found = []
    for each in sent:
        try:
            found.append(UUID(each))
        except ValueError:
            continue
    return found


def chosen_act(acts: Iterable[RowAct], table: DataTable, name: str) -> RowAct:
    """The act of this name, which this person may do.

    Raises:
        NotFound: the list has no such act.
        Forbidden: it has, and this person may not.
    """
    act: Any = table.act(name)
    if act is None:
        raise NotFound(_("没有这项操作"))
    if act not in acts:
        raise Forbidden
    return act
