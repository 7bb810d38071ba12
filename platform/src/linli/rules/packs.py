"""Rule packs: files of values, each file one law or document; every fault is told with file, entry and field."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

import msgspec

from linli.kit.errors import FieldError, Invalid
from linli.kit.text import gettext as _
from linli.kit.text import listed
from linli.rules.keys import RuleKey
from linli.rules.values import check_value

#: The nation; narrower places go by their division code: 2 digits a province, 4 a city, 6 a district, 9 a street.
NATION = "CN"
LEVELS: tuple[str, ...] = ("nation", "province", "city", "district", "street", "compound")
_LEVEL_BY_LENGTH = {2: "province", 4: "city", 6: "district", 9: "street"}

Rank = Literal[
    "law",
    "judicial_interpretation",
    "administrative_regulation",
    "ministry_rule",
    "local_regulation",
    "normative_document",
    "local_rule",
    "custom",
]
#: The smaller is the higher. A local regulation stands beside a ministry rule; they never meet in one jurisdiction.
RANKS: dict[str, int] = {
    "law": 0,
    "judicial_interpretation": 1,
    "administrative_regulation": 2,
    "ministry_rule": 3,
    "local_regulation": 3,
    "normative_document": 4,
    "local_rule": 5,
    "custom": 6,
}

Confidence = Literal["P", "S", "S-", "K", "D"]
#: The surer first.
CONFIDENCES: tuple[Confidence, ...] = ("P", "S", "S-", "K", "D")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEntry:
    """One value from one place of a law or document.

    Attributes:
        key: of the rule.
        value: in its written form; see ``linli.rules.values``.
        jurisdiction: ``CN`` or a division code.
        rank: of the document.
        title: of the document, with its English name beside it.
        article: its number, e.g. ``278`` or ``30-33``; empty where the source does not tell it.
        effective_from: first day from which the text is known to hold; it may have begun earlier.
        effective_to: last day; ``None`` while it holds.
        confidence: how the value was seen: in the text itself (P), in another source (S), in a weak one (S-), from
            knowledge not looked up (K), or proposed here (D).
        source: where it was seen: an address or a word.
        note: what to know about it, with English beside it.
        only_stricter: whether narrower places may only be stricter; ``None`` as the rule says.
        owner: ``core`` or the plugin whose pack it is.
        file: of the pack, for people who look for it.
    """

    key: str
    value: Any
    jurisdiction: str
    rank: Rank
    title: str
    title_en: str
    article: str = ""
    effective_from: date
    effective_to: date | None = None
    confidence: Confidence
    source: str = ""
    note: str = ""
    note_en: str = ""
    only_stricter: bool | None = None
    owner: str = "core"
    file: str = ""

    @property
    def level(self) -> str:
        """How wide the jurisdiction is: one of ``LEVELS``."""
        return "nation" if self.jurisdiction == NATION else _LEVEL_BY_LENGTH[len(self.jurisdiction)]

    @property
    def identity(self) -> tuple[str, str, int, date]:
        """Two values that are alike in this could not be told apart by rank and date."""
        return self.key, self.jurisdiction, RANKS[self.rank], self.effective_from

    def holds_on(self, day: date) -> bool:
        """Whether it is in force on a day, first and last day included."""
        return self.effective_from <= day and (self.effective_to is None or day <= self.effective_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePack:
    """What a plugin contributes to the rules: values for its jurisdiction, and rules of its own.

    Attributes:
        folder: holds the TOML files of values, in any depth; ``None`` where the pack only declares rules.
        rules: the plugin's own; each topic is the plugin's name, or begins with it and ``_``.
        topics: topic to title, a message, for those rules.
        regions: division code to the name of the place, with its English name, for the pages.
    """

    folder: Path | None = None
    rules: Sequence[RuleKey] = ()
    topics: Mapping[str, str] = field(default_factory=dict)
    regions: Mapping[str, tuple[str, str]] = field(default_factory=dict)


class _Value(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """An entry as it stands in a file; what it leaves out it takes from the document."""

    key: str
    value: Any
    article: str = ""
    effective_from: date | None = None
    effective_to: date | None = None
    confidence: str = ""
    source: str = ""
    note: str = ""
    note_en: str = ""
    only_stricter: bool | None = None


class _Document(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A file: the document and its values."""

    jurisdiction: str
    rank: str
    title: str
    title_en: str
    effective_from: date
    effective_to: date | None = None
    confidence: str
    source: str = ""
    values: list[dict[str, Any]]


def read_folder(folder: Path, owner: str, rules: Mapping[str, RuleKey]) -> list[RuleEntry]:
    """Every value in the TOML files of a folder, in the order of the files.

    Args:
        folder: of the pack.
        owner: ``core`` or a plugin's name.
        rules: those that values may be given for.

    Raises:
        Invalid: naming each file, entry and field at fault, the fault, and what is allowed.
    """
    faults: list[FieldError] = []
    entries: list[RuleEntry] = []
    files = sorted(folder.rglob("*.toml"))
    if not files:
        faults.append(FieldError(str(folder), _("文件夹里没有规则文件"), "*.toml"))
    for path in files:
        entries += read_document(path.read_bytes(), path.relative_to(folder).as_posix(), owner, rules, faults)
    entries_by_identity: dict[tuple[Any, ...], RuleEntry] = {}
    for entry in entries:
        other = entries_by_identity.setdefault(entry.identity, entry)
        if other is not entry:
            faults.append(FieldError(f"{entry.file} {entry.key}", clash(other, entry)))
    if faults:
        raise Invalid(_("规则文件有错误"), faults)
    return entries


