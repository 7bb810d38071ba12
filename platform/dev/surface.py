"""What plugins see of the SDK and of its test kit, as text: every public name with its kind and its signature.

`make docs` writes it to tests/plugins/sdk.txt; the one of the last release lies in docs/changelog/released/sdk.txt.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import typing
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
import pytest

import linli
from distributions import ROOT
from linli.plugins.manifest import SDK_VERSION
from linli.sdk.deprecation import DEPRECATED

SNAPSHOT = ROOT / "tests" / "plugins" / "sdk.txt"
RELEASED = ROOT / "docs" / "changelog" / "released" / "sdk.txt"
MODULES = (
    "linli.sdk",
    "linli.sdk.deprecation",
    "linli.sdk.hookspecs",
    "linli.sdk.migrations",
    *(
        f"linli.testing.{name}"
        for name in ("choices", "clock", "contract", "facts", "jobs", "mail", "planted", "plugin", "web", "world")
    ),
)
#: What plugins only hand on, and all that they may call of it: the rest is the core's.
HANDED_ON = {"linli.testing.choices.Plugins": ("load",)}
#: The templates whose macros pages of plugins call.
MACROS = ("components", "tables", "charts", "calendar", "floors")
#: What ``@pytest.fixture`` leaves where the function stood.
_FIXTURE = type(pytest.fixture(lambda: None))
_MACRO = re.compile(r"{% macro (?!_)(\w+)\((.*?)\)\s*-?%}")

_HEAD = "# What plugins see of SDK {version}. Written by `make docs`.\n"


def render() -> str:
    """The whole surface; one paragraph for each name."""
    parts = [_HEAD.format(version=SDK_VERSION)]
    for name, lines in sorted(_names().items()):
        parts.append("\n".join([f"{name}: {lines[0]}", *(f"    {line}" for line in lines[1:])]) + "\n")
    return "\n".join(parts)


def read(text: str) -> tuple[str, Mapping[str, str]]:
    """The version of a surface, and name to paragraph."""
    found = re.search(r"SDK (\d+\.\d+)\.", text)
    paragraphs = [each.strip() for each in text.split("\n\n")[1:]]
    return found[1] if found else "", {each.partition(":")[0]: each for each in paragraphs if each}


def _names() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for module in MODULES:
        loaded = import_module(module)
        for name in loaded.__all__:
            full, thing = f"{module}.{name}", getattr(loaded, name)
            if full in HANDED_ON:
                found[full] = [
                    "class, handed on",
                    *(next(_member(each, vars(thing)[each])) for each in HANDED_ON[full]),
                ]
            elif name != "SDK_VERSION":
                found[full] = list(_lines(thing))
    for file in MACROS:
        path = Path(linli.__file__).parent / "web" / "templates" / f"{file}.html"
        for name, words in _MACRO.findall(path.read_text("utf-8") if path.is_file() else ""):
            found[f"{file}.html.{name}"] = [f"macro({words})"]
    for each in DEPRECATED:
        found[f"linli.sdk.{each.name}"] = [f"deprecated for {each.replacement}, gone with SDK {each.removed_in}"]
    return found


def _lines(thing: Any) -> Iterator[str]:
    if typing.get_origin(thing) is not None:
        yield f"alias {_written(thing)}"
    elif inspect.isclass(thing):
        yield from _class(thing)
    elif isinstance(thing, _FIXTURE):
        yield f"fixture of {_written(inspect.signature(inspect.unwrap(thing)).return_annotation)}"
    elif callable(thing):
        yield f"function{_signature(thing)}"
    elif isinstance(thing, Mapping):
        yield f"mapping of {', '.join(map(str, thing))}"
    elif isinstance(thing, str | int | tuple):
        yield f"value {thing!r}"
    else:
        yield f"value of {type(thing).__name__}"


def _class(kind: type) -> Iterator[str]:
    yield "class"
    yield from _fields(kind)
    for name, annotation in _noted(kind):
        value = vars(kind).get(name)
        yield f"{name}: {annotation}{f' = {value!r}' if isinstance(value, str | int | bool | tuple) else ''}"
    for name, member in sorted(vars(kind).items()):
        if not name.startswith("_"):
            yield from _member(name, member)


def _fields(kind: type) -> Iterator[str]:
    if dataclasses.is_dataclass(kind):
        for each in dataclasses.fields(kind):
            default = _default(each.default, each.default_factory, dataclasses.MISSING)
            yield f"{each.name}: {_written(each.type)}{default}"
    elif issubclass(kind, msgspec.Struct):
        for each in msgspec.structs.fields(kind):
            yield f"{each.name}: {_written(each.type)}{_default(each.default, each.default_factory, msgspec.NODEFAULT)}"
    elif issubclass(kind, Enum):
        yield from (f"{member.name} = {member.value!r}" for member in kind)


def _member(name: str, member: object) -> Iterator[str]:
    if inspect.isfunction(member):
        yield f"{name}{_signature(member)}"
    elif isinstance(member, property):
        yield f"{name} -> {_written(inspect.signature(member.fget).return_annotation)}" if member.fget else name
    elif isinstance(member, cached_property):
        yield f"{name} -> {_written(inspect.signature(member.func).return_annotation)}" if member.func else name
    elif isinstance(member, classmethod | staticmethod):
        yield f"{name}{_signature(member.__func__)}"


def _noted(kind: type) -> Iterator[tuple[str, str]]:
    """What stands on the class rather than on each of its objects, and the columns of rows, those of its mixins too."""
    seen: set[str] = set()
    fields = {*getattr(kind, "__dataclass_fields__", ()), *getattr(kind, "__struct_fields__", ())}
    for base in kind.__mro__:
        if not base.__module__.startswith("linli."):
            continue
        for name, annotation in sorted(inspect.get_annotations(base).items()):
            text = _written(annotation)
            is_fields = name in fields and "ClassVar" not in text
            if not name.startswith("_") and name not in seen and not is_fields:
                seen.add(name)
                yield name, text


def _signature(function: Any) -> str:
    try:
        text = str(inspect.signature(function))
    except (ValueError, TypeError):
        return "(…)"
    # Where an object lies in memory is no part of a promise.
    return re.sub(r" at 0x[0-9a-f]+", "", text).replace("'", "")


def _written(annotation: Any) -> str:
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def _default(value: Any, factory: Any, missing: Any) -> str:
    if value is not missing:
        return f" = {re.sub(r' at 0x[0-9a-f]+', '', repr(value))}"
    return "" if factory is missing else " = …"
