"""From a template and its data to a PDF: nothing is read but the template, the core's parts and the fonts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, time
from pathlib import Path
from typing import Any

import msgspec
import structlog
import typst

from linli.documents.fonts import drawable, fonts
from linli.documents.glyphs import legible
from linli.documents.pictures import framed
from linli.kit.clock import SHANGHAI, today

log = structlog.get_logger(__name__)

#: What every template may import as ``/core/<name>.typ``.
CORE = Path(__file__).parent / "templates"
PICTURE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*\.(?:jpg|png|svg)")

#: A template that names a package would have it fetched from the network.
_PACKAGE = re.compile(r'"@')
_plugin_folders: dict[str, Path] = {}


def declare_documents(folders: Mapping[str, Path]) -> None:
    """Make these the plugins' folders of documents, in place of those declared before."""
    _plugin_folders.clear()
    _plugin_folders.update(folders)


def render_pdf(template: str, data: Mapping[str, Any], *, pictures: Mapping[str, bytes] | None = None) -> bytes:
    """Draw a document.

    Args:
        template: ``<plugin>/<name>.typ``, or ``core/<name>.typ`` for one of the core.
        data: what the template finds as ``data`` of ``/core/base.typ``; anything that JSON can say.
        pictures: name to bytes of JPEG, PNG or our own SVG; the template draws ``picture("<name>")``.

    Returns:
        A tagged PDF that fulfils PDF/UA-1: the template sets title and language, pictures carry a text. Where the
        compiler finds that it does not, that is logged and the PDF tagged all the same.

    Raises:
        LookupError: there is no such template.
        ValueError: a picture's name is none, or the template asks for a package.
        FontsMissing: the fonts were not fetched.
        typst.TypstError: the template is broken; names file and line.
    """
    owner, _slash, name = template.partition("/")
    files: Any = {f"core/{each.name}": each.read_bytes() for each in sorted(CORE.glob("*.typ"))}
    files["main.typ"] = _source(owner, name)
    for picture, content in (pictures or {}).items():
        if not PICTURE_NAME.fullmatch(picture):
            raise ValueError(f"{picture!r} is no name of a picture")
        files[f"pictures/{picture}"] = framed(content)
    plain = msgspec.json.decode(msgspec.json.encode(data))
    given = msgspec.json.encode(legible(plain, drawable())).decode()
    # The root is a folder that holds nothing but the parts that every template may read anyway.
    root = str(CORE)
    options: Any = {
        "root": root,
        "package_path": root,
        "package_cache_path": root,
        "font_paths": fonts(),
        "sys_inputs": {"data": given},
        # The day is enough: two that are printed of the same thing on one day are the same, byte for byte.
        "timestamp": int(datetime.combine(today(), time(), SHANGHAI).timestamp()),
    }
    try:
        made = typst.compile(files, pdf_standards="ua-1", **options)
    except typst.TypstError as error:
        if "PDF/UA-1" not in error.message:
            raise
        # Better a tagged document that misses the standard in one place than none on the wall.
        log.warning("document misses PDF/UA-1", template=template, reason=error.message)
        made = typst.compile(files, **options)
    if not isinstance(made, bytes):
        raise TypeError(f"{template}: the compiler gave {type(made).__name__}")
    return made


def _source(owner: str, name: str) -> bytes:
    folder = CORE if owner == "core" else _plugin_folders.get(owner, Path()) / owner
    path = (folder / name).resolve()
    is_known = owner == "core" or owner in _plugin_folders
    if not is_known or path.suffix != ".typ" or path.parent != folder.resolve() or not path.is_file():
        raise LookupError(f"there is no document {owner}/{name}")
    source = path.read_text(encoding="utf-8")
    if _PACKAGE.search(source):
        raise ValueError(f"{owner}/{name}: a document imports no package")
    return source.encode()
