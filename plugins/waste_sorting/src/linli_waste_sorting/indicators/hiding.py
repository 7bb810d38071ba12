"""Which places are not shown, so that nobody reads off what one household did, nor works it out from its neighbours.

A place of too few observed households is hidden. What is hidden could be had by taking the places that are shown from
their whole: so as many of the smallest others are hidden beside it that at least two are, with enough households
between them. Where there is no other, the whole leaves out what tells on households. Nothing here reads a database.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from linli_waste_sorting.indicators.quantities import OBSERVED, OF_HOUSEHOLDS, Amounts

#: Why a place is hidden: too few households of its own, or that another one cannot be worked out.
FEW, BESIDE = "few", "beside"
Hidden = Mapping[UUID, str]
_LEAST_PLACES = 2


def hidden_places(
    compounds: Mapping[UUID, Amounts], buildings: Mapping[UUID, tuple[UUID, Amounts]], least: int
) -> dict[UUID, str]:
    """The hidden compounds and buildings of a community, and why each is.

    A compound in which no household was observed shows what was weighed and seen at its stations: nobody's household
    stands behind that. The buildings of a hidden compound are hidden with it: they add up to it.

    Args:
        compounds: to what is known of each.
        buildings: to its compound and what is known of it; of one that is not here nothing is known.
        least: households that must stand behind what is shown.
    """
    found = _of_one_whole({key: _observed(amounts) for key, amounts in compounds.items()}, least)
    by_compound: dict[UUID, dict[UUID, int]] = {}
    for key, (compound_id, amounts) in buildings.items():
        by_compound.setdefault(compound_id, {})[key] = _observed(amounts)
    for compound_id, several in by_compound.items():
        if compound_id in found:
            found |= {key: FEW if n < least else BESIDE for key, n in several.items()}
        else:
            found |= _of_one_whole(several, least, is_building=True)
    return found


def of_whole(amounts: Amounts, least: int) -> Amounts:
    """What is shown of a community: too few households leave out what tells on them; all the rest is nobody's."""
    if not 0 < _observed(amounts) < least:
        return amounts
    return {key: amount for key, amount in amounts.items() if key not in OF_HOUSEHOLDS}


def _of_one_whole(observed: Mapping[UUID, int], least: int, *, is_building: bool = False) -> dict[UUID, str]:
    found = {key: FEW for key, n in observed.items() if 0 < n < least or (is_building and not n)}
    between = sum(observed[key] for key in found)
    if not between:
        return found
    places = sum(observed[key] > 0 for key in found)
    others = sorted((n, key) for key, n in observed.items() if n >= least)
    for n, key in others:
        if places >= _LEAST_PLACES and between >= least:
            break
        found[key] = BESIDE
        places, between = places + 1, between + n
    return found


def _observed(amounts: Amounts) -> int:
    return amounts.get(OBSERVED, 0)
