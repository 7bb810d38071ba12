"""What a declared handler reads from path, query and body, and how the framework and its document are told."""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request
from litestar.params import JSONBody, PathParameter, QueryParameter
from msgspec import Meta

from linli.kit.errors import FieldError, Invalid, UnknownParameter
from linli.kit.text import gettext as _
from linli.kit.text import listed
from linli.web.place import PREFIXES
from linli.web.routing import PROVIDED, Handler, Portal

#: What a declared type may say about a parameter, by the same names in both libraries.
_LIMITS = ("gt", "ge", "lt", "le", "multiple_of", "pattern", "min_length", "max_length", "title", "description")
#: Names that the framework keeps for itself; a handler may use them all the same for its query parameters.
_TAKEN = frozenset({"state", "headers", "cookies", "query", "body", "socket"})
_ASIDE = "query_parameter_"

#: What the path of every address of the API names.
_PLACES: Mapping[str, dict[str, Any]] = {
    "street": {"description": "division code (nine digits) or short name of the street office"},
    "community": {"description": "division code (twelve digits) or short name of the community"},
}

#: What an address can carry.
_WRITTEN = frozenset({str, int, float, bool, Decimal, UUID, date, datetime})
_OF_SEVERAL = (list, tuple, set, frozenset, typing.Union, UnionType)

#: The days and moments of RFC 3339; the decoder would take a bare number for seconds since 1970.
_FORMS = {
    date: re.compile(r"\d{4}-\d\d-\d\d"),
    datetime: re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d)"),
}
_EXAMPLES = {date: "2026-01-31", datetime: "2026-01-31T08:00:00+08:00"}
_VERSION = "`version` as it was read; may be left out where If-Match carries the tag of the row"


@dataclass(frozen=True, slots=True)
class Signature:
    """What one handler asks for where it is mounted.

    Attributes:
        parameters: of the endpoint that the framework calls.
        hints: of the handler itself.
        in_query: the names that its address may carry behind the question mark.
        days: those of them that are days or moments.
        filters: the struct that gathers query parameters, for a handler with ``query``.
        body: the struct of the body; in the API with ``version`` optional.
        has_version: the body may carry the version that was read.
        needs_version: either it does, or If-Match says it.
        row_ids: the names in its path that are ids of rows, the last the closest.
    """

    parameters: list[inspect.Parameter]
    hints: Mapping[str, Any]
    in_query: frozenset[str]
    days: Mapping[str, type]
    filters: type[msgspec.Struct] | None
    body: Any
    has_version: bool
    needs_version: bool
    row_ids: tuple[str, ...]

    def gathered(self, given: dict[str, Any]) -> dict[str, Any]:
        """The arguments by the handler's own names, its filters in one struct."""
        plain = {
            name.removeprefix(_ASIDE): value
            for name, value in given.items()
            if name not in _PLACES or name in self.hints
        }
        if self.filters is not None:
            fields = self.filters.__struct_fields__
            plain["query"] = self.filters(**{name: plain.pop(name) for name in fields})
        return plain

    def check_query(self, sent: Mapping[str, str], *, is_api: bool) -> None:
        """Refuse what the decoder would let pass.

        Raises:
            UnknownParameter: in the API, a name that this address does not know: it must not be taken for a filter.
            Invalid: a day or moment in another form than that of RFC 3339.
        """
        if is_api and (stray := [name for name in sent if name not in self.in_query]):
            raise UnknownParameter(errors=[self._stray(name) for name in stray])
        wrong = [name for name, kind in self.days.items() if name in sent and not _FORMS[kind].fullmatch(sent[name])]
        if wrong:
            faults = [FieldError(name, _("不是有效的日期或时间"), _EXAMPLES[self.days[name]]) for name in wrong]
            raise Invalid(errors=faults)

    def _stray(self, name: str) -> FieldError:
        close = get_close_matches(name, sorted(self.in_query), n=1)
        message = _("没有这个参数，您是不是想写 {name}？").format(name=close[0]) if close else _("没有这个参数")
        known = _("可用：{names}").format(names=listed(sorted(self.in_query))) if self.in_query else ""
        return FieldError(name, message, known or _("这个地址不接受参数"))


