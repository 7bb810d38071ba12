"""One request on its way through one declared handler: one unit of work, its answer made inside, its commit after."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import msgspec
from litestar import Request, Response
from litestar.enums import MediaType
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.response import Redirect as RedirectResponse
from litestar.response import Stream
from litestar.serialization import encode_json
from sqlalchemy.orm.exc import StaleDataError

from linli.approvals import ApprovalRequired
from linli.db.session import ScopedSession, hands_off
from linli.kit.errors import Conflict, FieldError, Invalid, LinliError, PreconditionFailed, Stale
from linli.kit.focus import focused
from linli.kit.streams import Chunks
from linli.kit.text import gettext as _
from linli.kit.text import speaking
from linli.notifications.inbox import unread_query
from linli.plugins.containment.calls import CIRCUITS, UnitLost, WrongAnswer
from linli.web.asides import RESTORE, STEP, forget_sent, gather, restored, step_at_fault
from linli.web.asking import ask_instead
from linli.web.cookies import read_cookie
from linli.web.errors import largest_body
from linli.web.flash import COOKIE as FLASH_COOKIE
from linli.web.flash import flash_cookie, no_flash_cookie
from linli.web.focusing import EVERYTHING, Narrowed, narrowed_to_compound, narrowed_to_home
from linli.web.forms import Form, unstorable
from linli.web.guests import fits, streamed
from linli.web.idempotency import HEADER as KEY_HEADER
from linli.web.idempotency import REPLAYED, Answered, Attempt, read_attempt
from linli.web.preconditions import IfMatch, is_unchanged, tag_of
from linli.web.remembering import last_cookie
from linli.web.results import Download, GuardedView, Page, Redirect, View
from linli.web.routing import MAX_BODY, Handler, Portal
from linli.web.shell import page_context, shows_bell
from linli.web.signatures import Signature
from linli.web.site import Site
from linli.web.tables.state import TableState, open_table
from linli.web.visit import Visit

#: The header of a form that scripts send with its photos, to show how far they are.
PROGRESS = "x-form-progress"


class Call:
    """One request, its handler, and what it was given."""

    def __init__(
        self,
        site: Site,
        handler: Handler,
        signature: Signature,
        visit: Visit,
        request: Request,
        form: Form,
        given: dict[str, Any],
    ) -> None:
        self.site, self.handler, self.signature, self.visit, self.request = site, handler, signature, visit, request
        self.form, self.given = form, given
        #: The bell's count, where the read door asked for it.
        self.unread: int | None = None
        #: The list that the page shows, as its reader looks at it.
        self.table: TableState | None = None

    def run(self) -> Any:
        """The handler in one unit of work; or the page of a faulty form."""
        with speaking(self.visit.locale):
            self._check_query()
            try:
                self._check_texts(self.form.values, self.given.get("data"))
                return self._patiently(self.handler)
            except ApprovalRequired as needed:
                answer = ask_instead(self.site, self.visit, needed, self.form)
                if "_draft" in self.form.asides:
                    with self.unit_of_work() as session:
                        forget_sent(self, session)
                return answer
            except Invalid as error:
                if self.handler.retry is None:
                    raise
                self.form.errors = {fault.field: fault for fault in error.errors}
                self.form.message = _(error.message)
                self.form.step = step_at_fault(self)
                return self._run(self.handler.retry, status=422)

    def show_again(self, status: int = 200) -> Any:
        """The page of the form with what was typed so far, for what is chosen in it step by step without scripts."""
        with speaking(self.visit.locale):
            self._check_texts(self.form.values)
            return self._run(self.handler.retry or self.handler, status=status)

    def unit_of_work(self) -> AbstractContextManager[ScopedSession]:
        """A unit of work of this person at this place, for what the core itself keeps of a form."""
        return self.site.house.database.unit_of_work(self.visit.scope, self.visit.actor)

    def spoken(self) -> str:
        """The language that the answer is written in."""
        if not self.visit.has_no_language or self.visit.place.scope is None:
            return self.visit.locale
        with self.site.house.database.unit_of_work(self.visit.scope, self.visit.actor, read_only=True) as session:
            return self.site.look_of(self.visit.place, session).locale or self.visit.locale

    def _patiently(self, handler: Handler) -> Any:
        """A page in which a card took everything along is made again without the plugins that do so."""
        while True:
            try:
                return self._run(handler)
            except UnitLost as lost:
                if not handler.is_read or self.visit.circuits.is_open(lost.owner, lost.kind.part):
                    raise
                self.visit.circuits = self.visit.circuits.without(lost.owner)

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

    async def deferred(self) -> Any:
        """An asynchronous handler: its first read settles who is calling."""
        from linli.web.reads import Reads

        reads = Reads(self.site, self.visit, self.request)
        with speaking(self.visit.locale):
            try:
                self._check_query()
            except LinliError:
                # Who may not ask at all is told that first.
                await reads.settle()
                raise
            result = self._held(await self.handler.call(**self._arguments(self.handler, None), read=reads))
            await reads.settle()
            if self.is_api:
                return self._told(result)
            if isinstance(result, View) and shows_bell(self.visit) and not self._is_fragment(result):
                (counted,) = await reads(unread_query(self.visit.actor, self.visit.scope))
                self.unread = counted[0][0]
            return self._answer(result, None, None)

    @property
    def is_api(self) -> bool:
        return self.visit.place.portal.is_api

    def _check_query(self) -> None:
        self.signature.check_query(self.request.query_params, is_api=self.is_api)
        self._check_texts(self.request.query_params.dict())

    def _check_texts(self, *sent: object) -> None:
        if faults := [fault for each in sent for fault in unstorable(each)]:
            raise Invalid(errors=faults)

    def _run(self, handler: Handler, status: int | None = None) -> Any:
        visit = self.visit
        if visit.place.scope is None:
            return self._answer(self._result(handler, None), None, status)
        read_only = handler.is_read
        with (
            self.site.house.database.unit_of_work(visit.scope, visit.actor, read_only=read_only) as session,
            hands_off(session),
        ):
            session.info[CIRCUITS] = visit.circuits
            self.table = self._opened(handler, session)
            if self.is_api and read_only:
                return self._told(self._called(handler, session))
            if self.is_api:
                return self._told(self._ask(session))
            visit.looks_at = _narrowed(session, visit)
            if visit.has_no_language:
                visit.locale = self.site.look_of(visit.place, session).locale or visit.locale
            with speaking(visit.locale), focused(visit.looks_at.focus):
                return self._handle(handler, session, read_only, status)

    def _result(self, handler: Handler, session: ScopedSession | None) -> Any:
        return self._held(handler.call(**self._arguments(handler, session)))

    def _held(self, result: Any) -> Any:
        """What a handler answers with; a file's stream goes with the request, whether it is sent or not."""
        if isinstance(result, Download) and isinstance(result.content, Chunks):
            self.visit.leftovers.callback(result.content.close)
        return result

    def _opened(self, handler: Handler, session: ScopedSession) -> TableState | None:
        """The list that a page shows. What lies beside the page (its acts, its export) lies one step below it."""
        if handler.table is None:
            return None
        path = self.visit.path.rstrip("/")
        if not handler.is_read or handler.is_download:
            path = path.rpartition("/")[0]
        return open_table(handler.table, session, self.visit, path, dict(self.request.query_params))

    def _called(self, handler: Handler, session: ScopedSession) -> Any:
        """The answer of the API, which is of the type that a plugin's handler declared."""
        result = self._result(handler, session)
        declared = self.signature.hints.get("return", Any)
        if self.visit.owner != "core" and not fits(result, declared):
            raise WrongAnswer(f"{handler.name} answered with {type(result).__name__}")
        return result

    def _handle(self, handler: Handler, session: ScopedSession, read_only: bool, status: int | None) -> Any:
        if read_only and handler is self.handler and self.request.query_params.keys() & {RESTORE, STEP}:
            self.form = restored(self, session)
        elif not read_only:
            gather(self, session)
        if self.table is not None and read_only and not handler.is_download and self.table.default:
            return redirect(self.site, self.visit, Redirect(self.table.default, absolute=True))
        result = self._result(handler, session)
        if not read_only:
            forget_sent(self, session)
            # What the database still has to say (a constraint, a stale version) is said before the page is made.
            session.flush()
        return self._answer(result, session, status)

    def _ask(self, session: ScopedSession) -> Answered:
        """The handler of the API: under the caller's conditions, and once for each key."""
        attempt = self._attempt()
        if attempt is not None and (before := attempt.begin(session)) is not None:
            return replace(before, headers={**before.headers, REPLAYED: "true"})
        answer = self._encoded(self._change(session))
        if attempt is not None:
            attempt.end(session, answer)
        return answer

    def _change(self, session: ScopedSession) -> Any:
        rows = [self.given[name] for name in self.signature.row_ids]
        header = self.request.headers.get("if-match")
        condition = IfMatch.read(header, self.site.etag_key, session.scope.tenant_id, rows)
        self._set_version(condition)
        condition.watch(session)
        try:
            result = self._called(self.handler, session)
            session.flush()
        except (Conflict, StaleDataError) as error:
            if condition.is_given and (isinstance(error, Stale | StaleDataError) or not condition.holds):
                raise PreconditionFailed from error
            raise
        condition.check()
        return result

    def _set_version(self, condition: IfMatch) -> None:
        data: Any = self.given.get("data")
        if self.signature.needs_version or (condition.is_given and self.signature.has_version):
            version = condition.version_for(data.version)
            self.given["data"] = msgspec.structs.replace(data, version=version)

    def _attempt(self) -> Attempt | None:
        if self.handler.method != "POST":
            return None
        visit, header = self.visit, self.request.headers.get(KEY_HEADER.lower())
        actor, community = visit.actor, visit.place.community
        return read_attempt(
            header,
            self.site.idempotency_key,
            tenant_id=visit.scope.tenant_id,
            community_id=community.id if community else None,
            account_id=actor.account_id,
            principal=str(actor.token_id or actor.account_id or visit.ip),
            route=f"POST {visit.path}",
            asked=(self.given.get("data"), sorted(self.request.query_params.multi_items()), self._condition_sent()),
        )

    def _condition_sent(self) -> str:
        return self.request.headers.get("if-match", "")

    def _encoded(self, result: Any) -> Answered:
        """The answer of the API as it is sent, and kept for those who ask again."""
        status = self.handler.status
        if isinstance(result, Download):
            content = result.content if isinstance(result.content, bytes) else b"".join(result.content)
            return Answered(status, content, {"content-type": result.media_type, **download_headers(result)})
        if result is None:
            return Answered(status, b"", {})
        body = encode_json(result)
        headers = {"content-type": "application/json"}
        if self.handler.is_read or hasattr(result, "version"):
            headers["etag"] = tag_of(self.site.etag_key, self.visit.scope.tenant_id, result, body)
        if isinstance(result, Page) and result.next is not None:
            headers["link"] = f'<{self._next(result.next)}>; rel="next"'
        return Answered(status, body, headers)

    def _next(self, after: str) -> str:
        query = [pair for pair in parse_qsl(self.request.scope["query_string"].decode("latin-1")) if pair[0] != "after"]
        return f"{quote(self.visit.path)}?{urlencode([*query, ('after', after)])}"

    def _told(self, result: Any) -> Response:
        if isinstance(result, Download):
            return self._file(result)
        answer = result if isinstance(result, Answered) else self._encoded(result)
        headers = dict(answer.headers)
        media_type = headers.pop("content-type", "application/json")
        tag = headers.get("etag")
        if tag and self.handler.is_read and is_unchanged(self.request.headers.get("if-none-match"), tag):
            return Response(None, status_code=304, headers=headers)
        content = answer.body or (b"" if media_type != "application/json" else None)
        return Response(content, status_code=answer.status, media_type=media_type, headers=headers)

    def _file(self, result: Download) -> Response:
        if self.visit.owner != "core" and not isinstance(result.content, bytes):
            result = replace(result, content=streamed(self, result.content))
        return download(result)

    def _arguments(self, handler: Handler, session: ScopedSession | None) -> dict[str, Any]:
        provided: dict[str, Callable[[], Any]] = {
            "session": lambda: session,
            "actor": lambda: self.visit.actor,
            "scope": lambda: self.visit.scope,
            "place": lambda: self.visit.place,
            "request": lambda: self.request,
            "form": lambda: self.form,
            "house": lambda: self.site.house,
            "visit": lambda: self.visit,
            "table": lambda: self.table,
        }
        arguments: dict[str, Any] = {}
        for name in inspect.signature(handler.call).parameters:
            if name in provided:
                arguments[name] = provided[name]()
            elif name == "data" and not self.is_api:
                arguments[name] = self.form.bind(self.signature.hints["data"])
            elif name in self.given:
                arguments[name] = self.given[name]
        return arguments | self._focused(handler, arguments)

    def _focused(self, handler: Handler, arguments: dict[str, Any]) -> dict[str, Any]:
        """The compound that the portal is narrowed to, for pages that can be narrowed to one and were not asked to."""
        compound_id = self.visit.looks_at.focus.compound_id
        if compound_id is None or not handler.is_read or arguments.get("compound", "") not in ("", None):
            return {}
        if "compound" not in arguments:
            return {}
        return {"compound": compound_id if arguments["compound"] is None else str(compound_id)}

    def _is_fragment(self, result: View) -> bool:
        headers = self.request.headers
        return bool(result.fragment and headers.get("hx-request") and not headers.get("hx-boosted"))

    def _answer(self, result: Any, session: ScopedSession | None, status: int | None) -> Any:
        if isinstance(result, View):
            template = result.fragment if self._is_fragment(result) and result.fragment else result.template
            shell = page_context(self.site, self.visit, self.request, session, self.form, self.unread)
            shell["query"] |= {name: str(text) for name, text in self._focused(self.handler, self.given).items()}
            context = shell | {"table": self.table} | dict(result.context)
            if result.toast and template == result.template:
                context["flash"] = {"message": result.toast, "tone": result.tone}
            page = Response(
                self.site.templates.render(template, context),
                media_type=MediaType.HTML,
                status_code=status or result.status,
            )
            if read_cookie(self.request, FLASH_COOKIE, https=self.site.house.settings.https) is not None:
                page.set_cookie(no_flash_cookie(self.site))
            for cookie in result.cookies:
                page.set_cookie(cookie)
            if result.toast and template != result.template:
                page.headers["hx-trigger"] = json.dumps({"toast": {"message": result.toast, "tone": result.tone}})
            if isinstance(result, GuardedView):
                page.headers.update(result.headers)
            return page
        if isinstance(result, Redirect):
            led = self._led(redirect(self.site, self.visit, result), address_of(self.visit, result))
            if cookie := last_cookie(self.site.house, self.request, self.form):
                led.set_cookie(cookie)
            return led
        if isinstance(result, Download):
            return self._file(result)
        return result

    def _led(self, response: Response, to: str) -> Response:
        """The same for scripts, which would follow it without the browser, so that the browser goes there itself."""
        headers = self.request.headers
        name = "x-form-to" if headers.get(PROGRESS) else "hx-redirect" if headers.get("hx-request") else ""
        if not name:
            return response
        led: Response[Any] = Response(None, status_code=204, headers={name: to})
        for cookie in response.cookies:
            led.set_cookie(cookie)
        return led


