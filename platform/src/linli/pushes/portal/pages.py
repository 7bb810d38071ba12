"""Pushing down: what there is to push, the form, the preview of each community, the progress, taking it back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID, uuid4

import msgspec
from litestar import Request
from msgspec import Meta, Struct

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.errors import Conflict, FieldError, Invalid
from linli.kit.text import gettext as _
from linli.plugins.containment import PluginFailed
from linli.plugins.gate import CORE
from linli.plugins.pushing import Push, declared_pushes
from linli.pushes.permissions import READ, USE
from linli.pushes.seeing import (
    WHOM,
    asked,
    find_kind,
    foresee,
    kinds_for,
    payload_of,
    wanted_communities,
)
from linli.pushes.service import find_push, list_pushes, results_of, start_push, undo_push
from linli.tasks import job_state
from linli.tenancy.overview import community_lines
from linli.web.forms import Form, bind
from linli.web.place import Place
from linli.web.results import Redirect, View
from linli.web.routing import Portal, get, post
from linli.web.visit import Visit

#: State of a push, and of its result in a community, to title and tone; messages.
STATES = {
    "running": ("正在下发", "warn"),
    "done": ("已办", "good"),
    "undoing": ("正在撤回", "warn"),
    "undone": ("已撤回", "calm"),
    "waiting": ("等待", "calm"),
    "refused": ("没有办成", "bad"),
}
#: Characters of a confirmed form.
_MOST_PAYLOAD = 60_000
_MOST_LINES = 500
_Kind = Annotated[str, Meta(max_length=130)]


class StartForm(Struct):
    """What was previewed and is confirmed."""

    key: UUID
    payload: Annotated[str, Meta(max_length=_MOST_PAYLOAD)]
    community: list[UUID] = []


class UndoForm(Struct):
    """Why a push is taken back."""

    reason: Annotated[str, Meta(min_length=1, max_length=300)]


@get("/pushes", needs=READ)
def show_pushes(session: ScopedSession, actor: Actor, visit: Visit, after: UUID | None = None) -> View:
    """What can be pushed down, and what was."""
    rows, following = list_pushes(session, after=after)
    kinds = kinds_for(actor, visit.plugins) if actor.can(USE) else []
    titles = {name: _(kind.title) for name, (_owner, kind) in declared_pushes().items()}
    context = {"pushes": rows, "next": following, "kinds": [kind for _owner, kind in kinds], "titles": titles}
    return View("pushes/list.html", context | _words(), fragment="pushes/_list.html")


@get("/pushes/new/{kind:str}", needs=USE)
def show_push_form(session: ScopedSession, actor: Actor, request: Request, visit: Visit, kind: _Kind) -> View:
    """The form of one kind, and the choice of communities."""
    owner, found = find_kind(actor, visit.plugins, kind)
    return View("pushes/new.html", _form(session, actor, request.query_params, owner, found))


@post("/pushes/new/{kind:str}", needs=USE, retry=show_push_form)
def preview_push(session: ScopedSession, actor: Actor, visit: Visit, form: Form, kind: _Kind) -> View:
    """What would happen in each community; nothing is done yet."""
    owner, found = find_kind(actor, visit.plugins, kind)
    data = form.bind(found.data)
    whom = form.value("whom") or "all"
    chosen = {each for text in form.all("community") if (each := _uuid(text)) is not None}
    communities = wanted_communities(session, owner, whom if whom in WHOM else "all", chosen)
    try:
        lines = foresee(session, actor, owner, found, communities, data)
    except PluginFailed as error:
        raise Conflict(_("插件出错，不能预览")) from error
    context: dict[str, Any] = {"kind": found, "lines": lines, "titled": found.titled(data), "key": uuid4()}
    context["payload"] = msgspec.json.encode(payload_of(data)).decode()
    context["ready"] = [line for line in lines if not line.foreseen.refused]
    return View("pushes/preview.html", context)


@post("/pushes/start/{kind:str}", needs=USE, max_body=512 * 1024)
def confirm_push(session: ScopedSession, actor: Actor, visit: Visit, kind: _Kind, data: StartForm) -> Redirect:
    """Push down what was previewed. A second click leads to the same push."""
    _owner, found = find_kind(actor, visit.plugins, kind)
    try:
        given = bind(found.data, msgspec.json.decode(data.payload), strict=False)
    except msgspec.DecodeError as error:
        raise Invalid.one("payload", _("内容已经损坏，请重新填写")) from error
    run = start_push(session, actor, found, given, data.community, data.key)
    return Redirect(f"/pushes/{run.id}", _("已经开始下发") if run.state == "running" else _("已经下发"))


@get("/pushes/{push_id:uuid}", needs=READ)
def show_push(session: ScopedSession, actor: Actor, request: Request, place: Place, push_id: UUID) -> View:
    """One push: how far it is, and what became of it in each community."""
    run = find_push(session, push_id)
    results = results_of(session, push_id)
    owner, kind = declared_pushes().get(run.kind, (CORE, None))
    settled = sum(
        each.result.undo_tried or each.result.state == "refused"
        if run.state in ("undoing", "undone")
        else each.result.state != "waiting"
        for each in results
    )
    context: dict[str, Any] = {"run": run, "results": results, "settled": settled, "owner": owner}
    context["kind_title"] = _(kind.title) if kind else run.kind
    context["may_undo"] = (
        kind is not None
        and kind.undo is not None
        and run.state == "done"
        and actor.can(USE)
        and actor.can(kind.needs)
        and any(each.result.state == "done" for each in results)
    )
    context["counts"] = _counts(results)
    context["job"] = job_state(session, run.job_id) if run.job_id else None
    context["portals"] = {each.slug: place.root_of(Portal.ADMIN, community=each.slug) for each in results}
    # The part that looks again every few seconds is told so to stop.
    is_over = bool(request.headers.get("hx-request")) and run.state in ("done", "undone")
    return View(
        "pushes/detail.html", context | _words(), fragment="pushes/_results.html", status=286 if is_over else 200
    )


@post("/pushes/{push_id:uuid}/undo", needs=USE, retry=show_push)
def take_back_push(session: ScopedSession, actor: Actor, push_id: UUID, data: UndoForm) -> Redirect:
    """Take back what the push did, wherever that can still be done."""
    run = undo_push(session, actor, push_id, data.reason)
    return Redirect(f"/pushes/{push_id}", _("正在撤回") if run.state == "undoing" else _("已经撤回"))


def _form(session: ScopedSession, actor: Actor, given: Mapping[str, str], owner: str, kind: Push) -> dict[str, Any]:
    choices = kind.choices
    context: dict[str, Any] = {"kind": kind, "whom": {key: _(title) for key, title in WHOM.items()}}
    if owner == CORE:
        del context["whom"]["no_plugin"]
    context["lines"] = community_lines(session, state="active", limit=_MOST_LINES).items
    if choices is not None:
        try:
            context |= asked(session, owner, kind, lambda: dict(choices(session, actor, dict(given))))
        except PluginFailed as error:
            raise Conflict(_("插件出错，不能填写")) from error
    return context


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid(errors=[FieldError("community", _("没有找到这个社区"))]) from error


def _counts(results: list[Any]) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in results:
        found[each.result.state] = found.get(each.result.state, 0) + 1
    return found


def _words() -> dict[str, Any]:
    return {"states": {state: (_(title), tone) for state, (title, tone) in STATES.items()}}


console = [show_pushes, show_push_form, preview_push, confirm_push, show_push, take_back_push]
