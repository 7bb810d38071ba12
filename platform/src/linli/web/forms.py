"""Forms and bodies against their declared types, every fault named in words for people."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, TypeVar, get_args, get_origin
from urllib.parse import urlencode

import msgspec
from litestar.datastructures import UploadFile

from linli.kit.errors import FieldError, Invalid
from linli.kit.text import gettext as _
from linli.kit.text import listed
from linli.web.fields import faults_of, is_asked

#: What a page's form says to the core and not to the handler: ``_draft``, ``_find``, ``_step``, ``_at`` and ``_back``.
ASIDES = ("_draft", "_find", "_step", "_at", "_back")

S = TypeVar("S", bound=msgspec.Struct)


@dataclass(slots=True)
class Form:
    """What was typed into a page's form: shown again, with the faults beside the fields, when it is not accepted.

    Attributes:
        values: by field, as they were sent.
        files: the last file of each field; ``uploads`` are their bytes.
        photos: all the files of each field, with their bytes, for one that takes several.
        asides: what the form says to the core.
        kept_at: when the draft was kept that these values come from.
        step: of a form in several steps, the one that is shown; counts from 0.
    """

    values: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, UploadFile] = field(default_factory=dict)
    uploads: dict[str, bytes] = field(default_factory=dict)
    photos: dict[str, list[tuple[UploadFile, bytes]]] = field(default_factory=dict)
    errors: dict[str, FieldError] = field(default_factory=dict)
    message: str = ""
    asides: dict[str, str] = field(default_factory=dict)
    kept_at: datetime | None = None
    step: int = 0

    @property
    def is_sent(self) -> bool:
        """Whether this is a form that came back, rather than an empty one."""
        return bool(self.values or self.files or self.errors or self.message)

    def value(self, name: str, default: Any = "") -> str:
        """What the person typed last, else the stored value."""
        if name in self.values:
            return self.values[name][-1]
        return "" if self.is_sent and default in (True, False) else "" if default is None else str(default)

    def all(self, name: str) -> list[str]:
        """Every value of a field that may come more than once."""
        return self.values.get(name, [])

    def checked(self, name: str, default: bool = False) -> bool:
        """Whether a box is ticked."""
        return name in self.values if self.is_sent else default

    def error(self, name: str) -> str:
        """What is wrong with the field, and in brackets what would be right; empty when nothing is wrong."""
        fault = self.errors.get(name)
        if fault is None:
            return ""
        return fault.message + (_("（{allowed}）").format(allowed=fault.allowed) if fault.allowed else "")

    def back(self, path: str, query: Mapping[str, str]) -> str:
        """The address of the page that the form stands on; one that came back stands where it was sent to."""
        if self.is_sent and "_back" in self.asides:
            return self.asides["_back"]
        kept = {name: value for name, value in query.items() if name not in ("draft", "step")}
        return f"{path}?{urlencode(kept)}" if kept else path

    def bind(self, kind: type[S]) -> S:
        """The form as a struct; blank optional fields take their default.

        Raises:
            Invalid: naming every field at fault.
        """
        given: dict[str, Any] = {}
        for info in msgspec.structs.fields(kind):
            if not is_asked(kind, info.encode_name, self.values):
                continue
            if info.encode_name not in self.values:
                if _is_flag(info.type):
                    given[info.encode_name] = False
                continue
            texts = [text.strip() for text in self.values[info.encode_name]]
            if _is_list(info.type):
                given[info.encode_name] = [text for text in texts if text]
            elif _is_flag(info.type):
                given[info.encode_name] = texts[-1].lower() not in {"", "0", "off", "false"}
            elif texts[-1] or info.required:
                given[info.encode_name] = texts[-1]
        noted = faults_of(kind, self.values)
        try:
            bound = bind(kind, given, strict=False)
        except Invalid as error:
            told = {fault.field for fault in error.errors}
            raise Invalid(errors=[*error.errors, *(each for each in noted if each.field not in told)]) from error
        if noted:
            raise Invalid(errors=noted)
        return bound


def bind(kind: type[S], given: object, *, strict: bool = True) -> S:
    """Build a struct from decoded input, collecting the faults of all fields.

    Args:
        kind: the struct.
        given: what was sent; must be an object.
        strict: JSON's own types; otherwise texts are converted, as from a form.

    Raises:
        Invalid: naming every field at fault.
    """
    if not isinstance(given, Mapping):
        raise Invalid.one("", _("应当是一个 JSON 对象"))
    faults: list[FieldError] = []
    known: set[str] = set()
    for info in msgspec.structs.fields(kind):
        known.add(info.encode_name)
        if info.encode_name in given:
            value = given[info.encode_name]
            try:
                msgspec.convert(value, info.type, strict=strict)
            except msgspec.ValidationError as error:
                faults.append(explain(info.encode_name, str(error), value))
        elif info.required:
            faults.append(FieldError(info.encode_name, _("必须填写")))
    if kind.__struct_config__.forbid_unknown_fields:
        faults += [
            FieldError(str(name), _("没有这个字段"), _("可用：{names}").format(names=listed(sorted(known))))
            for name in given
            if name not in known
        ]
    if faults:
        raise Invalid(errors=faults)
    try:
        return msgspec.convert(given, kind, strict=strict)
    except msgspec.ValidationError as error:
        raise Invalid(errors=[explain("", str(error), None)]) from error


def unstorable(given: object, name: str = "") -> Iterator[FieldError]:
    """The texts in what was sent that no text of the database can hold: those with a NUL in them.

    Whoever reads them later, a plugin's search say, need not think of it.

    Args:
        given: texts, lists and objects of them, as decoded.
        name: of the field that holds it, dotted for nested ones.
    """
    if isinstance(given, str):
        if "\0" in given:
            yield FieldError(name, _("内容里有无法保存的字符"))
    elif isinstance(given, msgspec.Struct):
        yield from unstorable({key: getattr(given, key) for key in given.__struct_fields__}, name)
    elif isinstance(given, Mapping):
        for key, value in given.items():
            yield from unstorable(str(key), name)
            yield from unstorable(value, f"{name}.{key}" if name else str(key))
    elif isinstance(given, list | tuple):
        for value in given:
            yield from unstorable(value, name)


_PATTERNS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], tuple[str, str]]], ...] = (
    (re.compile(r"missing required field `(\w+)`"), lambda m: (_("缺少 {name}").format(name=m[1]), "")),
    (re.compile(r"unknown field `(.+?)`"), lambda m: (_("没有 {name} 这个字段").format(name=m[1]), "")),
    (
        re.compile(r"`str` of length >= (\d+)"),
        lambda m: (_("必须填写"), "") if m[1] == "1" else (_("太短"), _("至少 {n} 个字").format(n=m[1])),
    ),
    (re.compile(r"`str` of length <= (\d+)"), lambda m: (_("太长"), _("最多 {n} 个字").format(n=m[1]))),
    (re.compile(r"`array` of length >= (\d+)"), lambda m: (_("太少"), _("至少 {n} 项").format(n=m[1]))),
    (re.compile(r"`array` of length <= (\d+)"), lambda m: (_("太多"), _("最多 {n} 项").format(n=m[1]))),
    (re.compile(r"`(?:int|float|decimal)` >= (\S+)"), lambda m: (_("太小"), _("不小于 {n}").format(n=m[1]))),
    (re.compile(r"`(?:int|float|decimal)` > (\S+)"), lambda m: (_("太小"), _("大于 {n}").format(n=m[1]))),
    (re.compile(r"`(?:int|float|decimal)` <= (\S+)"), lambda m: (_("太大"), _("不大于 {n}").format(n=m[1]))),
    (re.compile(r"`(?:int|float|decimal)` < (\S+)"), lambda m: (_("太大"), _("小于 {n}").format(n=m[1]))),
    (re.compile(r"matching regex"), lambda m: (_("格式不对"), "")),
    (re.compile(r"Invalid base64"), lambda m: (_("不是 base64"), "")),
    (re.compile(r"Invalid enum value"), lambda m: (_("不在可选范围内"), "")),
    (re.compile(r"Invalid UUID"), lambda m: (_("不是有效的编号"), "")),
    (
        re.compile(r"RFC3339|ISO8601|Invalid date"),
        lambda m: (_("不是有效的日期或时间"), _("例如 2026-01-31")),
    ),
    (re.compile(r"Expected `int(?: \| null)?`"), lambda m: (_("应当是整数"), _("例如 3"))),
    (
        re.compile(r"Expected `(?:float|decimal)(?: \| null)?`|Invalid decimal"),
        lambda m: (_("应当是数字"), _("例如 12.5")),
    ),
    (re.compile(r"Expected `date"), lambda m: (_("不是有效的日期"), _("例如 2026-01-31"))),
    (re.compile(r"Expected `bool"), lambda m: (_("应当是是或否"), "true, false")),
    (re.compile(r"Expected `str"), lambda m: (_("应当是文字"), "")),
    (re.compile(r"Expected `array"), lambda m: (_("应当是列表"), "")),
    (re.compile(r"Expected `object"), lambda m: (_("应当是 JSON 对象"), "")),
)


def explain(name: str, message: str, value: object) -> FieldError:
    """A decoder's complaint about a field, in the user's language."""
    place = re.search(r" - at `\$?\.?(.*?)`$", message)
    path = name
    if place and place[1]:
        path = f"{name}{'' if not name or place[1].startswith('[') else '.'}{place[1]}"
    if isinstance(value, str) and not value.strip():
        return FieldError(path, _("必须填写"))
    for pattern, words in _PATTERNS:
        if found := pattern.search(message):
            return FieldError(path, *words(found))
    return FieldError(path, _("填写有误"))


def _is_flag(kind: Any) -> bool:
    return kind is bool


def _is_list(kind: Any) -> bool:
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    return getattr(kind, "__origin__", kind) in (list, tuple, set, frozenset)
