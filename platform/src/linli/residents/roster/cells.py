"""From a cell to a value: how people and spreadsheets write it, and what is wrong with it."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from linli.kit import clock
from linli.kit.phones import normalise_id_number, normalise_phone
from linli.kit.text import gettext as _
from linli.residents.roster.columns import FIELDS, Column, column_of, title_of
from linli.residents.roster.escaping import unescape
from linli.residents.shares import parse_share, write_share
from linli.residents.wording import NAME_LENGTH, REMARKS_LENGTH, clean_line, clean_name
from linli.tenancy.naming import building_name, door_name, unit_name

#: Longer cells are cut when they are shown.
SHOWN = 80
PLACE_LENGTH = 30
#: A plugin's text without rules of its own.
_FURTHER_LENGTH = 200
MAX_AREA = Decimal("9999999.99")
_EARLIEST = date(1900, 1, 1)
_EXCEL_EPOCH = date(1899, 12, 30)


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell that holds a formula instead of a value."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class Broken:
    """A cell that holds an error of the spreadsheet, such as ``#REF!``."""

    text: str


Raw = str | int | float | bool | date | datetime | timedelta | Formula | Broken | None


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in one cell. The texts are Chinese sources with places for ``params``, translated when shown."""

    field: str
    message: str
    allowed: str = ""
    params: Mapping[str, str | int] = dataclasses.field(default_factory=dict)

    def stored(self) -> dict[str, Any]:
        """As ``core.roster_row.faults`` keeps it."""
        return {"field": self.field, "message": self.message, "allowed": self.allowed, "params": dict(self.params)}

    @classmethod
    def restored(cls, kept: Mapping[str, Any]) -> Fault:
        return cls(kept["field"], kept["message"], kept["allowed"], kept["params"])

    @property
    def title(self) -> str:
        return _(title_of(self.field))

    def sentence(self) -> str:
        """Message and what is allowed, in the reader's language."""
        return _("。").join(part for part in (self.shown_message(), self.shown_allowed()) if part)

    def shown_message(self) -> str:
        return _(self.message).format(**self.params)

    def shown_allowed(self) -> str:
        return _(self.allowed).format(**self.params) if self.allowed else ""


class BadCell(Exception):
    """The cell's value cannot be taken; carries message and what is allowed."""

    def __init__(self, message: str, allowed: str = "", **params: str | int) -> None:
        super().__init__(message)
        self.message, self.allowed, self.params = message, allowed, params


def parse_cell(name: str, raw: Raw) -> tuple[Any, Fault | None]:
    """The value of a cell of this field, ``None`` when blank; or the fault.

    Values are what JSON can carry: texts, flags, dates as ISO texts, shares as ``1/2``, areas as ``60.50``.
    """
    try:
        if isinstance(raw, Formula):
            raise BadCell(_("这里是公式，系统读不到结果"), _("请把这一格“复制”后“粘贴为数值”"))
        if isinstance(raw, Broken):
            raise BadCell(_("这里是表格的错误值"), _("请填写实际内容"))
        if is_blank(raw):
            return None, None
        parse = _PARSERS.get(name)
        return (_further(name, raw) if parse is None else parse(raw)), None
    except BadCell as bad:
        column = column_of(name)
        allowed = bad.allowed or (_(column.hint) if column and column.hint else "")
        return None, Fault(name, bad.message, allowed, bad.params)


def is_blank(raw: Raw) -> bool:
    """Nothing there: empty, blanks, or the dashes that people put for nothing."""
    return raw is None or (isinstance(raw, str) and clean_line(raw) in {"", "-", "—", "--", "——", "/", "\\"})


def shown(raw: Raw) -> str:
    """The cell as a short text, for faults and previews."""
    if isinstance(raw, Formula | Broken):
        return raw.text[:SHOWN]
    if isinstance(raw, datetime):
        raw = raw.date()
    return "" if raw is None else _text(raw)[:SHOWN]


