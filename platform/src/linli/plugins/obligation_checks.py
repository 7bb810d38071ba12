"""The rules that declared obligations obey before the core takes them over."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from linli.plugins.manifest import ManifestFault
from linli.plugins.obligations import LEVELS, RHYTHMS, Obligation
from linli.rules.keys import RuleKey

#: Units whose spans can be laid side by side on the calendar.
CALENDAR_UNITS = ("days", "weeks", "months", "years")


def check_obligations(
    plugin: str,
    items: Sequence[Obligation],
    *,
    rules: Mapping[str, RuleKey],
    permissions: Collection[str],
    roles: Collection[str],
) -> None:
    """Look at the obligations of the core or of one plugin.

    Args:
        plugin: their owner.
        items: what it declares.
        rules: by key, those that the owner declares itself among them.
        permissions: names of all that are declared so far, with the owner's own.
        roles: codes likewise.

    Raises:
        ManifestFault: naming the obligation, its fault and what is allowed.
    """
    seen: set[str] = set()
    for item in items:
        where = f"obligation {item.name}"
        if not re.fullmatch(rf"{plugin}\.[a-z][a-z0-9_]*", item.name):
            raise ManifestFault(f"{where}: must be called {plugin}.<noun>")
        if item.name in seen:
            raise ManifestFault(f"{where} is declared twice")
        seen.add(item.name)
        _shape(where, item)
        _rules(where, item, rules)
        if unknown := {*item.roles, *item.bodies} - set(roles):
            raise ManifestFault(f"{where}: no role {', '.join(sorted(unknown))}; there are {', '.join(sorted(roles))}")
        if item.needs is not None and item.needs not in permissions:
            raise ManifestFault(f"{where} needs {item.needs}, a permission that nobody declares")


def _shape(where: str, item: Obligation) -> None:
    if not item.title.strip():
        raise ManifestFault(f"{where}: it has no title")
    if item.rhythm not in RHYTHMS:
        raise ManifestFault(f"{where}: {item.rhythm!r} is not one of {', '.join(RHYTHMS)}")
    if item.level not in LEVELS:
        raise ManifestFault(f"{where}: {item.level!r} is not one of {', '.join(LEVELS)}")
    if not item.roles:
        raise ManifestFault(f"{where}: roles is empty, so that nobody would be responsible")
    for name, asked in (("evidence", item.evidence), ("occasions", item.occasions), ("applies", item.applies)):
        if asked is not None and not callable(asked):
            raise ManifestFault(f"{where}: its {name} cannot be called")
    if (item.rhythm == "every") is (item.occasions is not None):
        raise ManifestFault(f"{where}: occasions belong to the rhythms term and after, and only to those")


def _rules(where: str, item: Obligation, rules: Mapping[str, RuleKey]) -> None:
    wanted = {"every": item.rhythm != "after", "within": item.rhythm == "after"}
    for name, is_needed in wanted.items():
        key = getattr(item, name)
        if is_needed and not key:
            raise ManifestFault(f"{where}: the rhythm {item.rhythm} needs {name}, the key of a rule")
        if key and key not in rules:
            raise ManifestFault(f"{where}: {name} is {key}, a rule that nobody declares")
        if key and rules[key].type != "duration":
            raise ManifestFault(f"{where}: {name} is {key}, a rule of type {rules[key].type} instead of duration")
    if item.rhythm == "term" and item.within:
        raise ManifestFault(f"{where}: a term ends with its last day; within belongs to every and after")
    if item.rhythm == "after" and item.every:
        raise ManifestFault(f"{where}: every belongs to every and term")
    units = rules[item.every].units if item.every else ()
    if units and not set(units) & set(CALENDAR_UNITS):
        raise ManifestFault(f"{where}: {item.every} has none of the units {', '.join(CALENDAR_UNITS)}")
