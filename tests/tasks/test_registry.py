"""Names of tasks."""

from __future__ import annotations

import pytest

from linli.tasks.registry import Tasks, task


def test_a_name_is_declared_once_and_under_its_owner() -> None:
    with pytest.raises(ValueError, match="core"):
        task("notices.send_mail")
    task("core.test_only")(lambda run: None)
    with pytest.raises(ValueError, match="twice"):
        task("core.test_only")(lambda run: None)
    assert Tasks().find("core.test_only") is not None
    assert Tasks().find("core.absent") is None
