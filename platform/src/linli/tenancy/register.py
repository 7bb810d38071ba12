"""Reading the official register of divisions: `code,name,…` in UTF-8 or GB18030, every fault with its line."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from linli.kit.errors import FieldError, Invalid
from linli.kit.text import gettext as _

DISTRICT, STREET, COMMUNITY = 6, 9, 12
LONGEST_NAME = 60
#: More faults than these are counted, not told: the first ones show what is wrong with the file.
TOLD_FAULTS = 20

_CODE_HEADERS = ("code", "代码", "统计用区划代码", "区划代码")
_NAME_HEADERS = ("name", "名称")
_LEVELS = (2, 4, DISTRICT, STREET, COMMUNITY)
_EXPONENT = re.compile(r"\d(\.\d+)?e\+?\d+", re.IGNORECASE)
_COMMITTEES = re.compile(r"(居民委员会|居委会|村民委员会|村委会)$")
_AREAS = ("社区", "地区", "小区", "生活区", "村")


@dataclass(frozen=True, slots=True)
class Unit:
    """One row of the register. ``code`` has 6 digits for a district, 9 for a street, 12 for a community."""

    code: str
    name: str
    line: int

    @property
    def parent_code(self) -> str:
        return {STREET: self.code[:DISTRICT], COMMUNITY: self.code[:STREET]}.get(len(self.code), "")


@dataclass(frozen=True, slots=True)
class Register:
    """The units of a register that has no faults, in the order of the file."""

    districts: dict[str, Unit] = field(default_factory=dict)
    streets: dict[str, Unit] = field(default_factory=dict)
    #: By the code of their street.
    communities: dict[str, list[Unit]] = field(default_factory=dict)

    def streets_of(self, district: str) -> list[Unit]:
        return [unit for unit in self.streets.values() if unit.parent_code == district]

    def units_of(self, district: str) -> Iterator[Unit]:
        """The district itself, its streets and their communities."""
        if district in self.districts:
            yield self.districts[district]
        for street in self.streets_of(district):
            yield street
            yield from self.communities.get(street.code, ())


def portal_name(register_name: str) -> str:
    """The name of the area rather than of its committee: ``劲松北社区居委会`` is ``劲松北社区``."""
    area, found = _COMMITTEES.subn("", register_name)
    if not found or not area or area.endswith(_AREAS):
        return area or register_name
    return area + ("村" if "村" in register_name[len(area) :] else "社区")


def read_register(path: Path) -> Register:
    """Read a register file.

    Raises:
        Invalid: naming line and fault of every bad row (the first ones of very many).
        OSError: the file cannot be read.
    """
    return parse_register(path.read_bytes(), path.name)


def parse_register(content: bytes, name: str) -> Register:
    """Like ``read_register``, for a file that is in memory already; ``name`` is used in the errors."""
    faults = _Faults(name)
    rows = _rows(_decoded(content, faults), faults)
    register, lines = Register(), dict[str, int]()
    for line, code, unit_name in rows:
        unit = _unit(line, code, unit_name, faults)
        if unit is None:
            continue
        if unit.code in lines:
            faults.add(line, _("代码 {code} 与第 {first} 行重复").format(code=unit.code, first=lines[unit.code]))
            continue
        lines[unit.code] = line
        _place(register, unit)
    for street, communities in register.communities.items():
        if street not in register.streets:
            for each in communities:
                faults.add(
                    each.line,
                    _("社区 {code} 所属的街道 {street} 不在文件里").format(code=each.code, street=street),
                )
    if not lines and not faults:
        faults.add(1, _("文件里没有任何区划"), _("表头 code,name，每行一个区划"))
    faults.raise_if_any()
    return register


def _place(register: Register, unit: Unit) -> None:
    if len(unit.code) == DISTRICT:
        register.districts[unit.code] = unit
    elif len(unit.code) == STREET:
        register.streets[unit.code] = unit
    elif len(unit.code) == COMMUNITY:
        register.communities.setdefault(unit.parent_code, []).append(unit)


class _Faults:
    def __init__(self, name: str) -> None:
        self._name = name
        self._found: list[tuple[int, FieldError]] = []

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, line: int, message: str, allowed: str = "") -> None:
        place = _("{name} 第 {line} 行").format(name=self._name, line=line)
        self._found.append((line, FieldError(place, message, allowed)))

    def raise_if_any(self) -> None:
        if not self._found:
            return
        self._found.sort(key=lambda each: each[0])
        errors = [error for _line, error in self._found[:TOLD_FAULTS]]
        if len(self._found) > TOLD_FAULTS:
            rest = len(self._found) - TOLD_FAULTS
            errors.append(FieldError(self._name, _("还有 {count} 处错误").format(count=rest)))
        raise Invalid(_("区划登记册有错误，没有导入任何内容"), errors)


def _decoded(content: bytes, faults: _Faults) -> str:
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        faults.add(1, _("这是表格软件的文件"), _("另存为 CSV（UTF-8 或 GB18030）"))
        faults.raise_if_any()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
    faults.add(line, _("不是可读的文字"), _("UTF-8 或 GB18030 编码的 CSV"))
    faults.raise_if_any()
    return ""


def _rows(text: str, faults: _Faults) -> Iterator[tuple[int, str, str]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    columns: tuple[int, int] | None = None
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error:
            faults.add(line, _("引号没有成对，或行里有不能识别的字符"), _("一行一个区划：代码,名称"))
            return
        if row is None:
            return
        if not any(cell.strip() for cell in row):
            continue
        if columns is None:
            columns = _columns(row, line, faults)
            continue
        if len(row) <= max(columns):
            faults.add(line, _("缺少代码或名称"), _("代码,名称"))
            continue
        yield line, row[columns[0]], row[columns[1]]


def _columns(row: Sequence[str], line: int, faults: _Faults) -> tuple[int, int]:
    headers = [unicodedata.normalize("NFKC", cell).strip().lower() for cell in row]
    code, name = (
        next((headers.index(each) for each in names if each in headers), -1) for names in (_CODE_HEADERS, _NAME_HEADERS)
    )
    if code < 0 or name < 0:
        faults.add(line, _("表头里没有 code 和 name 两列"), "code,name")
        faults.raise_if_any()
    return code, name


def _unit(line: int, code: str, name: str, faults: _Faults) -> Unit | None:
    code = unicodedata.normalize("NFKC", code).strip()
    name = name.strip()
    problem, allowed = _code_problem(code), _("2、4、6、9 或 12 位数字")
    if not problem:
        problem, allowed = _name_problem(name), _("1 到 {most} 个字").format(most=LONGEST_NAME)
    if problem:
        faults.add(line, problem, allowed)
        return None
    # The national office writes every code with twelve digits, the missing levels as zeros.
    level = next((each for each in _LEVELS if not code[each:].strip("0")), COMMUNITY)
    return Unit(code[:level] if len(code) == COMMUNITY else code, name, line)


def _code_problem(code: str) -> str:
    if not code:
        return _("没有代码")
    if _EXPONENT.fullmatch(code):
        return _("代码“{code}”被表格软件改成了科学计数法").format(code=code)
    if not (code.isascii() and code.isdigit()):
        return _("代码“{code}”不全是数字").format(code=code[:LONGEST_NAME])
    if len(code) not in _LEVELS:
        return _("代码“{code}”有 {count} 位").format(code=code[:LONGEST_NAME], count=len(code))
    return "" if code[0] != "0" else _("代码“{code}”以 0 开头").format(code=code)


def _name_problem(name: str) -> str:
    if not name:
        return _("没有名称")
    if len(name) > LONGEST_NAME:
        return _("名称有 {count} 个字").format(count=len(name))
    if any(unicodedata.category(character)[0] == "C" for character in name):
        return _("名称里有看不见的字符")
    return ""
