"""Tidings: what a lower floor tells upper floors that it must not know, in the transaction in which it happens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, ParamSpec

P = ParamSpec("P")


class Tiding(Generic[P]):
    """One kind of news. Whoever wants to hear it says so once, when it is imported."""

    def __init__(self) -> None:
        self._listeners: list[Callable[P, None]] = []

    def heard_by(self, listener: Callable[P, None]) -> Callable[P, None]:
        """Have a function called with each piece of news; to be used as a decorator."""
        self._listeners.append(listener)
        return listener

    def tell(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Call everybody who listens, in the order in which they came; what one raises, the teller raises."""
        for listener in self._listeners:
            listener(*args, **kwargs)
