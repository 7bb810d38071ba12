"""What a form's struct says of a field beyond its type: when it is asked for, what else it must be, whether it is kept.

Said once, in ``Annotated``, and held by the server whether or not a browser runs scripts; the pages are told by
``asked_when``.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Annotated, Any, get_args, get_origin

import msgspec

from linli.kit.errors import FieldError, Invalid
from linli.kit.text import gettext as _

#: Names that hold what no draft keeps, whoever forgot to say so.
_SECRET = re.compile(r"password|passwd|secret|token|recovery|totp|captcha")


@dataclass(frozen=True, slots=True)
class When:
    """A field that is asked for only where another one has one of these values.

    Where it has none of them, what was typed into this one does not count: the field has its default.

    Attributes:
        field: the other field's name.
        values: as a form sends them; a ticked box is ``1``, and an empty one or nothing chosen is an empty text.
        told: for people whose browser runs no scripts, and who see the field in any case: "只在…时填写".
        required: it must not be left empty where it is asked for.
    """

    field: str
    values: tuple[str, ...]
    told: str = ""
    required: bool = False

    @property
    def listed(self) -> str:
        """The values as the page's scripts read them."""
        return msgspec.json.encode(self.values).decode()


@dataclass(frozen=True, slots=True)
class Check:
    """What a text must be beyond its type: ``call`` raises ``Invalid``, whose first words are said of this field."""

    call: Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Undrafted:
    """A field that no draft keeps."""


UNDRAFTED = Undrafted()


@cache
def notes_of(kind: type[msgspec.Struct]) -> Mapping[str, tuple[Any, ...]]:
    """By the name that a form sends: what is said of the field, outermost first."""
    hints = typing.get_type_hints(kind, include_extras=True)
    return {info.encode_name: tuple(_notes(hints[info.name])) for info in msgspec.structs.fields(kind)}


def _notes(kind: Any) -> list[Any]:
    if get_origin(kind) is not Annotated:
        return []
    inner, *said = get_args(kind)
    return [*(each for each in said if isinstance(each, When | Check | Undrafted)), *_notes(inner)]


def asked_when(kind: type[msgspec.Struct]) -> dict[str, When]:
    """For ``field(when=…)`` of a page: which fields of this form are asked for when, told in the reader's language."""
    found = {}
    for name, said in notes_of(kind).items():
        for each in said:
            if isinstance(each, When):
                found[name] = replace(each, told=_(each.told) if each.told else "")
    return found


def is_asked(kind: type[msgspec.Struct], name: str, values: Mapping[str, list[str]]) -> bool:
    """Whether a field is asked for with these values of the others; one that hangs on one not asked for is not."""
    for each in notes_of(kind).get(name, ()):
        if isinstance(each, When):
            if not is_asked(kind, each.field, values):
                return False
            sent = [text.strip() for text in values.get(each.field) or [_default(kind, each.field)]]
            if not set(sent) & set(each.values):
                return False
    return True


def _default(kind: type[msgspec.Struct], name: str) -> str:
    for info in msgspec.structs.fields(kind):
        if info.encode_name == name and isinstance(info.default, str | int) and not isinstance(info.default, bool):
            return str(info.default)
    return ""


def faults_of(kind: type[msgspec.Struct], values: Mapping[str, list[str]]) -> list[FieldError]:
    """What the notes of a form's fields find wrong: left empty where it is asked for, or refused by a check."""
    faults = []
    for name, said in notes_of(kind).items():
        text = (values.get(name) or [""])[-1].strip()
        if not said or not is_asked(kind, name, values):
            continue
        if not text and any(isinstance(each, When) and each.required for each in said):
            faults.append(FieldError(name, _("必须填写")))
        checks = [each for each in said if isinstance(each, Check)] if text else []
        faults.extend(fault for each in checks if (fault := _refused(each, name, text)))
    return faults


def _refused(check: Check, name: str, text: str) -> FieldError | None:
    try:
        check.call(text)
    except Invalid as error:
        first = error.errors[0] if error.errors else FieldError(name, _(error.message))
        return replace(first, field=name)
    return None


def draftable(kind: Any, values: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """What of a form a draft may keep: no passwords, no keys, and nothing that its struct keeps out."""
    notes = notes_of(kind) if isinstance(kind, type) and issubclass(kind, msgspec.Struct) else {}
    return {
        name: texts
        for name, texts in values.items()
        if not _SECRET.search(name)
        # What a form says to the core, its token first.
        and not name.startswith("_")
        and not any(isinstance(each, Undrafted) for each in notes.get(name, ()))
    }
