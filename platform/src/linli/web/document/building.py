"""Completes the document that the framework makes, and keeps it as it is sent."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from types import NoneType
from typing import Any

import msgspec
from litestar import Litestar, Router
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.routes import BaseRoute, HTTPRoute

from linli.plugins.registry import Plugins
from linli.web.document.examples import Examples
from linli.web.document.words import ANSWERS, HEADERS, INTRODUCTION, PARAMETERS, PROBLEMS, TAGS, TITLE
from linli.web.idempotency import HEADER as KEY_HEADER
from linli.web.idempotency import REPLAYED
from linli.web.results import Problem
from linli.web.routing import Handler
from linli.web.signatures import body_of

_PAGE = re.compile(r"Page_(?:[\w.]+\.)?(\w+)_")
_REFERENCE = "#/components/schemas/"
_METHODS = ("get", "post", "put", "patch", "delete")
_LIMITS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "X-Request-Id")


class _Unserved(Router):
    """Takes the framework's own pages of the document and answers none of them: ours are in ``pages``."""

    def register(self, value: Any) -> list[BaseRoute]:  # noqa: ARG002 the framework's name for it
        return []


def config() -> OpenAPIConfig:
    """What the framework needs to know to make its part of the document."""
    return OpenAPIConfig(
        title=TITLE,
        version=version("linli"),
        description=INTRODUCTION,
        openapi_router=_Unserved("/", route_handlers=[]),
        render_plugins=(),
        components=Components(
            security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer", description="An API token")}
        ),
        use_handler_docstrings=True,
    )


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation for the page that lists them."""

    method: str
    path: str
    name: str
    summary: str
    permission: str


class Document:
    """The document of one application, made when it is first asked for."""

    def __init__(self, app: Litestar, plugins: Plugins) -> None:
        self._app, self._plugins = app, plugins

    @cached_property
    def content(self) -> dict[str, Any]:
        """The document."""
        handlers = dict(handlers_of(self._app))
        made = _with_plain_names(_with_exact_schemas(self._app.openapi_schema.to_schema(), handlers))
        components = made["components"]
        components["parameters"] = PARAMETERS
        components["headers"] = HEADERS
        components["responses"] = {f"Problem{status}": _problem(status) for status in PROBLEMS}
        examples = Examples(components["schemas"])
        used: set[str] = set()
        for _path, _method, operation in operations(made):
            _complete(operation, handlers[operation["operationId"]], examples)
            used |= set(operation["tags"])
        about = {**TAGS, **{each.name: f"{each.title}: {each.description}" for each in self._plugins.manifests}}
        made["tags"] = [{"name": name, "description": words} for name, words in about.items() if name in used]
        return made

    @cached_property
    def json(self) -> bytes:
        """The document as JSON."""
        return msgspec.json.encode(self.content)

    @cached_property
    def yaml(self) -> bytes:
        """The document as YAML."""
        return msgspec.yaml.encode(self.content)

    @cached_property
    def by_tag(self) -> list[tuple[str, str, list[Operation]]]:
        """Name, description and operations of each part, in order."""
        found: dict[str, list[Operation]] = {each["name"]: [] for each in self.content["tags"]}
        for path, method, operation in operations(self.content):
            listed = Operation(
                method.upper(), path, operation["operationId"], operation["summary"], operation["x-permission"]
            )
            found[operation["tags"][0]].append(listed)
        return [(each["name"], each["description"], found[each["name"]]) for each in self.content["tags"]]


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and description of each operation."""
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield path, method, item[method]


def operation_id(owner: str, portal: str, handler: Handler) -> str:
    """The name of an operation, which never changes."""
    return f"{owner}_{portal}_{handler.name}"


def handlers_of(app: Litestar) -> Iterator[tuple[str, Handler]]:
    """Each operation of the API by its name."""
    for route in app.routes:
        for each in route.route_handlers if isinstance(route, HTTPRoute) else ():
            if (handler := each.opt.get("handler")) is not None and each.opt["portal"].is_api:
                yield operation_id(each.opt["owner"], each.opt["portal"].value, handler), handler


def _with_exact_schemas(document: dict[str, Any], handlers: Mapping[str, Handler]) -> dict[str, Any]:
    """Bodies and results as the decoder itself takes and gives them; the framework's schemas leave limits out."""
    places: list[dict[str, Any]] = []
    kinds: list[Any] = []
    for _path, _method, operation in operations(document):
        handler = handlers[operation["operationId"]]
        returns = typing.get_type_hints(handler.call, include_extras=True).get("return")
        if (body := body_of(handler)) is not None:
            places.append(operation["requestBody"]["content"]["application/json"])
            kinds.append(body)
        if not handler.is_download and returns is not NoneType:
            places.append(operation["responses"][str(handler.status)]["content"]["application/json"])
            kinds.append(returns)
    schemas, components = msgspec.json.schema_components([*kinds, Problem], ref_template=_REFERENCE + "{name}")
    for place, schema in zip(places, schemas, strict=False):
        place["schema"] = schema
    document["components"]["schemas"] = components
    return document


