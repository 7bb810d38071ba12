"""Every rule and every value that this process knows: the core's from its package, a plugin's once it is activated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from linli.kit.errors import FieldError, Invalid
from linli.kit.text import current_locale, listed
from linli.kit.text import gettext as _
from linli.rules.definitions import CORE_RULES, TOPICS
from linli.rules.keys import RuleKey
from linli.rules.packs import NATION, RuleEntry, RulePack, clash, read_folder

CORE = "core"
#: The core's own values.
DATA = Path(__file__).parent / "data"
#: Places whose rules the core brings, with their English names.
_REGIONS: dict[str, tuple[str, str]] = {
    NATION: ("全国", "China"),
    "11": ("北京市", "Beijing"),
    "31": ("上海市", "Shanghai"),
}


@dataclass(frozen=True, slots=True)
class Book:
    """The rules and values of the core and some plugins.

    Attributes:
        rules: by key, in the order in which they are declared.
        owners: key to ``core`` or the plugin that declares it.
        topics: topic to title, a message.
        regions: division code to its name in Chinese and English.
        entries: by key.
        plugins: whose packs are in it.
    """

    rules: Mapping[str, RuleKey]
    owners: Mapping[str, str]
    topics: Mapping[str, str]
    regions: Mapping[str, tuple[str, str]]
    entries: Mapping[str, tuple[RuleEntry, ...]]
    plugins: frozenset[str] = frozenset()

    def with_packs(self, owner: str, packs: Iterable[RulePack]) -> Book:
        """This book and a plugin's packs.

        Raises:
            Invalid: naming what is wrong with the packs; a rule or value that another owner has already is refused,
                naming both owners.
        """
        rules, owners = dict(self.rules), dict(self.owners)
        topics, regions = dict(self.topics), dict(self.regions)
        entries = dict(self.entries)
        packs = list(packs)
        faults = [fault for pack in packs for fault in _declare(owner, pack, rules, owners, topics)]
        for pack in packs:
            for code, names in pack.regions.items():
                regions.setdefault(code, names)
        if faults:
            raise Invalid(_("规则有错误"), faults)
        for pack in packs:
            for entry in read_folder(pack.folder, owner, rules) if pack.folder is not None else ():
                faults += _add(entry, owners, entries)
        if faults:
            raise Invalid(_("规则有错误"), faults)
        return Book(rules, owners, topics, regions, entries, self.plugins | {owner})


def _declare(
    owner: str, pack: RulePack, rules: dict[str, RuleKey], owners: dict[str, str], topics: dict[str, str]
) -> list[FieldError]:
    faults = []
    for rule in pack.rules:
        if rule.key in owners:
            message = _("规则“{key}”已由 {one} 声明，{other} 不能再声明")
            faults.append(FieldError(rule.key, message.format(key=rule.key, one=owners[rule.key], other=owner)))
        elif rule.topic != owner and not rule.topic.startswith(f"{owner}_"):
            faults.append(FieldError(rule.key, _("插件的规则要以插件名开头"), f"{owner}.…, {owner}_….…"))
        else:
            rules[rule.key], owners[rule.key] = rule, owner
    own = {rule.topic for rule in pack.rules}
    for topic in own:
        topics.setdefault(topic, pack.topics.get(topic, topic))
    return faults


def _add(entry: RuleEntry, owners: Mapping[str, str], entries: dict[str, tuple[RuleEntry, ...]]) -> list[FieldError]:
    place = f"{entry.file} {entry.key}"
    if entry.jurisdiction == NATION and owners[entry.key] != entry.owner:
        # A pack speaks for its own place: what holds in the whole country is the business of the rule's owner.
        message = _("插件不能给 {owner} 的规则写全国的值").format(owner=owners[entry.key])
        return [FieldError(place, message, _("2、4、6、9 位区划代码"))]
    known = entries.get(entry.key, ())
    for other in known:
        if other.identity == entry.identity:
            return [FieldError(place, clash(other, entry))]
    entries[entry.key] = (*known, entry)
    return []


def read_core() -> Book:
    """The core's own rules and values, read from its package."""
    rules = {rule.key: rule for rule in CORE_RULES}
    entries: dict[str, tuple[RuleEntry, ...]] = {}
    for entry in read_folder(DATA, CORE, rules):
        entries[entry.key] = (*entries.get(entry.key, ()), entry)
    return Book(rules, dict.fromkeys(rules, CORE), dict(TOPICS), dict(_REGIONS), entries)


#: What holds in this process; exchanged as a whole.
_books: dict[str, Book] = {}
#: Which plugins a street allows: a pack counts where its plugin is allowed. Set by the floor of the plugins.
_gates: dict[str, Callable[[Session], frozenset[str]]] = {}


def core_book() -> Book:
    """The core's book, read once."""
    if CORE not in _books:
        _books[CORE] = read_core()
    return _books[CORE]


def book() -> Book:
    """All that this process knows."""
    return _books.get("all") or core_book()


def declare_packs(packs: Sequence[tuple[str, RulePack]], allowed: Callable[[Session], frozenset[str]]) -> None:
    """Make the plugins' packs known, in place of those declared before.

    Args:
        packs: each with its plugin's name; checked when the plugin was loaded.
        allowed: which plugins the street of a session allows.
    """
    made = core_book()
    for owner in dict.fromkeys(owner for owner, _pack in packs):
        made = made.with_packs(owner, [pack for name, pack in packs if name == owner])
    _books["all"] = made
    _gates["plugins"] = allowed


def plugins_allowed(session: Session) -> frozenset[str]:
    """The plugins whose packs count in the street of this session."""
    gate = _gates.get("plugins") if book().plugins else None
    return gate(session) if gate is not None else frozenset()


def find_rule(key: str) -> RuleKey:
    """The declaration of a rule.

    Raises:
        Invalid: there is none; names the nearest.
    """
    rules = book().rules
    if key not in rules:
        near = get_close_matches(key, list(rules), n=3)
        message = _("没有“{name}”这项规则").format(name=key)
        raise Invalid.one("key", message, _("是不是 {names}？").format(names=listed(near)) if near else "")
    return rules[key]


def region_name(code: str) -> str:
    """What a jurisdiction is called, in the language of the request; the code where nobody has named it."""
    names = book().regions.get(code)
    if names is None:
        return code
    return names[1] if current_locale() == "en" else names[0]


def titles_of(entry: Any) -> tuple[str, str]:
    """Title and note of a document in the language of the request."""
    if current_locale() == "en":
        return entry.title_en or entry.title, entry.note_en or entry.note
    return entry.title, entry.note
