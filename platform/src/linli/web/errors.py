"""What went wrong: for programs (RFC 9457) and for people; neither says more than the caller may know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import msgspec
import psycopg
import structlog
from litestar import Request, Response
from litestar.enums import MediaType
from litestar.exceptions import HTTPException, ValidationException
from litestar.response import Redirect as RedirectResponse
from litestar.utils.scope.state import ScopeState
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError

from linli.files.storage import StorageFailed
from linli.kit.errors import (
    Busy,
    Conflict,
    FieldError,
    Forbidden,
    InProgress,
    Invalid,
    LinliError,
    MethodNotAllowed,
    NotFound,
    NotJson,
    OutOfOrder,
    Stale,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unreadable,
)
from linli.kit.text import gettext as _
from linli.kit.text import speaking
from linli.plugins.containment import PluginFailed
from linli.web.forms import bind, explain
from linli.web.results import Problem, ProblemField
from linli.web.routing import KIBIBYTE, Handler
from linli.web.signatures import body_of
from linli.web.visit import StaffMustAct, Visit

log = structlog.get_logger("linli.web")
security_log = structlog.get_logger("linli.security")


_TITLES = {
    400: "请求无法读取",
    401: "请先登录",
    403: "没有权限",
    404: "没有找到",
    405: "这个地址不支持该操作",
    409: "内容已变更",
    412: "前提条件不成立",
    413: "提交的内容太大",
    415: "不支持的内容类型",
    422: "提交的内容有误",
    428: "需要前提条件",
    429: "操作过于频繁",
    500: "系统出了问题",
    503: "系统繁忙",
}


#: Where the status alone would say too little.
_OWN_TITLES = {OutOfOrder.slug: "这项功能暂时不能用"}

#: What the web framework raises by itself, and what it is here.
_OF_THE_FRAMEWORK: dict[int, Callable[[], LinliError]] = {
    400: Unreadable,
    404: NotFound,
    405: MethodNotAllowed,
    413: TooLarge,
    415: NotJson,
    503: Busy,
}


#: Statement, lock and idle timeouts, and transactions that met each other: nothing was changed, and trying again helps.
_BUSY = frozenset({"57014", "55P03", "25P03", "40001", "40P01"})


class Broken(LinliError):
    """An unexpected error; the log has the details under the request's number."""


class Framework(LinliError):
    """An error that the web framework raised; ``code`` is its status."""

    def __init__(self, code: int, message: str = "") -> None:
        super().__init__(message or _(_TITLES.get(code, _TITLES[500])))
        self.code = code


def translate(request: Request, error: Exception) -> LinliError:
    """Any exception as one of ours; what nobody expected is logged with its trace."""
    if isinstance(error, LinliError):
        return error
    if isinstance(error, ValidationException):
        return _validation(request, error)
    if isinstance(error, HTTPException):
        handler: Handler | None = getattr(request.state.get("visit"), "handler", None)
        if error.status_code == 413 and handler is not None:
            return TooLarge(largest_body(handler))
        known = _OF_THE_FRAMEWORK.get(error.status_code)
        return known() if known else Framework(error.status_code)
    if isinstance(error, StaleDataError):
        return Stale()
    if isinstance(error, PoolTimeout | StorageFailed):
        return _away(request, error)
    if isinstance(error, DBAPIError | psycopg.Error):
        return _database(request, error)
    if isinstance(error, PluginFailed):
        # What it was has been written down where it was caught.
        log.error("request failed", path=request.scope["path"], request_id=_request_id(request), plugin=error.owner)
        return Broken(_("这项功能出了问题，我们已记录；其他功能不受影响。请稍后再试，或把页面编号告诉管理员"))
    log.error("request failed", path=request.scope["path"], request_id=_request_id(request), exc_info=error)
    return Broken(_("系统出了问题，我们已记录。请稍后再试，或把页面编号告诉管理员"))


def _away(request: Request, error: PoolTimeout | StorageFailed) -> LinliError:
    if isinstance(error, PoolTimeout):
        return Busy()
    log.error("file storage failed", path=request.scope["path"], request_id=_request_id(request), error=str(error))
    return Busy(_("附件暂时无法读写，请稍后再试；其他功能不受影响"))


def largest_body(handler: Handler) -> str:
    """How much one may send to a handler at once, in words."""
    kibibytes = handler.max_body // KIBIBYTE
    size = f"{kibibytes // 1024} MB" if kibibytes >= 1024 else f"{kibibytes} KB"
    return _("连同表单里的其他内容，一次最多 {size}").format(size=size)


def _database(request: Request, error: DBAPIError | psycopg.Error) -> LinliError:
    # The session wraps the driver's errors, the read door hands them out as they are.
    state = _state(error)
    if isinstance(error, IntegrityError | psycopg.IntegrityError):
        # Services check first; a race past their check ends here, and nothing was written.
        log.warning("integrity", path=request.scope["path"], sqlstate=state, request_id=_request_id(request))
        return Conflict(_("同样的内容已存在，或正被他人修改，请刷新后重试"))
    if state in _BUSY or isinstance(error, OperationalError | psycopg.OperationalError):
        log.warning("database busy", path=request.scope["path"], sqlstate=state, request_id=_request_id(request))
        return Busy()
    if holds_what_cannot_be_kept(error):
        return Unreadable(_("内容里有无法保存的字符"))
    log.error("database error", path=request.scope["path"], request_id=_request_id(request), exc_info=error)
    return Broken(_("系统出了问题，我们已记录。请稍后再试，或把页面编号告诉管理员"))


