"""What a community lets people read, with who may and whose rule asks for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from linli.db.session import ScopedSession
from linli.plugins.containment import DISCLOSURE
from linli.plugins.gate import is_on
from linli.plugins.informing import AUDIENCES, below
from linli.plugins.registry import Plugins
from linli.showing.contained import part_of


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the list. ``count`` and ``newest`` are ``None`` where its owner does not say."""

    name: str
    owner: str
    title: str
    description: str
    audience: str
    is_public: bool
    source: str
    path: str
    count: int | None = None
    newest: datetime | None = None


def disclosed(session: ScopedSession, plugins: Plugins, on: Iterable[str]) -> list[Entry]:
    """Everything that is disclosed in the one community that the scope names, in order."""
    on = set(on)
    entries = []
    for each in sorted(plugins.disclosures, key=lambda each: (each.item.order, each.owner, each.item.name)):
        if not is_on(each.owner, on):
            continue
        item, state = each.item, None
        if item.state is not None:
            state = part_of(session, DISCLOSURE, each.owner, item.name, lambda ask=item.state: ask(session))
        entries.append(
            Entry(
                item.name,
                each.owner,
                item.title,
                item.description,
                AUDIENCES[item.audience],
                item.audience == "public",
                item.source,
                below(each.owner, item.path),
                state.count if state else None,
                state.newest if state else None,
            )
        )
    return entries
