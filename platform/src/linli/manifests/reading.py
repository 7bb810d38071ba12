"""Reading a manifest: every fault at once, each with file, line, key and what is allowed."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path as FilePath
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec import UNSET, Struct, UnsetType

from linli.kit.errors import FieldError, Invalid
from linli.kit.text import gettext as _
from linli.kit.text import listed
from linli.manifests.lines import Path, key_lines, nearest_line
from linli.manifests.schemas import Manifest
from linli.web.forms import explain

_PLACE_IN_MESSAGE = re.compile(r"\(at line (\d+), column \d+\)|\(at end of document\)")


@dataclass(slots=True)
class Faults:
    """What is wrong with one manifest, collected so that all of it is told at once."""

    file: str
    lines: dict[Path, int] = field(default_factory=dict)
    found: list[tuple[int, FieldError]] = field(default_factory=list)

    def add(self, path: Path, message: str, allowed: str = "") -> None:
        line = nearest_line(self.lines, path)
        place = f"{self.file}:{line} {spelt(path)}".rstrip()
        self.found.append((line, FieldError(place, message, allowed)))

    def take_over(self, path: Path, errors: Iterable[FieldError]) -> None:
        """Faults that another part of the house found in the table at this path."""
        for error in errors:
            self.add((*path, error.field), error.message, error.allowed)

    def raise_if_any(self) -> None:
        if self.found:
            self.found.sort(key=lambda each: each[0])
            raise Invalid(_("清单有错误，没有写入任何内容"), [error for _line, error in self.found])


def spelt(path: Path) -> str:
    """``communities[0].code``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


@dataclass(frozen=True, slots=True)
class ReadManifest:
    """A manifest of the right shape, and where its keys stand for faults that are found later."""

    manifest: Manifest
    faults: Faults


def read_manifest(path: FilePath, plugins: Collection[str] | None = None) -> ReadManifest:
    """Read a manifest file.

    Args:
        path: the file.
        plugins: the names of those installed; others are told with the faults of the shape.

    Raises:
        Invalid: it is no TOML, or not of a manifest's shape.
        OSError: the file cannot be read.
    """
    return parse_manifest(path.read_bytes(), str(path), plugins)


def parse_manifest(content: bytes, file: str, plugins: Collection[str] | None = None) -> ReadManifest:
    """Like ``read_manifest``, for a text that is in memory already; ``file`` is used in the errors."""
    faults = Faults(file)
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
        raw = tomllib.loads(text)
    except UnicodeDecodeError as error:
        faults.lines[()] = content.count(b"\n", 0, error.start) + 1
        faults.add((), _("不是 UTF-8 文字"))
        faults.raise_if_any()
        raise
    except tomllib.TOMLDecodeError as error:
        faults.lines[()] = _line_of(error, content)
        faults.add((), _("不是 TOML（{detail}）").format(detail=_PLACE_IN_MESSAGE.sub("", str(error)).strip()))
        faults.raise_if_any()
        raise
    faults.lines = key_lines(text)
    _check_struct(Manifest, raw, (), faults)
    if faults.found and plugins is not None and isinstance(raw.get("plugins"), dict):
        # A manifest of the wrong shape gets no further; what is wrong with the names can be told already.
        blame_unknown_plugins(raw["plugins"], plugins, faults)
    faults.raise_if_any()
    return ReadManifest(msgspec.convert(raw, Manifest), faults)


def blame_unknown_plugins(names: Iterable[str], installed: Collection[str], faults: Faults) -> None:
    """Add each name that no installed plugin has, with the nearest one that has."""
    for name in names:
        if name not in installed:
            near = get_close_matches(name, list(installed), n=1)
            hint = _("，您是否想写“{near}”？").format(near=near[0]) if near else ""
            faults.add(("plugins", name), _("没有安装这个插件") + hint, listed(installed))


def _line_of(error: tomllib.TOMLDecodeError, content: bytes) -> int:
    found = _PLACE_IN_MESSAGE.search(str(error))
    return int(found[1]) if found and found[1] else content.count(b"\n") + 1


def _check_struct(kind: type[Struct], raw: Any, path: Path, faults: Faults) -> None:
    if not isinstance(raw, Mapping):
        faults.add(path, _("应当是一个表"), _("[{name}] 下面写各个键").format(name=spelt(path)))
        return
    fields = {each.encode_name: each for each in msgspec.structs.fields(kind)}
    for key in raw.keys() - fields.keys():
        near = get_close_matches(key, list(fields), n=1)
        hint = _("，您是否想写“{near}”？").format(near=near[0]) if near else ""
        faults.add((*path, key), _("没有这个键") + hint, listed(fields))
    for key, each in fields.items():
        if key in raw:
            _check(each.type, raw[key], (*path, key), faults)
        elif each.required:
            faults.add((*path, key), _("必须写"))


def _check(kind: Any, raw: Any, path: Path, faults: Faults) -> None:
    kind = _without_unset(kind)
    inner = get_args(kind)
    if isinstance(kind, type) and issubclass(kind, Struct):
        _check_struct(kind, raw, path, faults)
    elif get_origin(kind) is list and isinstance(raw, list):
        for n, each in enumerate(raw):
            _check(inner[0], each, (*path, n), faults)
    elif get_origin(kind) is dict and isinstance(raw, dict):
        for key, each in raw.items():
            _check(inner[1], each, (*path, key), faults)
    else:
        _check_value(kind, raw, path, faults)


def _check_value(kind: Any, raw: Any, path: Path, faults: Faults) -> None:
    allowed = _choices(kind)
    try:
        msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        if allowed and isinstance(raw, str):
            _not_among(raw, allowed, path, faults)
            return
        told = explain("", str(error), raw)
        faults.add(path, told.message, told.allowed or _description(kind))
        return
    if allowed and isinstance(raw, str) and raw not in allowed and not _has_list(kind):
        _not_among(raw, allowed, path, faults)


def _not_among(raw: str, allowed: list[str], path: Path, faults: Faults) -> None:
    near = get_close_matches(raw, allowed, n=1)
    hint = _("，您是否想写“{near}”？").format(near=near[0]) if near else ""
    faults.add(path, _("“{value}”不在可选范围内").format(value=raw) + hint, listed(allowed))


def _without_unset(kind: Any) -> Any:
    if get_origin(kind) not in (Union, UnionType):
        return kind
    rest = [each for each in get_args(kind) if each not in (UnsetType, NoneType)]
    return rest[0] if len(rest) == 1 else Union[tuple(rest)]  # noqa: UP007 built at run time


def _choices(kind: Any) -> list[str]:
    if get_origin(kind) is Literal:
        return [str(each) for each in get_args(kind)]
    if get_origin(kind) is Annotated:
        for meta in get_args(kind)[1:]:
            if enum := (meta.extra_json_schema or {}).get("enum"):
                return list(enum)
    return []


def _description(kind: Any) -> str:
    if get_origin(kind) is Annotated:
        return next((meta.description for meta in get_args(kind)[1:] if meta.description), "")
    return ""


def _has_list(kind: Any) -> bool:
    return any(get_origin(each) is list for each in get_args(kind))


def given(section: Struct) -> dict[str, Any]:
    """The keys that a section names, with their values."""
    return {name: value for name in section.__struct_fields__ if (value := getattr(section, name)) is not UNSET}
