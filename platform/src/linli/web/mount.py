"""Declared handlers become routes here, and only here: behind the guard, in one unit of work, answered in one form."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

from litestar import Request, Response, Router
from litestar.connection import ASGIConnection
from litestar.datastructures import UploadFile
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.handlers import HTTPRouteHandler
from litestar.handlers.base import BaseRouteHandler
from litestar.openapi import ResponseSpec
from litestar.routes import HTTPRoute
from litestar.utils import join_paths

from linli.kit.errors import NotJson
from linli.web.asides import aside_of
from linli.web.calls import Call
from linli.web.document.answers import statuses_of
from linli.web.document.building import operation_id
from linli.web.document.words import ANSWERS
from linli.web.forms import ASIDES, Form
from linli.web.guests import guest
from linli.web.place import PREFIXES
from linli.web.results import Problem
from linli.web.routing import Handler, Portal
from linli.web.signatures import Signature, read_signature
from linli.web.site import Site
from linli.web.visit import TOO_LARGE, Visit, admit

PROBLEM_JSON = "application/problem+json"


class Routes(Router):
    """Many handlers, put together at once.

    The framework's router looks through all of its routes for each handler that it is given, and is copied with every
    handler when the application takes it in. With 675 handlers that was a sixth of the time to start.
    """

    def __init__(self, prefix: str, handlers: Iterable[HTTPRouteHandler]) -> None:
        super().__init__(prefix, route_handlers=())
        of_path: dict[str, list[HTTPRouteHandler]] = {}
        for handler in handlers:
            handler.owner = self
            for path in handler.paths:
                of_path.setdefault(join_paths([self.path, path]), []).append(handler)
        self.routes = [HTTPRoute(path=path, route_handlers=each) for path, each in of_path.items()]

    def __deepcopy__(self, _memo: object) -> Routes:
        return self


def mount(site: Site, portal: Portal, handlers: Iterable[object], *, owner: str = "core") -> Router:
    """A router with every handler of one owner for one portal; a plugin's lie below its name."""
    prefix = PREFIXES[portal] + ("" if owner == "core" else f"/{owner}")
    declared = list(handlers)
    routes = [_route(site, portal, owner, handler) for handler in declared]
    # A file is also asked after without being fetched, as download programs and link checkers do.
    routes += [_route(site, portal, owner, each, method="HEAD") for each in declared if _sends_a_file(each)]
    return Routes(prefix, routes)


def _sends_a_file(handler: object) -> bool:
    return isinstance(handler, Handler) and handler.is_read and handler.is_download


def _route(site: Site, portal: Portal, owner: str, handler: object, *, method: str = "") -> HTTPRouteHandler:
    if not isinstance(handler, Handler):
        raise TypeError(f"{owner}: {handler!r} is not made by get, post, put, patch or delete of linli.web.routing")
    if handler.is_deferred and not handler.is_read:
        # Whoever changes something is settled, and the form's token checked, before the handler runs.
        raise TypeError(f"{owner}: {handler.name} is asynchronous, which only GET may be")
    if handler.table is not None and (handler.is_deferred or (portal.is_api and not handler.is_download)):
        raise TypeError(f"{owner}: {handler.name} shows no table: only pages and files of a unit of work do")
    asked = read_signature(portal, owner, handler)
    answers = asked.hints.get("return", Any)

    async def endpoint(request: Request, **given: Any) -> Any:
        visit: Visit = request.state["visit"]
        form = await _read_form(request) if handler.method != "GET" and not portal.is_api else Form()
        call = Call(site, handler, asked, visit, request, form or Form(), asked.gathered(given))
        if form is not None and handler.is_deferred:
            return await call.deferred()
        work = call.refuse if form is None else aside_of(call) or call.run
        return await (site.in_thread(work) if owner == "core" else guest(site, call, work))

    signature = asked.parameters
    reads_json = portal.is_api and asked.body is not None
    returns = answers if portal.is_api and not handler.is_download else Response[Any]
    endpoint.__signature__ = inspect.Signature(signature, return_annotation=returns)  # type: ignore[attr-defined]
    endpoint.__annotations__ = {p.name: p.annotation for p in signature} | {"return": returns}
    endpoint.__name__ = endpoint.__qualname__ = handler.name
    endpoint.__module__ = handler.call.__module__
    return HTTPRouteHandler(
        handler.path,
        http_method=method or handler.method,  # type: ignore[arg-type]
        guards=[admit(site, portal, owner, handler), *([require_json] if reads_json else [])],
        status_code=handler.status,
        request_max_body_size=handler.max_body,
        include_in_schema=portal.is_api and not method,
        operation_id=operation_id(owner, portal.value, handler) if portal.is_api else None,
        summary=handler.summary or None,
        tags=list(handler.tags) or [owner],
        security=None if handler.public else [{"bearer": []}],
        responses=_documented(handler, asked) if portal.is_api else None,
        opt={} if method else {"owner": owner, "portal": portal, "handler": handler},
    )(endpoint)


def require_json(connection: ASGIConnection, _route: BaseRouteHandler) -> None:
    """What is declared to be something else than JSON is not read as JSON; without a word it is.

    Raises:
        NotJson: it is declared so.
    """
    declared = connection.headers.get("content-type", "").partition(";")[0].strip().lower()
    if declared and declared != "application/json" and not declared.endswith("+json"):
        raise NotJson


def _documented(handler: Handler, asked: Signature) -> dict[int, ResponseSpec]:
    return {
        status: ResponseSpec(Problem, media_type=PROBLEM_JSON, description=ANSWERS[status], generate_examples=False)  # type: ignore[arg-type]
        for status in sorted(statuses_of(handler, asked))
    }


async def _read_form(request: Request) -> Form | None:
    """What was sent; ``None`` when it is larger than the handler allows."""
    if request.state.get(TOO_LARGE):
        return None
    try:
        data = await request.form()
    except RequestEntityTooLarge:
        return None
    form = Form()
    for name, value in data.multi_items():
        if isinstance(value, UploadFile):
            if value.filename:
                form.files[name] = value
                form.uploads[name] = await value.read()
                form.photos.setdefault(name, []).append((value, form.uploads[name]))
        elif isinstance(value, str) and name in ASIDES:
            form.asides[name] = value
        elif isinstance(value, str):
            form.values.setdefault(name, []).append(value)
    # Large ones lie in temporary files, which are given back now and not when they happen to be collected.
    await data.close()
    return form
