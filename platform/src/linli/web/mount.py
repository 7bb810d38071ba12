"""Declared handlers become routes here, and only here: behind the guard, in one unit of work, answered in one form."""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from litestar import Request, Response, Router
from litestar.datastructures import UploadFile
from litestar.enums import MediaType
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import ResponseSpec
from litestar.params import JSONBody, PathParameter, QueryParameter
from litestar.response import Redirect as RedirectResponse
from litestar.response import Stream

from linli.db.session import ScopedSession
from linli.kit.errors import FieldError, Invalid
from linli.kit.text import gettext as _
from linli.kit.text import speaking
from linli.web.errors import largest_body
from linli.web.flash import COOKIE as FLASH_COOKIE
from linli.web.flash import seal_flash
from linli.web.forms import Form
from linli.web.place import PREFIXES
from linli.web.results import Download, Problem, Redirect, View
from linli.web.routing import MAX_BODY, PROVIDED, Handler, Portal
from linli.web.shell import page_context
from linli.web.site import Site
from linli.web.visit import TOO_LARGE, Visit, admit

#: What a declared type may say about a parameter, by the same names in both libraries.
_LIMITS = ("gt", "ge", "lt", "le", "multiple_of", "pattern", "min_length", "max_length", "title", "description")

#: Names that the framework keeps for itself; a handler may use them all the same for its query parameters.
_TAKEN = frozenset({"state", "headers", "cookies", "query", "body", "socket"})
_ASIDE = "query_parameter_"

PROBLEM_JSON = "application/problem+json"
_PROBLEMS = {
    400: "The request cannot be read",
    401: "Nobody is signed in",
    403: "The permission is not held",
    404: "There is no such thing here",
    405: "This address does not know the method",
    409: "It has changed meanwhile or exists already",
    413: "The body is too large",
    422: "The input has faults, each named",
    429: "Too many attempts",
}


def mount(site: Site, portal: Portal, handlers: Iterable[object], *, owner: str = "core") -> Router:
    """A router with every handler of one owner for one portal; a plugin's lie below its name."""
    prefix = PREFIXES[portal] + ("" if owner == "core" else f"/{owner}")
    return Router(prefix, route_handlers=[_route(site, portal, owner, handler) for handler in handlers])


def _route(site: Site, portal: Portal, owner: str, handler: object) -> HTTPRouteHandler:
    if not isinstance(handler, Handler):
        raise TypeError(f"{owner}: {handler!r} is not made by get, post, put, patch or delete of linli.web.routing")
    if handler.is_deferred and not handler.is_read:
        # Whoever changes something is settled, and the form's token checked, before the handler runs.
        raise TypeError(f"{owner}: {handler.name} is asynchronous, which only GET may be")
    hints = typing.get_type_hints(handler.call, include_extras=True)
    parameters = inspect.signature(handler.call).parameters
    asked = [name for name in parameters if name not in PROVIDED]
    if not portal.is_api:
        asked = [name for name in asked if name != "data"]
    answers = hints.get("return", Any)

    async def endpoint(request: Request, **given: Any) -> Any:
        visit: Visit = request.state["visit"]
        form = await _read_form(request) if handler.method != "GET" and not portal.is_api else Form()
        given = {name.removeprefix(_ASIDE): value for name, value in given.items()}
        if form is None:
            return await site.in_thread(_Call(site, handler, visit, request, Form(), given, parameters, hints).refuse)
        call = _Call(site, handler, visit, request, form, given, parameters, hints)
        if handler.is_deferred:
            return await call.deferred()
        return await site.in_thread(call.run)

    if portal.has_street and (reserved := {"street", "community"} & set(asked)):
        raise TypeError(f"{owner}: {handler.name} asks for {sorted(reserved)}, which the portal's own path names")
    in_path = set(re.findall(r"{(\w+)", PREFIXES[portal] + handler.path))
    signature = [inspect.Parameter("request", inspect.Parameter.KEYWORD_ONLY, annotation=Request)]
    signature += [
        inspect.Parameter(
            _ASIDE + name if name in _TAKEN else name,
            inspect.Parameter.KEYWORD_ONLY,
            default=parameters[name].default,
            annotation=_source_of(name, hints.get(name, str), name in in_path),
        )
        for name in asked
    ]
    returns = answers if portal.is_api and not _is_download(answers) else Response[Any]
    endpoint.__signature__ = inspect.Signature(signature, return_annotation=returns)  # type: ignore[attr-defined]
    endpoint.__annotations__ = {p.name: p.annotation for p in signature} | {"return": returns}
    endpoint.__name__ = endpoint.__qualname__ = handler.name
    endpoint.__module__ = handler.call.__module__
    return HTTPRouteHandler(
        handler.path,
        http_method=handler.method,  # type: ignore[arg-type]
        guards=[admit(site, portal, owner, handler)],
        status_code=handler.status,
        request_max_body_size=handler.max_body,
        include_in_schema=portal.is_api,
        operation_id=f"{owner}_{portal.value}_{handler.name}" if portal.is_api else None,
        summary=handler.summary or None,
        tags=list(handler.tags) or [owner],
        security=None if handler.public else [{"bearer": []}],
        responses=_documented(handler) if portal.is_api else None,
        opt={"owner": owner, "portal": portal, "handler": handler},
    )(endpoint)


