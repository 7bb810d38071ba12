"""What a person wants to see of all that they may see: one compound, one home, one member of the household."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Focus:
    """What the current page is narrowed to; whoever chose nothing sees everything that they may.

    A focus narrows what is shown and never what may be seen or done: the core sets it only where the person's own
    rights reach, and nothing may be decided by it.

    Attributes:
        compound_id: in the admin portal.
        dwelling_id: in the resident portal, one of the person's own homes.
        resident_id: in the resident portal, a child of the person's household for whom they answer.
    """

    compound_id: UUID | None = None
    dwelling_id: UUID | None = None
    resident_id: UUID | None = None


#: Everything.
NO_FOCUS = Focus()
_focus: ContextVar[Focus] = ContextVar("linli_focus", default=NO_FOCUS)


#: Whether what runs now has asked what the page is narrowed to.
_asked: ContextVar[list[Focus] | None] = ContextVar("linli_focus_asked", default=None)


def focus() -> Focus:
    """What the person has narrowed the current page to; everything outside a page."""
    found = _focus.get()
    if (asked := _asked.get()) is not None:
        asked.append(found)
    return found


@contextmanager
def noting_focus() -> Iterator[list[Focus]]:
    """Whether something inside the block asks for the focus: the list is empty until it does.

    What does not ask has not narrowed itself either, and the page around it says that it is about everything.
    """
    asked: list[Focus] = []
    token = _asked.set(asked)
    try:
        yield asked
    finally:
        _asked.reset(token)


@contextmanager
def focused(on: Focus) -> Iterator[None]:
    """Show no more than this inside the block."""
    token = _focus.set(on)
    try:
        yield
    finally:
        _focus.reset(token)
