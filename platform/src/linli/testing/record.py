"""The record of acts must be readable: in tests an act without words fails where it is recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy.orm import Session

from linli.audit.wording import action_title, field_title


@contextmanager
def worded_record(owners: Iterable[str]) -> Iterator[None]:
    """While it lasts, an act of these owners needs words for its noun, its verb and each of its fields.

    Args:
        owners: ``core`` and the names of plugins.

    Raises:
        AssertionError: from the unit of work, naming the act and what has no words.
    """
    titles = dict.fromkeys(owners, "…")
    # The package offers the function of the same name in the module's place.
    module = import_module("linli.audit.record")
    append = module._append

    def append_worded(session: Session) -> None:
        for row in session.info.get("audit_rows", []):
            if faults := wordless(row, titles):
                raise AssertionError(f"the record has no words for {', '.join(faults)}: see register_record_words")
        append(session)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_append", append_worded)
        yield


def wordless(row: dict[str, Any], titles: dict[str, str]) -> list[str]:
    """What of an act has no words: the action by its name, fields by theirs."""
    action = row["action"]
    # ``core.test.…`` is what tests of the record itself make up.
    if action.partition(".")[0] not in titles or action.startswith("core.test."):
        return []
    faults = [action] if action_title(action, titles) == action else []
    fields = {**(row["before"] or {}), **(row["after"] or {})}
    return faults + [f"field {key} of {action}" for key in fields if field_title(action, key) == key]