def _source_of(name: str, kind: Any, is_in_path: bool) -> Any:
    if name == "data":
        return JSONBody[kind]
    limits: dict[str, Any] = {}
    if typing.get_origin(kind) is Annotated:
        kind, *metadata = typing.get_args(kind)
        for meta in metadata:
            if isinstance(meta, msgspec.Meta):
                limits |= {key: found for key in _LIMITS if (found := getattr(meta, key)) is not None}
    if name in _TAKEN:
        limits["name"] = name
    return Annotated[kind, (PathParameter if is_in_path else QueryParameter)(**limits)]


def _documented(handler: Handler) -> dict[int, ResponseSpec]:
    return {
        status: ResponseSpec(Problem, media_type=PROBLEM_JSON, description=description, generate_examples=False)  # type: ignore[arg-type]
        for status, description in _PROBLEMS.items()
        if not (handler.is_read and status == 413)
    }


def _is_download(annotation: Any) -> bool:
    return inspect.isclass(annotation) and issubclass(annotation, Download)


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
        elif isinstance(value, str):
            form.values.setdefault(name, []).append(value)
    return form


class _Call:
    """One request on its way through one handler."""

    def __init__(
        self,
        site: Site,
        handler: Handler,
        visit: Visit,
        request: Request,
        form: Form,
        given: dict[str, Any],
        parameters: Any,
        hints: dict[str, Any],
    ) -> None:
        self.site, self.handler, self.visit, self.request = site, handler, visit, request
        self.form, self.given, self.parameters, self.hints = form, given, parameters, hints

    def run(self) -> Any:
        """The handler in one unit of work, its page rendered inside, its commit after; or the page of a faulty form."""
        with speaking(self.visit.locale):
            try:
                return self._run(self.handler)
            except Invalid as error:
                if self.handler.retry is None:
                    raise
                self.form.errors = {fault.field: fault for fault in error.errors}
                self.form.message = error.message
                return self._run(self.handler.retry, status=422)

    def refuse(self) -> Any:
        """The page of the form again, because what was sent is larger than allowed; the handler never runs."""
        with speaking(self.visit.locale):
            if self.handler.retry is None:
                raise RequestEntityTooLarge
            # Uploads are what is large, and their field is called so wherever there is one.
            is_upload = self.handler.max_body > MAX_BODY
            fault = FieldError("file", _("文件太大")) if is_upload else FieldError("", _("提交的内容太大"))
            self.form.errors = {fault.field: replace(fault, allowed=largest_body(self.handler))}
            return self._run(self.handler.retry, status=413)

    def _run(self, handler: Handler, status: int | None = None) -> Any:
        visit = self.visit
        if visit.place.scope is None:
            return self._answer(handler.call(**self._arguments(handler, None)), None, status)
        read_only = handler.is_read
        with self.site.house.database.unit_of_work(visit.scope, visit.actor, read_only=read_only) as session:
            if not visit.place.portal.is_api and visit.has_no_language:
                visit.locale = self.site.look_of(visit.place, session).locale or visit.locale
            with speaking(visit.locale):
                return self._handle(handler, session, read_only, status)

    def _handle(self, handler: Handler, session: ScopedSession, read_only: bool, status: int | None) -> Any:
        result = handler.call(**self._arguments(handler, session))
        if not read_only:
            # What the database still has to say (a constraint, a stale version) is said before the page is made.
            session.flush()
        return self._answer(result, session, status)

    async def deferred(self) -> Any:
        """An asynchronous handler: its first read settles who is calling."""
        from linli.web.reads import Reads

        reads = Reads(self.site, self.visit)
        with speaking(self.visit.locale):
            result = await self.handler.call(**self._arguments(self.handler, None), read=reads)
            await reads.settle()
            return result if self.visit.place.portal.is_api else self._answer(result, None, None)

    def _arguments(self, handler: Handler, session: ScopedSession | None) -> dict[str, Any]:
        parameters = self.parameters if handler is self.handler else inspect.signature(handler.call).parameters
        provided: dict[str, Callable[[], Any]] = {
            "session": lambda: session,
            "actor": lambda: self.visit.actor,
            "scope": lambda: self.visit.scope,
            "place": lambda: self.visit.place,
            "request": lambda: self.request,
            "form": lambda: self.form,
            "house": lambda: self.site.house,
            "visit": lambda: self.visit,
        }
        arguments: dict[str, Any] = {}
        for name in parameters:
            if name in provided:
                arguments[name] = provided[name]()
            elif name == "data" and not self.visit.place.portal.is_api:
                arguments[name] = self.form.bind(self.hints["data"])
            elif name in self.given:
                arguments[name] = self.given[name]
        return arguments

    def _answer(self, result: Any, session: ScopedSession | None, status: int | None) -> Any:
        if isinstance(result, View):
            is_fragment = (
                result.fragment
                and self.request.headers.get("hx-request")
                and not self.request.headers.get("hx-boosted")
            )
            template = result.fragment if is_fragment and result.fragment else result.template
            context = page_context(self.site, self.visit, self.request, session, self.form) | dict(result.context)
            page = Response(
                self.site.templates.render(template, context),
                media_type=MediaType.HTML,
                status_code=status or result.status,
            )
            if FLASH_COOKIE in self.request.cookies:
                page.delete_cookie(FLASH_COOKIE)
            for cookie in result.cookies:
                page.set_cookie(cookie)
            return page
        if isinstance(result, Redirect):
            return redirect(self.site, self.visit, result)
        if isinstance(result, Download):
            return download(result)
        return result


def redirect(site: Site, visit: Visit, result: Redirect) -> Response:
    """303 to a page of this site, with its message in a cookie."""
    to = result.to if result.absolute else visit.place.url(result.to)
    response = RedirectResponse(to, status_code=303)
    if result.message:
        response.set_cookie(
            FLASH_COOKIE,
            seal_flash(site.flash_key, result.message, result.tone, to),
            httponly=True,
            secure=site.house.settings.https,
            samesite="lax",
            max_age=60,
        )
    for cookie in result.cookies:
        response.set_cookie(cookie)
    return response


def download(result: Download) -> Response:
    """The file, never interpreted by the browser as a page of ours."""
    kind = "inline" if result.inline else "attachment"
    headers = {
        "content-disposition": f"{kind}; filename*=UTF-8''{quote(result.name)}",
        "content-security-policy": "sandbox; default-src 'none'",
        **result.headers,
    }
    if isinstance(result.content, bytes):
        return Response(result.content, media_type=result.media_type, headers=headers)
    return Stream(result.content, media_type=result.media_type, headers=headers)