def _with_plain_names(document: dict[str, Any]) -> dict[str, Any]:
    """``Page_linli.access.routes.RoleOut_`` is called ``RoleOutPage``."""
    schemas = document["components"]["schemas"]
    plain = {name: f"{found[1]}Page" for name in schemas if (found := _PAGE.fullmatch(name))}
    names = {name: new for name, new in plain.items() if list(plain.values()).count(new) == 1 and new not in schemas}

    def renamed(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: f"{_REFERENCE}{names.get(each.removeprefix(_REFERENCE), each.removeprefix(_REFERENCE))}"
                if key == "$ref"
                else renamed(each)
                for key, each in value.items()
            }
        return [renamed(each) for each in value] if isinstance(value, list) else value

    document = renamed(document)
    document["components"]["schemas"] = {
        names.get(name, name): {**schema, "title": names.get(name, schema.get("title", name))}
        for name, schema in document["components"]["schemas"].items()
    }
    return document


def _complete(operation: dict[str, Any], handler: Handler, examples: Examples) -> None:
    operation["x-permission"] = handler.needs or ("public" if handler.public else "signed-in")
    # An optional credential: whoever is signed in may see more.
    operation["security"] = [{"bearer": []}, {}] if handler.public else [{"bearer": []}]
    parameters = operation.setdefault("parameters", [])
    for parameter in parameters:
        if "example" not in parameter:
            parameter["example"] = examples.of(parameter["schema"], name=parameter["name"])
    parameters += _conditions(handler)
    for media in operation.get("requestBody", {}).get("content", {}).values():
        media["example"] = examples.of(media["schema"])
    answers = operation["responses"]
    _complete_result(answers[str(handler.status)], handler, examples)
    if 202 in handler.also:
        asked = {"schema": _ASKED, "example": examples.of(_ASKED)}
        answers["202"] = {"description": ANSWERS[202], "headers": _headers("Location")}
        answers["202"]["content"] = {"application/json": asked}
    if handler.is_read:
        answers["304"] = {"description": ANSWERS[304], "headers": _headers("ETag")}
    for status, answer in answers.items():
        if int(status) < 400:
            answer["headers"] = {**answer.get("headers", {}), **_headers(*_LIMITS)}
        else:
            # Told once for all operations.
            answers[status] = {"$ref": f"#/components/responses/Problem{status}"}
    operation["responses"] = {status: answers[status] for status in sorted(answers)}


#: What is answered where a second person has to approve.
_ASKED = {
    "type": "object",
    "required": ["approval_id", "act", "detail"],
    "properties": {
        "approval_id": {"type": "string", "format": "uuid"},
        "act": {"type": "string"},
        "detail": {"type": "string"},
    },
}


def _problem(status: int) -> dict[str, Any]:
    example = {**PROBLEMS[status], "status": status, "type": f"urn:linli:problem:{PROBLEMS[status]['type']}"}
    told = {"schema": {"$ref": f"{_REFERENCE}Problem"}, "example": example}
    waits = ("Retry-After",) if status in (409, 429, 503) else ()
    return {
        "description": ANSWERS[status],
        "headers": _headers(*_LIMITS, *waits),
        "content": {"application/problem+json": told},
    }


def _conditions(handler: Handler) -> list[dict[str, str]]:
    names = ["IfNoneMatch"] if handler.is_read else ["IfMatch"]
    if handler.method == "POST":
        names.append("IdempotencyKey")
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]


def _complete_result(answer: dict[str, Any], handler: Handler, examples: Examples) -> None:
    headers: list[str] = []
    if handler.is_download:
        answer["description"] = "The file"
        answer["content"] = {"*/*": {}}
    elif handler.status == 204:
        answer["description"] = "Done; there is nothing to say"
        answer.pop("content", None)
    else:
        answer["description"] = "The result"
        for media in answer.get("content", {}).values():
            media["example"] = examples.of(media["schema"])
            if str(media["schema"].get("$ref", "")).endswith("Page"):
                headers.append("Link")
    if handler.is_read:
        headers.append("ETag")
    if handler.method == "POST":
        headers.append(REPLAYED)
    answer["headers"] = _headers(*headers)


def _headers(*names: str) -> dict[str, dict[str, str]]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


# The parameter of the document and the one that is read must not drift apart.
assert PARAMETERS["IdempotencyKey"]["name"] == KEY_HEADER  # noqa: S101 checked once, when the process starts
