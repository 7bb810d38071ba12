"""The events that the code under test tells."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from linli import sdk
from linli.plugins.events import Event


@contextmanager
def recorded_events() -> Iterator[list[Event]]:
    """While it lasts, each event that any module of this process tells is kept in the list, and told as ever.

    It is kept when it is told, whatever becomes of the transaction.
    """
    told: list[Event] = []
    emit = sdk.emit

    def emit_and_keep(session: Any, event: Event, **options: Any) -> Any:
        answer = emit(session, event, **options)
        told.append(event)
        return answer

    with pytest.MonkeyPatch.context() as patch:
        # Plugins have taken the function over by name: it is exchanged wherever it is.
        for name, module in list(sys.modules.items()):
            if name.startswith("linli") and module is not None:
                for attribute in [each for each, value in vars(module).items() if value is emit]:
                    patch.setattr(module, attribute, emit_and_keep)
        yield told