def address_of(visit: Visit, result: Redirect) -> str:
    """Where a redirect leads."""
    return result.to if result.absolute else visit.place.url(result.to)


def _narrowed(session: ScopedSession, visit: Visit) -> Narrowed:
    """What of the browser's wish this person may see; asks nothing of the database where there is none."""
    if not visit.wish or visit.actor.account_id is None:
        return EVERYTHING
    if visit.place.portal is Portal.ADMIN:
        return narrowed_to_compound(session, visit.actor, visit.wish)
    return narrowed_to_home(session, visit.actor, visit.wish)


def redirect(site: Site, visit: Visit, result: Redirect) -> Response:
    """303 to a page of this site, with its message in a cookie."""
    to = address_of(visit, result)
    response = RedirectResponse(to, status_code=303)
    if result.message:
        response.set_cookie(flash_cookie(site, result.message, result.tone, to))
    for cookie in result.cookies:
        response.set_cookie(cookie)
    return response


def download(result: Download) -> Response:
    """The file, never interpreted by the browser as a page of ours."""
    headers = download_headers(result)
    if isinstance(result.content, bytes):
        # Where HEAD asked, the given length stands although nothing is sent.
        return Response(result.content, media_type=result.media_type, headers=headers, status_code=result.status)
    return Stream(result.content, media_type=result.media_type, headers=headers)


def download_headers(result: Download) -> dict[str, str]:
    """How a browser has to treat a file."""
    kind = "inline" if result.inline else "attachment"
    return {
        "content-disposition": f"{kind}; filename*=UTF-8''{quote(result.name)}",
        "content-security-policy": "sandbox; default-src 'none'",
        **result.headers,
    }
