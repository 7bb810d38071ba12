"""The addresses of a list beside its page: where columns and views are kept, and where rows are acted on."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.errors import Conflict, Forbidden, Invalid, NotFound
from linli.kit.text import gettext as _
from linli.web.forms import Form
from linli.web.place import Place
from linli.web.results import Redirect, View
from linli.web.routing import Handler
from linli.web.tables import kept
from linli.web.tables.acting import act_on, chosen_act, rows_of, told
from linli.web.tables.state import NO_VIEW, TableState


def table_pages(show: Handler) -> list[Handler]:
    """What a list needs beside its page, for whoever may open that page.

    Args:
        show: the list's page, declared with ``table``.

    Raises:
        TypeError: it declares none.
    """
    if show.table is None:
        raise TypeError(f"{show.name} declares no table")
    base = show.path.rstrip("/")
    pages = [_beside(show, f"{base}/table", arrange_table)]
    return [*pages, _beside(show, f"{base}/acts", act_on_rows)] if show.table.acts else pages


def _beside(show: Handler, path: str, call: object) -> Handler:
    return Handler(
        "POST",
        path,
        call,  # type: ignore[arg-type]
        needs=show.needs,
        signed_in=show.needs is None,
        status=201,
        name=call.__name__,  # type: ignore[attr-defined]
        table=show.table,
    )


def arrange_table(session: ScopedSession, actor: Actor, form: Form, table: TableState) -> Redirect:
    """Keep which columns show, or a view; then the list again, as it was.

    ``step`` is ``columns``, ``reset``, ``keep``, ``rename``, ``prefer``, ``release`` or ``forget``.
    """
    if actor.account_id is None or not table.keeps:
        raise Forbidden
    try:
        return _arranged(session, actor.account_id, form, table)
    except Invalid as error:
        return _back(table, told(error), "warning")
    except (Conflict, NotFound) as error:
        return _back(table, _(error.message), "warning")


def _arranged(session: ScopedSession, account_id: UUID, form: Form, table: TableState) -> Redirect:
    match form.value("step"):
        case "columns":
            return _choose(session, account_id, table, form.all("column"))
        case "reset":
            return _choose(session, account_id, table, None)
        case "keep":
            return _keep(session, account_id, table, form)
        case "rename":
            view_id = _view_id(form)
            kept.rename_view(session, account_id, table.key, view_id, form.value("title"))
            return _back(table, _("已改名"))
        case "prefer" | "release" as step:
            kept.prefer_view(session, account_id, table.key, _view_id(form), is_default=step == "prefer")
            said = _("以后打开列表时先显示这个视图") if step == "prefer" else _("以后打开列表时显示全部")
            return _back(table, said)
        case "forget":
            kept.forget_view(session, account_id, table.key, _view_id(form))
            return Redirect(f"{table.path}?view={NO_VIEW}", _("已删除这个视图"), absolute=True)
    raise Invalid.one("step", _("没有这项操作"))


def _choose(session: ScopedSession, account_id: UUID, table: TableState, wanted: list[str] | None) -> Redirect:
    own = [each for each in table.columns if each.is_shown] if wanted is None else table.columns
    columns = [each.name for each in own if wanted is None or each.name in wanted]
    if (view := table.view) is not None:
        kept.choose_columns_of_view(session, account_id, table.key, view.id, columns)
    else:
        kept.keep_columns(session, account_id, table.key, None if wanted is None else columns)
    return _back(table, _("已恢复默认的列") if wanted is None else _("已保存显示的列"))


def _keep(session: ScopedSession, account_id: UUID, table: TableState, form: Form) -> Redirect:
    query = table.kept_query
    view_id = kept.keep_view(session, account_id, table.key, form.value("title"), query, table.shown)
    if form.checked("is_default"):
        kept.prefer_view(session, account_id, table.key, view_id, is_default=True)
    address = urlencode([*parse_qsl(query), ("view", str(view_id))])
    return Redirect(f"{table.path}?{address}", _("已保存视图"), absolute=True)


def _view_id(form: Form) -> UUID:
    try:
        return UUID(form.value("view_id"))
    except ValueError as error:
        raise NotFound(_("没有找到这个视图")) from error


def _back(table: TableState, message: str, tone: str = "done") -> Redirect:
    # What the address said stays, so that nobody loses their filters; and a default view is not opened over it.
    return Redirect(table.address() if table.query else f"{table.path}?view={NO_VIEW}", message, tone, absolute=True)


def act_on_rows(session: ScopedSession, actor: Actor, place: Place, form: Form, table: TableState) -> View | Redirect:
    """Do one act to all rows that were ticked, and tell what became of each."""
    act = chosen_act(table.acts, table.table, form.value("act"))
    chosen = form.all("shown") if form.checked("all") else form.all("id")
    try:
        results = act_on(session, actor, place, table.table, act, rows_of(chosen), form.value(f"answer_{act.name}"))
    except Invalid as error:
        return _back(table, told(error), "warning")
    done = [each for each in results if each.outcome == "done"]
    undo = next((each for each in table.acts if each.name == act.undo), None)
    context = {
        "act": act,
        "back": table.address(),
        "done": done,
        "unchanged": [each for each in results if each.outcome == "unchanged"],
        "refused": [each for each in results if each.outcome == "refused"],
        "undo": undo if done else None,
    }
    return View("rows_done.html", context)
