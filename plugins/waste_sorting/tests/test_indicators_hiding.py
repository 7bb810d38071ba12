"""What is hidden, so that no household can be read off, nor worked out from what stands beside it: at the limits."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli_waste_sorting.indicators.hiding import hidden_places, of_whole
from linli_waste_sorting.indicators.quantities import add_up

LEAST = 5


def seen(households: int, **more: int) -> dict[str, int]:
    counted = {"findings_correct": 1, "findings_all": 2, "households_correct": 1, "households_observed": households}
    return {**(counted if households else {}), **more}


def compounds(*households: int) -> dict[UUID, dict[str, int]]:
    return {UUID(int=n): seen(each) for n, each in enumerate(households)}


def buildings(of: int, *households: int) -> dict[UUID, tuple[UUID, dict[str, int]]]:
    return {UUID(int=100 * (of + 1) + n): (UUID(int=of), seen(each)) for n, each in enumerate(households)}


def why(found: dict[UUID, str]) -> dict[int, str]:
    return {key.int: word for key, word in found.items()}


class TestCompounds:
    @pytest.mark.parametrize(
        ("households", "hidden"),
        [
            # Below, at and above the limit, where it is the only compound.
            ((4,), {0: "few"}),
            ((5,), {}),
            ((6,), {}),
            # The only one of few takes the next smallest with it, and no other.
            ((4, 9, 8), {0: "few", 2: "beside"}),
            ((5, 9, 8), {}),
            # Two of few have five households between them, or have not.
            ((3, 2, 9), {0: "few", 1: "few"}),
            ((3, 1, 9, 8), {0: "few", 1: "few", 3: "beside"}),
            # Of those of the same size the one that was made first.
            ((1, 7, 7), {0: "few", 1: "beside"}),
            # Where nobody was observed there is nothing to work out.
            ((0, 0), {}),
            ((0, 4), {1: "few"}),
            ((0, 4, 6), {1: "few", 2: "beside"}),
        ],
    )
    def test_who_is_hidden_and_why(self, households, hidden) -> None:
        assert why(hidden_places(compounds(*households), {}, LEAST)) == hidden


class TestBuildings:
    @pytest.mark.parametrize(
        ("households", "hidden"),
        [
            ((4, 9, 8), {100: "few", 102: "beside"}),
            ((5, 9), {}),
            ((4, 1, 9), {100: "few", 101: "few"}),
            ((0, 9), {100: "few"}),
        ],
    )
    def test_each_compound_is_a_whole(self, households, hidden) -> None:
        both = compounds(sum(households), 30)
        assert why(hidden_places(both, {**buildings(0, *households), **buildings(1, 15, 15)}, LEAST)) == hidden

    def test_those_of_a_hidden_compound_are_hidden_for_they_add_up_to_it(self) -> None:
        found = why(hidden_places(compounds(4, 12, 30), {**buildings(0, 4), **buildings(1, 6, 6)}, LEAST))
        assert found == {0: "few", 1: "beside", 100: "few", 200: "beside", 201: "beside"}


class TestTheWhole:
    @pytest.mark.parametrize(("households", "told"), [(0, True), (4, False), (5, True), (6, True)])
    def test_too_few_leave_out_what_tells_on_them_and_nothing_else(self, households, told) -> None:
        amounts = seen(households, kitchen=70, points_met=3)
        shown = of_whole(amounts, LEAST)
        assert shown == (amounts if told else {"kitchen": 70, "points_met": 3})


@given(st.lists(st.integers(0, 12), max_size=6), st.integers(2, 6))
def test_no_subtraction_leaves_few_households(households, least) -> None:
    """Whole less what is shown is nobody, or at least two places with enough households between them."""
    several = compounds(*households)
    hidden = hidden_places(several, {}, least)
    whole = of_whole(add_up(several.values()), least)
    if "households_observed" not in whole:
        return
    shown = sum(amounts.get("households_observed", 0) for key, amounts in several.items() if key not in hidden)
    left = whole["households_observed"] - shown
    assert left == 0 or (left >= least and len(hidden) >= 2)
    # No more than is needed: without those that are only beside, it would not hold.
    few = [key for key, word in hidden.items() if word == "few"]
    if len(hidden) > len(few):
        between = sum(several[key]["households_observed"] for key in few)
        assert between < least or len(few) < 2
