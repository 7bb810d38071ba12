"""Built scripts and styles as they go over slow networks: packed when they were built, never while they are asked for.

Pages are not packed: they hold a form's token beside what a caller may choose, and the length of a packed page tells.
"""

from __future__ import annotations

import mimetypes
from pathlib import Path

from litestar.types import ASGIApp, Receive, Scope, Send

from linli.web.assets import BUILT, PATH

#: In the order in which they are preferred: encoding to the ending of the packed file.
_ENDINGS = {"br": ".br", "gzip": ".gz"}


def packed(app: ASGIApp, folder: Path = BUILT) -> ASGIApp:
    """Wrap the application: whoever takes a packed file gets it where there is one."""
    names = {each.name for each in folder.iterdir()} if folder.is_dir() else set()

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        name = scope["path"].removeprefix(f"{PATH}/") if scope["type"] == "http" else ""
        if name not in names or scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await app(scope, receive, send)
            return
        taken = _encodings(scope)
        encoding = next((each for each, ending in _ENDINGS.items() if each in taken and name + ending in names), None)
        if encoding is None:
            await app(scope, receive, send)
            return
        content = (folder / (name + _ENDINGS[encoding])).read_bytes()
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        headers = [
            (b"content-type", f"{kind}; charset=utf-8".encode()),
            (b"content-encoding", encoding.encode()),
            (b"content-length", str(len(content)).encode()),
            (b"cache-control", b"public, max-age=31536000, immutable"),
            (b"vary", b"accept-encoding"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        body = content if scope["method"] == "GET" else b""
        await send({"type": "http.response.body", "body": body, "more_body": False})

    return wrapped


def _encodings(scope: Scope) -> set[str]:
    """What the caller takes; what it refuses with ``q=0`` is left out."""
    sent = b",".join(value for name, value in scope["headers"] if name == b"accept-encoding").decode("latin-1")
    parts = [part.replace(" ", "").lower() for part in sent.split(",")]
    return {part.partition(";")[0] for part in parts if not part.endswith((";q=0", ";q=0.0"))}
