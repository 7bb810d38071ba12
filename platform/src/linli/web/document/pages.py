"""Where the document is read: by programs as JSON or YAML, by people as a page that lists every operation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from litestar import Request, Response

from linli.web.results import View
from linli.web.routing import get

if TYPE_CHECKING:
    from linli.web.document.building import Document

JSON = "application/vnd.oai.openapi+json"
YAML = "application/vnd.oai.openapi"


def _document(request: Request) -> Document:
    return request.app.state.document


@get("/api/v1/openapi.json", public=True)
def show_json(request: Request) -> Response[bytes]:
    """The document for programs."""
    return Response(_document(request).json, media_type=JSON)


@get("/api/v1/openapi.yaml", public=True)
def show_yaml(request: Request) -> Response[bytes]:
    """The document for programs and patient people."""
    return Response(_document(request).yaml, media_type=YAML)


@get("/api/v1", public=True)
def show_operations(request: Request) -> View:
    """Every operation in a page: method, address, what it does and which permission it takes."""
    parts = _document(request).by_tag
    return View("api.html", {"parts": parts, "count": sum(len(each[2]) for each in parts)})


public = [show_json, show_yaml, show_operations]
