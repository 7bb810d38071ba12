"""What the names in a message stand for: kept as JSON, shown in each reader's own language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from linli.kit.days import day_text, moment_text
from linli.kit.text import gettext

#: A value longer than this is cut: a message is no place for documents.
LONGEST = 500


class Term(str):
    """A word of the interface in a message's context, as ``Term("业主")``: each reader gets it in their own language.

    Its text is a message of the catalogue in Chinese; plain strings are shown as they are.
    """


def stored(context: Mapping[str, Any]) -> dict[str, Any]:
    """The context as JSON.

    Raises:
        TypeError: a value is not a text, a number, a day or a moment.
    """
    return {name: _stored(name, value) for name, value in context.items()}


def _stored(name: str, value: Any) -> Any:
    match value:
        case Term():
            return {"term": str(value)}
        case str():
            return value[:LONGEST]
        case bool():
            raise TypeError(f"{name}: say it in words")
        case int():
            return value
        case Decimal():
            return str(value)
        case datetime():
            return {"at": value.isoformat()}
        case date():
            return {"day": value.isoformat()}
        case _:
            raise TypeError(f"{name}: a text, a number, a day or a moment, not {type(value).__name__}")


def shown(context: Mapping[str, Any]) -> dict[str, str]:
    """The stored context as texts in the current language; times are those of Asia/Shanghai."""
    return {name: _shown(value) for name, value in context.items()}


def _shown(value: Any) -> str:
    match value:
        case {"term": str(term)}:
            return gettext(term)
        case {"day": str(day)}:
            return day_text(date.fromisoformat(day))
        case {"at": str(moment)}:
            return moment_text(datetime.fromisoformat(moment))
        case _:
            return str(value)
