"""Names that one owner alone may declare: a second one is refused, naming both."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from linli.plugins.manifest import ManifestFault

#: Hook to how people would call what one of its items claims.
_CLAIMS: dict[str, Callable[[str, Any], list[str]]] = {
    "register_permissions": lambda _owner, item: [f"permission {item.name}"],
    "register_roles": lambda _owner, item: [f"role {item.code}", f"role title {item.title}"],
    "register_settings": lambda owner, item: [f"setting {owner}.{item.key}"],
    "register_tasks": lambda _owner, item: [f"task {item.name}"],
    "register_notifications": lambda _owner, item: [f"notification {item.name}"],
    "register_retention": lambda _owner, item: [f"data class {item.name}"],
    "register_acts": lambda _owner, item: [f"act {item.name}"],
    "register_personal_data": lambda _owner, item: [f"personal data of table {table}" for table in item.tables],
    # Two entries of one name in one menu cannot be told apart.
    "register_navigation": lambda _owner, item: [f"navigation entry {item.title} of {item.portal}"],
    "register_cards": lambda _owner, item: [f"card {item.template} of {item.portal}"],
    "register_metrics": lambda _owner, item: [f"metric {item.name}"],
    "register_search": lambda _owner, item: [f"search {item.name} of {item.portal}"],
    "register_disclosures": lambda _owner, item: [f"disclosure {item.name}"],
    "register_health_checks": lambda _owner, item: [f"health check {item.name}"],
    "register_obligations": lambda _owner, item: [f"obligation {item.name}"],
    "register_pushes": lambda _owner, item: [f"push {item.name}"],
    "register_commands": lambda owner, item: [f"command linli {owner} {item.name}"],
}


def claim(owner: str, given: Mapping[str, Sequence[Any]], taken: dict[str, str]) -> None:
    """Note what an owner claims; nothing is noted when something is refused.

    Args:
        owner: ``core`` or a plugin.
        given: hook to what it returned.
        taken: claim to its owner.

    Raises:
        ManifestFault: naming what is declared twice, and by whom.
    """
    own: set[str] = set()
    for each in (name for hook, claims in _CLAIMS.items() for item in given[hook] for name in claims(owner, item)):
        if each in own:
            raise ManifestFault(f"{each} is declared twice")
        if each in taken:
            raise ManifestFault(f"{each} is declared by {taken[each]} already, and by {owner}; rename one")
        own.add(each)
    taken.update(dict.fromkeys(own, owner))
