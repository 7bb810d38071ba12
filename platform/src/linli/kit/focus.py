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


def focus() -> Focus:
    """What the person has narrowed the current page to; everything outside a page."""
    return _focus.get()


@contextmanager
def focused(on: Focus) -> Iterator[None]:
    """Show no more than this inside the block."""
    token = _focus.set(on)
    try:
        yield
    finally:
        _focus.reset(token)