def read_document(
    content: bytes, file: str, owner: str, rules: Mapping[str, RuleKey], faults: list[FieldError]
) -> list[RuleEntry]:
    """The values of one file; what is wrong with it is added to ``faults``."""
    try:
        raw = tomllib.loads(content.decode("utf-8-sig").replace("\r\n", "\n"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        faults.append(FieldError(file, _("不是 TOML（{detail}）").format(detail=error), "UTF-8, TOML 1.0"))
        return []
    document = _convert(_Document, raw, file, faults)
    if document is None or not _check_document(document, file, faults):
        return []
    entries = []
    for number, each in enumerate(document.values):
        place = f"{file} values[{number}]"
        if isinstance(each, dict) and isinstance(each.get("key"), str):
            place = f"{place} ({each['key']})"
        value = _convert(_Value, each, place, faults)
        entry = value and _entry(document, value, place, file, owner, rules, faults)
        if entry is not None:
            entries.append(entry)
    return entries


def clash(first: RuleEntry, second: RuleEntry) -> str:
    """That two values cannot be told apart, naming both owners and files."""
    return _("“{key}”在 {place} 有两个同级、同日生效的值：{one} 与 {other}").format(
        key=first.key,
        place=first.jurisdiction,
        one=f"{first.owner} ({first.file})",
        other=f"{second.owner} ({second.file})",
    )


def _convert(kind: type[Any], raw: Any, place: str, faults: list[FieldError]) -> Any | None:
    fields = {info.name: info for info in msgspec.structs.fields(kind)}
    if not isinstance(raw, Mapping):
        faults.append(FieldError(place, _("应当是一个表"), listed(fields)))
        return None
    before = len(faults)
    for name in raw:
        if name not in fields:
            near = get_close_matches(str(name), list(fields), n=1)
            hint = _("，您是否想写“{near}”？").format(near=near[0]) if near else ""
            faults.append(FieldError(f"{place} {name}", _("没有这个字段") + hint, listed(fields)))
    for name, info in fields.items():
        if name not in raw:
            if info.required:
                faults.append(FieldError(f"{place} {name}", _("必须填写")))
            continue
        try:
            msgspec.convert(raw[name], info.type)
        except msgspec.ValidationError as error:
            faults.append(FieldError(f"{place} {name}", _("填写有误（{detail}）").format(detail=error)))
    return msgspec.convert(raw, kind) if len(faults) == before else None


def _check_document(document: _Document, file: str, faults: list[FieldError]) -> bool:
    before = len(faults)
    code = document.jurisdiction
    if code != NATION and not (code.isascii() and code.isdigit() and len(code) in _LEVEL_BY_LENGTH):
        allowed = _("{nation}，或者 2、4、6、9 位区划代码").format(nation=NATION)
        faults.append(FieldError(f"{file} jurisdiction", _("“{code}”不是区划代码").format(code=code), allowed))
    _one_of(f"{file} rank", document.rank, RANKS, faults)
    _one_of(f"{file} confidence", document.confidence, CONFIDENCES, faults)
    empty = [name for name in ("title", "title_en") if not getattr(document, name).strip()]
    faults += [FieldError(f"{file} {name}", _("必须填写")) for name in empty]
    _check_days(file, document.effective_from, document.effective_to, faults)
    return len(faults) == before


def _one_of(place: str, given: str, allowed: Collection[str], faults: list[FieldError]) -> None:
    if given not in allowed:
        faults.append(FieldError(place, _("“{value}”不在可选范围内").format(value=given), listed(allowed)))


def _check_days(place: str, first: date, last: date | None, faults: list[FieldError]) -> None:
    if last is not None and last < first:
        allowed = _("不早于 {day}").format(day=first.isoformat())
        faults.append(FieldError(f"{place} effective_to", _("失效日期早于生效日期"), allowed))


def _entry(
    document: _Document,
    given: _Value,
    place: str,
    file: str,
    owner: str,
    rules: Mapping[str, RuleKey],
    faults: list[FieldError],
) -> RuleEntry | None:
    before = len(faults)
    rule = rules.get(given.key)
    if rule is None:
        near = get_close_matches(given.key, list(rules), n=1)
        hint = _("，您是否想写“{near}”？").format(near=near[0]) if near else ""
        faults.append(FieldError(f"{place} key", _("没有这项规则") + hint))
        return None
    value = check_value(rule, given.value, f"{place} value")
    if isinstance(value, FieldError):
        faults.append(value)
    confidence = given.confidence or document.confidence
    _one_of(f"{place} confidence", confidence, CONFIDENCES, faults)
    if given.only_stricter and not rule.stricter:
        faults.append(FieldError(f"{place} only_stricter", _("这项规则的值没有松严之分"), "false"))
    if bool(given.note) != bool(given.note_en):
        faults.append(FieldError(f"{place} note_en", _("说明要有中文和英文")))
    first = given.effective_from or document.effective_from
    last = given.effective_to or document.effective_to
    _check_days(place, first, last, faults)
    if len(faults) > before:
        return None
    return RuleEntry(
        key=given.key,
        value=value,
        jurisdiction=document.jurisdiction,
        rank=document.rank,  # type: ignore[arg-type]
        title=document.title.strip(),
        title_en=document.title_en.strip(),
        article=given.article.strip(),
        effective_from=first,
        effective_to=last,
        confidence=confidence,  # type: ignore[arg-type]
        source=given.source or document.source,
        note=given.note,
        note_en=given.note_en,
        only_stricter=given.only_stricter,
        owner=owner,
        file=file,
    )
