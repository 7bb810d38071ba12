"""Which entries lie under the thumb."""

from __future__ import annotations

import pytest

from linli.web.shell import MenuEntry, under_thumb


@pytest.mark.parametrize(
    ("entries", "large", "shown"),
    [(3, False, 3), (5, False, 5), (6, False, 4), (9, False, 4), (4, True, 4), (5, True, 3)],
)
def test_five_targets_at_most_and_four_in_large_type(entries: int, large: bool, shown: int) -> None:
    menu = [MenuEntry(str(n), f"/{n}", "dot", False) for n in range(entries)]
    found = under_thumb(menu, large_type=large)
    assert [each.title for each in found] == [str(n) for n in range(shown)]