def _text(raw: Raw) -> str:
    if isinstance(raw, bool):
        return "是" if raw else "否"
    if isinstance(raw, float):
        # 13800138000.0 is how a spreadsheet keeps a phone number that was typed as a number.
        return str(int(raw)) if raw.is_integer() and abs(raw) < 1e15 else repr(raw)
    if isinstance(raw, datetime | date):
        return raw.isoformat()[:10]
    return unescape(clean_line(str(raw)))


def _limited(text: str, limit: int) -> str:
    if len(text) > limit:
        raise BadCell(_("内容太长，共 {length} 个字"), _("最多 {limit} 个字"), length=len(text), limit=limit)
    return text


def _place(tidied: Callable[[str], str]) -> Callable[[Raw], str]:
    def parse(raw: Raw) -> str:
        if isinstance(raw, datetime | date):
            raise BadCell(_("表格把这一格变成了日期"), _("请把这一列设为“文本”格式后重新填写，例如 3-2"))
        return _limited(tidied(_text(raw)), PLACE_LENGTH)

    return parse


def _name(raw: Raw) -> str:
    return _limited(clean_name(_text(raw)), NAME_LENGTH)


def _remarks(raw: Raw) -> str:
    return _limited(_text(raw), REMARKS_LENGTH)


def _phone(raw: Raw) -> str:
    text = _unscientific(_text(raw), 11)
    if "*" in text:
        return _limited(text, 20)
    if phone := normalise_phone(_limited(text, 40)):
        return phone
    digits = re.sub(r"\D", "", text)
    raise BadCell(_("电话号码不正确，共 {count} 位数字"), count=len(digits))


def _id_number(raw: Raw) -> str:
    if isinstance(raw, int | float) and not isinstance(raw, bool) and abs(raw) >= 1e15:
        raise BadCell(_("表格把身份证号当成了数字，后几位已经丢失"), _("请把这一列设为“文本”格式后重新填写"))
    text = _unscientific(_text(raw), 18)
    if "*" in text:
        return _limited(text, 20)
    number = normalise_id_number(_limited(text, 40))
    if number is None:
        plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
        if len(plain) == 18:
            raise BadCell(_("身份证号的校验位不对，可能抄错了一位"))
        raise BadCell(_("身份证号不正确，共 {count} 位"), count=len(plain))
    if born_on(number) is None:
        raise BadCell(_("身份证号中的出生日期不存在"))
    return number


def _unscientific(text: str, digits: int) -> str:
    """``1.3800138000E10`` is a phone number; ``1.38E+10`` has lost its end and is none."""
    found = re.fullmatch(r"(\d)(?:\.(\d+))?[eE]\+?(\d{1,2})", unicodedata.normalize("NFKC", text))
    if found is None:
        return text
    if len(found[1] + (found[2] or "")) < digits:
        raise BadCell(_("表格把号码变成了科学计数法，后几位已经丢失"), _("请把这一列设为“文本”格式后重新填写"))
    return str(int(Decimal(unicodedata.normalize("NFKC", text))))


def _choice(name: str) -> Callable[[Raw], str]:
    words = {word: value for value, known in (FIELDS[name].choices or {}).items() for word in known}

    def parse(raw: Raw) -> str:
        text = re.sub(r"\s", "", unicodedata.normalize("NFKC", _text(raw))).lower()
        value = words.get(text)
        if value is None:
            raise BadCell(_("不认识“{text}”"), text=_text(raw)[:SHOWN])
        return value

    return parse


def _flag(name: str) -> Callable[[Raw], bool]:
    parse_choice = _choice(name)
    return lambda raw: parse_choice(raw) == "yes"


def _is_owner(raw: Raw) -> bool | str:
    """Yes, no, or the owner's name."""
    try:
        return _flag("is_owner")(raw)
    except BadCell:
        name = clean_name(_text(raw))
        if not re.fullmatch(r"[\u3400-\u9fff·A-Za-z ]{2,60}", name):
            raise
        return name


def _share(raw: Raw) -> str:
    text = unicodedata.normalize("NFKC", _text(raw))
    if isinstance(raw, datetime | date):
        raise BadCell(_("表格把份额变成了日期"), _("请把这一列设为“文本”格式后重新填写，例如 1/2"))
    share = parse_share(text)
    if share is None:
        raise BadCell(_("产权份额不正确"))
    return write_share(share)


