"""The lists of the core and their files, judged as those of plugins are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from linli.testing.contract import lists
from linli.testing.contract.stage import Stage, open_stage

#: Files that are no lists.
OWN_LAYOUT = {
    "POST /s/{street}/c/{community}/admin/rosters/export": "the roster, in the layout in which it is taken in again",
    "GET /s/{street}/console/compare/export": "communities stand side by side, a figure to a line",
    "GET /s/{street}/console/numbers/export": "a board with its sums, whose columns are the figures of that day",
}


@pytest.fixture(scope="module")
def stage(superuser_url: str, template: str) -> Iterator[Stage]:
    with open_stage(superuser_url, template, "core") as found:
        yield found


def test_every_list_and_every_file_is_found(stage: Stage) -> None:
    pages = lists.lists_of(stage)
    files = [each.name for each in pages if lists.export_of(stage, each)]
    assert len(pages) > 25
    assert {name.rpartition("/")[2] for name in files} >= {"communities", "audit", "obligations", "rules"}


def test_files_are_those_of_their_lists(stage: Stage) -> None:
    assert lists.faults_of_files(stage, OWN_LAYOUT) == []


@pytest.mark.thorough
def test_lists_keep_to_their_order_their_columns_and_their_place(stage: Stage) -> None:
    assert lists.faults_of_lists(stage) == []
