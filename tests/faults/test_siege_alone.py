"""Each plugin at fault alone, under a heavier load: at night."""

from __future__ import annotations

import time

import pytest
from tests.faults.conftest import WHILE_RUNNING
from tests.faults.siege import DEADLINE, ROOT, besieged
from tests.faults.test_siege import BAD, CORE, NEIGHBOURS

from linli.testing.databases import clone_of


@pytest.mark.nightly
@pytest.mark.parametrize("bad", [name for name in WHILE_RUNNING if name != "loops"])
def test_each_alone_under_a_heavier_load(superuser_url, template, tmp_path, bad) -> None:
    """Twelve visitors for as long as it takes and ten seconds more: not one core answer is another than without it."""
    asked = [ROOT, *(path for path in BAD if f"/{bad}" in path)]
    with clone_of(superuser_url, template) as url, besieged(url, tmp_path, bad, works=True) as siege:
        before = {path: siege.ask(path) for path in (*CORE, *NEIGHBOURS)}
        left_out: list[float] = []

        def is_over() -> bool:
            if not left_out and f"{bad}.calls" in siege.open_circuits():
                left_out.append(time.monotonic())
            return bool(left_out) and time.monotonic() - left_out[0] > 10

        began = time.monotonic()
        answers = siege.under_load([*CORE, *asked, *NEIGHBOURS], is_over, threads=12)
        assert left_out, "it was never left out"
        assert left_out[0] - began < DEADLINE
        for path in (*CORE, *NEIGHBOURS):
            assert {each.status for each in answers[path]} == {before[path].status} == {200}, path
        assert {each.status for each in answers[ROOT]} == {200}