def _area(raw: Raw) -> str:
    text = re.sub(r"(平方米|平米|m2|㎡|平)$", "", unicodedata.normalize("NFKC", _text(raw)).replace(",", "").strip())
    try:
        area = Decimal(text)
    except InvalidOperation:
        raise BadCell(_("面积不是数字")) from None
    if not area.is_finite() or not 0 < area <= MAX_AREA:
        raise BadCell(_("面积要大于 0，不超过 {limit}"), limit=str(MAX_AREA))
    rounded = area.quantize(Decimal("0.01"))
    if rounded != area and not isinstance(raw, float):
        raise BadCell(_("面积最多两位小数"))
    if not rounded:
        raise BadCell(_("面积要大于 0，不超过 {limit}"), limit=str(MAX_AREA))
    return str(rounded)


_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]?\d{1,2}:\d{2}(?::\d{2})?)?")
_COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")


def _day(raw: Raw) -> str:
    if isinstance(raw, datetime):
        day = raw.date()
    elif isinstance(raw, date):
        day = raw
    elif isinstance(raw, int | float) and not isinstance(raw, bool) and 1 <= raw < 100_000:
        # A date whose cell has lost its format: days since the end of 1899.
        day = _EXCEL_EPOCH + timedelta(days=int(raw))
    else:
        text = unicodedata.normalize("NFKC", _text(raw)).strip()
        found = _DATE.fullmatch(text) or _COMPACT_DATE.fullmatch(text)
        if found is None:
            raise BadCell(_("日期不正确"))
        try:
            day = date(int(found[1]), int(found[2]), int(found[3]))
        except ValueError:
            raise BadCell(_("没有这一天")) from None
    if not _EARLIEST <= day <= clock.today() + timedelta(days=3660):
        raise BadCell(_("日期超出范围"), _("1900 年以后、10 年以内"))
    return day.isoformat()


_PARSERS: dict[str, Callable[[Any], Any]] = {
    "compound": _place(clean_line),
    "building": _place(building_name),
    "unit": _place(unit_name),
    "door": _place(door_name),
    "name": _name,
    "phone": _phone,
    "id_number": _id_number,
    "gender": _choice("gender"),
    "identity": _choice("identity"),
    "relation": _choice("relation"),
    "is_owner": _is_owner,
    "share": _share,
    "lives": _flag("lives"),
    "area": _area,
    "area_basis": _choice("area_basis"),
    "usage": _choice("usage"),
    "delivery": _choice("delivery"),
    "moved_in_on": _day,
    "moved_out_on": _day,
    "is_migrant": _flag("is_migrant"),
    "remarks": _remarks,
}


def _further(name: str, raw: Raw) -> Any:
    """The value of a plugin's cell; nothing when the plugin is gone."""
    column = column_of(name)
    if column is None:
        return None
    text = _text(raw)
    if column.parse is None:
        return _further_choice(column, text) if column.choices else _limited(text, _FURTHER_LENGTH)
    try:
        return column.parse(text)
    except ValueError as error:
        raise BadCell(str(error)) from error


def _further_choice(column: Column, text: str) -> str:
    for value, words in (column.choices or {}).items():
        if text in words:
            return value
    raise BadCell(_("不认识“{text}”"), _("只能填写：{words}"), text=text[:SHOWN], words=_words(column))


def _words(column: Column) -> str:
    return "、".join(words[0] for words in (column.choices or {}).values())


def born_on(id_number: str) -> date | None:
    """The day of birth in an identity number (GB 11643); ``None`` when there is no such day."""
    try:
        return date(int(id_number[6:10]), int(id_number[10:12]), int(id_number[12:14]))
    except ValueError:
        return None


def gender_of(id_number: str) -> str:
    """``male`` or ``female``: the seventeenth digit is odd for men (GB 11643)."""
    return "male" if int(id_number[16]) % 2 else "female"