def holds_what_cannot_be_kept(error: BaseException) -> bool:
    """Whether somebody sent characters that no text of the database holds, such as NUL: no fault of the code."""
    # The driver itself refuses NUL, before the server could name a state.
    return _state(error) in {"22021", "22P05"} or (
        not _state(error) and isinstance(error, DataError | psycopg.DataError)
    )


def _state(error: BaseException) -> str:
    return getattr(getattr(error, "orig", error), "sqlstate", None) or ""


def _validation(request: Request, error: ValidationException) -> LinliError:
    handler: Handler | None = getattr(request.state.get("visit"), "handler", None)
    faults: list[FieldError] = []
    for fault in error.extra if isinstance(error.extra, list) else []:
        if not isinstance(fault, dict):
            continue
        key = str(fault.get("key") or "")
        if fault.get("source") in {"query", "path", "header", "cookie"}:
            faults.append(explain(key, str(fault.get("message", "")), None))
        elif handler is not None:
            # The decoder stops at the first fault of a body; ours names them all.
            faults += _body_faults(request, handler)
            break
    return Invalid(errors=faults) if faults else Unreadable()


def _body_faults(request: Request, handler: Handler) -> list[FieldError]:
    raw = ScopeState.from_scope(request.scope).body
    kind = body_of(handler)
    if kind is None or not isinstance(raw, bytes):
        return []
    try:
        bind(kind, msgspec.json.decode(raw))
    except Invalid as invalid:
        return list(invalid.errors)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return []
    return []


def _request_id(request: Request) -> str:
    return request.scope.get("linli_request_id", "")


def problem_of(error: LinliError, request: Request) -> Problem:
    """The error for programs."""
    status = error.code if isinstance(error, Framework) else error.status
    slug = error.slug if not isinstance(error, Framework) else f"http-{status}"
    problem = Problem(
        type=f"urn:linli:problem:{slug}",
        title=_(_OWN_TITLES.get(slug) or _TITLES.get(status, _TITLES[500])),
        status=status,
        detail=_(error.message),
        instance=f"urn:linli:request:{_request_id(request)}",
    )
    if isinstance(error, Invalid):
        problem.errors = [
            ProblemField(field=fault.field, message=fault.message, allowed=fault.allowed) for fault in error.errors
        ]
    return problem


def _headers(error: LinliError) -> dict[str, str]:
    if isinstance(error, TooMany):
        return {"retry-after": str(error.retry_after)}
    if isinstance(error, InProgress | Busy):
        return {"retry-after": "2"}
    if isinstance(error, OutOfOrder):
        return {"retry-after": "60"}
    if isinstance(error, Unauthenticated):
        return {"www-authenticate": "Bearer"}
    return {}


def _note_refusal(request: Request, visit: Visit | None, error: LinliError) -> None:
    """What was refused to whom, for those who watch for intruders; a visitor led to the door is no news."""
    has_bad_token = isinstance(error, Unauthenticated) and visit is not None and visit.token is not None
    if not (has_bad_token or isinstance(error, Forbidden | TooMany)):
        return
    security_log.warning(
        "refused",
        reason=error.slug,
        method=request.scope["method"],
        path=request.scope["path"],
        handler=visit.handler.name if visit else "",
        needs=(visit.handler.needs or "") if visit else "",
        account=str(visit.actor.account_id) if visit and visit.actor.account_id else None,
        ip=visit.ip if visit else "",
        request_id=_request_id(request),
    )


def make_handler(site: Any) -> Any:
    """The one exception handler of the application."""

    def answer(request: Request, error: Exception) -> Response:
        visit: Visit | None = request.state.get("visit") if "state" in request.scope else None
        is_api = visit.place.portal.is_api if visit else request.scope["path"].startswith("/api/")
        with speaking((visit or site.stray(request)).locale):
            if isinstance(error, StaffMustAct):
                return RedirectResponse(error.to, status_code=303)
            known = translate(request, error)
            problem = problem_of(known, request)
            _note_refusal(request, visit, known)
            if is_api:
                return Response(
                    problem,
                    status_code=problem.status,
                    media_type="application/problem+json",
                    headers=_headers(known),
                )
            if isinstance(known, Unauthenticated) and request.scope["method"] == "GET":
                wanted = request.scope["path"]
                if query := request.scope.get("query_string"):
                    wanted += "?" + query.decode("latin-1")
                return RedirectResponse(f"/account/sign-in?next={quote(wanted)}", status_code=303)
            return Response(
                site.error_page(visit, request, problem),
                status_code=problem.status,
                media_type=MediaType.HTML,
                headers=_headers(known),
            )

    return answer
