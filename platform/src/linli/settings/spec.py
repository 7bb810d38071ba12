"""The declaration of one setting: its type, its words, its limits, and the check that every stored value passes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Any, Literal

from linli.kit.errors import FieldError
from linli.kit.text import gettext as _
from linli.kit.text import listed

SettingType = Literal[
    "text", "long_text", "integer", "decimal", "fen", "boolean", "choice", "choices", "date", "time", "secret"
]
Level = Literal["street", "community", "compound"]

LEVELS: tuple[Level, ...] = ("street", "community", "compound")

_KEY = re.compile(r"[a-z][a-z0-9_]{0,40}")
_TRUE = {"true", "1", "on", "yes", "是"}
_FALSE = {"false", "0", "off", "no", "否", ""}
MAX_TEXT = 200
MAX_LONG_TEXT = 4000
#: Beyond this JSON numbers are no longer exact everywhere.
MAX_NUMBER = 2**53


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingSpec:
    """One typed setting of the core or of a plugin, rendered as a field of a form.

    Attributes:
        key: unique within its owner; lower-case letters, digits, underscores.
        type: ``choice`` is one of ``choices``, ``choices`` a list of them; ``decimal`` is kept as text, exactly;
            ``fen`` is money: a number is fen, a text is yuan (``"12.50"``), as people type it; ``time`` is a time of
            day (Asia/Shanghai), ``"08:30"``; ``secret`` is a key to a service: sealed where it is kept, never shown
            again, never in a manifest, and without a default.
        default: what holds where nobody chose; must itself be allowed.
        title: the field's label, in Chinese; a message of the catalogue.
        help: what the setting does, in a sentence; a message.
        choices: allowed value to its title, for ``choice`` and ``choices``.
        minimum: for numbers the least value (of money in fen), for texts the least number of characters.
        maximum: likewise the greatest.
        unit: what a number counts, e.g. ``天``, shown behind the field; a message. Money is in yuan by itself.
        levels: the places where it may be set; the narrower place wins unless the street locks it.
        source: the law or document that the default follows; shown beside the field.
    """

    key: str
    type: SettingType
    default: Any
    title: str
    help: str = ""
    choices: Mapping[str, str] | None = None
    minimum: int | Decimal | None = None
    maximum: int | Decimal | None = None
    unit: str = ""
    levels: tuple[Level, ...] = LEVELS
    source: str = ""

    def __post_init__(self) -> None:
        if not _KEY.fullmatch(self.key):
            raise ValueError(f"setting key {self.key!r}: lower-case letters, digits, underscores")
        if (self.type in ("choice", "choices")) != bool(self.choices):
            raise ValueError(f"setting {self.key}: choices belong to the types choice and choices, and to no other")
        if not self.levels or set(self.levels) - set(LEVELS):
            raise ValueError(f"setting {self.key}: levels are some of {', '.join(LEVELS)}")
        if self.type == "secret":
            if self.default != "":
                raise ValueError(f"setting {self.key}: a secret has no default; leave it empty")
            return
        value = self.check(self.default)
        if isinstance(value, FieldError):
            raise ValueError(f"setting {self.key}: its default is not allowed: {value.message} {value.allowed}")

    def check(self, value: Any) -> Any | FieldError:
        """The value in its stored form, or what is wrong with it. Texts, as from a form, are converted."""
        match self.type:
            case "boolean":
                return self._boolean(value)
            case "integer" | "decimal":
                return self._number(value)
            case "fen":
                return self._fen(value)
            case "choice":
                return self._choice(value)
            case "choices":
                return self._choices(value)
            case "date":
                return self._date(value)
            case "time":
                return self._time(value)
            case "secret" if value == "":
                return self._fault(_("不能为空"))
            case _:
                return self._text(value)

    def read(self, stored: Any) -> Any:
        """A stored value in Python's own type: ``Decimal`` for decimals, ``date`` for dates, ``time`` for times of day.

        Money is an ``int`` of fen.
        """
        match self.type:
            case "decimal":
                return Decimal(stored)
            case "date":
                return date.fromisoformat(stored)
            case "time":
                return time.fromisoformat(stored)
            case _:
                return stored

    def typed(self, value: Any) -> str:
        """A value of this setting as people type it into the form; money in yuan."""
        if value is None:
            return ""
        if self.type == "fen":
            return f"{Decimal(value) / 100:.2f}"
        return value.strftime("%H:%M") if isinstance(value, time) else str(value)

    def _fault(self, message: str, allowed: str = "") -> FieldError:
        return FieldError(self.key, message, allowed)

    def _boolean(self, value: Any) -> bool | FieldError:
        if isinstance(value, bool):
            return value
        text = str(value).strip().lower()
        if text in _TRUE or text in _FALSE:
            return text in _TRUE
        return self._fault(_("应当是“是”或“否”"), "true, false")

    def _number(self, value: Any) -> int | str | FieldError:
        if isinstance(value, bool | float):
            # A float has already lost what a decimal would keep.
            return self._fault(_("应当是整数") if self.type == "integer" else _('小数请写成文字，例如 "0.3"'))
        try:
            number = Decimal(str(value).strip())
            whole = number == number.to_integral_value()
        except ArithmeticError:
            return self._fault(_("应当是数字"), self._limits())
        if not number.is_finite() or (self.type == "integer" and not whole):
            return self._fault(_("应当是整数") if self.type == "integer" else _("应当是数字"), self._limits())
        if fault := self._within(number):
            return fault
        return int(number) if self.type == "integer" else format(number, "f")

    def _within(self, number: Decimal) -> FieldError | None:
        is_low = self.minimum is not None and number < self.minimum
        is_high = number > (MAX_NUMBER if self.maximum is None else self.maximum)
        if is_low or is_high or number < -MAX_NUMBER:
            return self._fault(_("超出允许的范围"), self._limits())
        return None

    def _fen(self, value: Any) -> int | FieldError:
        if isinstance(value, bool | float):
            # A float has already lost what a text would keep.
            return self._fault(_("金额请写成文字，单位元，例如 12.50"), self._limits())
        if isinstance(value, int):
            fen = Decimal(value)
        else:
            try:
                fen = Decimal(str(value).strip()) * 100
            except ArithmeticError:
                return self._fault(_("应当是金额，单位元"), self._limits())
        if not fen.is_finite() or fen != fen.to_integral_value():
            return self._fault(_("金额最多两位小数"), self._limits())
        if fault := self._within(fen):
            return fault
        return int(fen)

    def _limits(self) -> str:
        low, high = self.minimum, self.maximum
        if self.type == "fen":
            low, high = (None if each is None else Decimal(each) / 100 for each in (low, high))
        if low is not None and high is not None:
            return _("{low} 至 {high}").format(low=low, high=high)
        if low is not None:
            return _("不小于 {n}").format(n=low)
        return _("不大于 {n}").format(n=high) if high is not None else ""

    def _choice(self, value: Any) -> str | FieldError:
        choices = self.choices or {}
        if isinstance(value, str) and value in choices:
            return value
        return self._fault(_("“{value}”不在可选范围内").format(value=value), listed(choices))

    def _choices(self, value: Any) -> list[str] | FieldError:
        given = [value] if isinstance(value, str) else value
        if not isinstance(given, list | tuple):
            return self._fault(_("应当是一个列表"), listed(self.choices or {}))
        for each in given:
            if isinstance(fault := self._choice(each), FieldError):
                return fault
        return [each for each in self.choices or {} if each in given]

    def _date(self, value: Any) -> str | FieldError:
        try:
            return (value if isinstance(value, date) else date.fromisoformat(str(value).strip())).isoformat()
        except ValueError:
            return self._fault(_("不是有效的日期"), _("例如 2026-01-31"))

    def _time(self, value: Any) -> str | FieldError:
        try:
            at = value if isinstance(value, time) else time.fromisoformat(str(value).strip())
        except ValueError:
            return self._fault(_("不是有效的时间"), _("例如 08:30"))
        if at.tzinfo is not None or at.second or at.microsecond:
            return self._fault(_("时间只写到分钟"), _("例如 08:30"))
        return at.strftime("%H:%M")

    def _text(self, value: Any) -> str | FieldError:
        if not isinstance(value, str):
            return self._fault(_("应当是文字"))
        text = value.replace("\r\n", "\n").strip()
        least = int(self.minimum or 0)
        most = int(self.maximum or (MAX_TEXT if self.type == "text" else MAX_LONG_TEXT))
        if len(text) < least:
            return self._fault(_("太短"), _("至少 {n} 个字").format(n=least))
        if len(text) > most:
            return self._fault(_("太长"), _("最多 {n} 个字").format(n=most))
        if any(ord(character) < 32 and character != "\n" for character in text) or (
            self.type != "long_text" and "\n" in text
        ):
            return self._fault(_("含有不能使用的字符"))
        return text
