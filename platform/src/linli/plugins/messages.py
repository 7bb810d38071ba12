"""Which kinds of messages this process knows. ``linli.notifications`` sends them."""

from __future__ import annotations

from collections.abc import Iterable

from linli.kit.placeholders import names_in, stray_brace
from linli.plugins.contributions import NotificationType

#: Names that every message may mention beside those of its context: the reader's own street and community.
PLACE_NAMES = frozenset({"street", "community"})

_declared: dict[str, NotificationType] = {}


def check_notification(kind: NotificationType) -> None:
    """Refuse a kind whose texts cannot be filled in.

    Raises:
        ValueError: naming the kind and the piece at fault.
    """
    if "\n" in kind.subject or not kind.subject.strip():
        raise ValueError(f"notification {kind.name}: its subject is one line")
    for text in (kind.subject, kind.body):
        if stray := stray_brace(text):
            raise ValueError(f"notification {kind.name}: {stray!r} is no {{name}} of lower-case letters")
    if strange := names_in(kind.subject) - names_in(kind.body) - PLACE_NAMES:
        # The subject is cut off in a text message, and a body without it must still say what happened.
        raise ValueError(f"notification {kind.name}: its body does not mention {', '.join(sorted(strange))}")


def declare_notifications(kinds: Iterable[NotificationType]) -> None:
    """Make these the kinds of this process, in place of those declared before."""
    _declared.clear()
    _declared.update({kind.name: kind for kind in kinds})


def declared_notifications() -> tuple[NotificationType, ...]:
    """The kinds of the core, then those of the plugins in their order."""
    return tuple(_declared.values())