@cache
def read_signature(portal: Portal, owner: str, handler: Handler) -> Signature:
    """What the handler declares.

    Raises:
        TypeError: a name is used twice, or one that the portal's own path gives, or it is nothing that is written in
            an address.
    """
    hints = typing.get_type_hints(handler.call, include_extras=True)
    declared = inspect.signature(handler.call).parameters
    filters = _filters_of(hints)
    asked = {name: (hints.get(name, str), each.default) for name, each in declared.items() if name not in PROVIDED}
    if not portal.is_api:
        asked.pop("data", None)
    if filters is not None:
        del asked["query"]
        kinds = typing.get_type_hints(filters, include_extras=True)
        for field in msgspec.structs.fields(filters):
            if field.name in asked:
                raise TypeError(f"{owner}: {handler.name} asks for {field.name} twice")
            asked[field.name] = (kinds[field.name], inspect.Parameter.empty if field.required else field.default)
    if portal.has_street and (reserved := {"street", "community"} & set(asked)):
        raise TypeError(f"{owner}: {handler.name} asks for {sorted(reserved)}, which the portal's own path names")
    for name, (kind, _default) in asked.items():
        if name != "data" and not _is_written(kind):
            raise TypeError(
                f"{owner}: {handler.name} asks for {name}, which no address can carry ({_named(kind)}); "
                f"what the core hands to a handler is called {', '.join(sorted(PROVIDED))}"
            )
    in_path = set(re.findall(r"{(\w+)", PREFIXES[portal] + handler.path))
    body = hints.get("data")
    if portal.is_api and body is not None:
        body = body_of(handler)
        asked["data"] = (body, asked["data"][1])
    parameters = [inspect.Parameter("request", inspect.Parameter.KEYWORD_ONLY, annotation=Request)]
    parameters += [
        inspect.Parameter(
            _ASIDE + name if name in _TAKEN else name,
            inspect.Parameter.KEYWORD_ONLY,
            default=default,
            annotation=_source_of(name, kind, name in in_path),
        )
        for name, (kind, default) in asked.items()
    ]
    if portal.is_api:
        # Declared so that the document describes them; the place has been found by then.
        parameters += [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[str, PathParameter(**words)])
            for name, words in _PLACES.items()
            if name in in_path
        ]
    in_query = frozenset(asked) - in_path - {"data"}
    days = {name: kind for name in in_query if (kind := _plain(asked[name][0])) in _FORMS}
    ids = tuple(re.findall(r"{(\w+):uuid}", handler.path))
    needs_version = portal.is_api and body is not hints.get("data")
    return Signature(parameters, hints, in_query, days, filters, body, _is_versioned(body), needs_version, ids)


def _is_written(kind: Any) -> bool:
    """Whether a value of this kind can stand in an address: a text, number, day, id, choice, or several of one."""
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin is Annotated:
        return _is_written(parts[0])
    if origin in _OF_SEVERAL:
        return all(_is_written(each) for each in parts if each not in (Ellipsis, NoneType))
    return origin is Literal or (inspect.isclass(kind) and (issubclass(kind, Enum) or kind in _WRITTEN))


def _named(kind: Any) -> str:
    plain = _plain(kind)
    return plain.__name__ if inspect.isclass(plain) else str(plain)


def _is_versioned(kind: Any) -> bool:
    return inspect.isclass(kind) and issubclass(kind, msgspec.Struct) and "version" in kind.__struct_fields__


def body_of(handler: Handler) -> Any:
    """The body that the API reads for a handler: ``version`` may be left out, since If-Match can say it."""
    return _with_optional_version(typing.get_type_hints(handler.call, include_extras=True).get("data"))


@cache
def _with_optional_version(kind: Any) -> Any:
    if not _is_versioned(kind) or "version" not in _required(kind):
        return kind
    version = Annotated[Annotated[int, Meta(ge=1, le=2**31 - 1)] | None, Meta(description=_VERSION)]
    return msgspec.defstruct(
        kind.__name__,
        [("version", version, None)],
        bases=(kind,),
        namespace={"__doc__": kind.__doc__},
        module=kind.__module__,
        kw_only=True,
    )


def _required(kind: type[msgspec.Struct]) -> set[str]:
    return {field.name for field in msgspec.structs.fields(kind) if field.required}


def _filters_of(hints: Mapping[str, Any]) -> type[msgspec.Struct] | None:
    kind = hints.get("query")
    return kind if inspect.isclass(kind) and issubclass(kind, msgspec.Struct) else None


def _plain(kind: Any) -> Any:
    while typing.get_origin(kind) is Annotated:
        kind = typing.get_args(kind)[0]
    chosen = [each for each in typing.get_args(kind) if each is not NoneType]
    return _plain(chosen[0]) if len(chosen) == 1 and typing.get_origin(kind) is not list else kind


def _source_of(name: str, kind: Any, is_in_path: bool) -> Any:
    if name == "data":
        return JSONBody[kind]
    limits: dict[str, Any] = {}
    if typing.get_origin(kind) is Annotated:
        kind, *metadata = typing.get_args(kind)
        for meta in metadata:
            if isinstance(meta, Meta):
                limits |= {key: found for key in _LIMITS if (found := getattr(meta, key)) is not None}
    if name in _TAKEN:
        limits["name"] = name
    return Annotated[kind, (PathParameter if is_in_path else QueryParameter)(**limits)]
