"""What to ask for, so that an address of the document leads to a planted row."""

from __future__ import annotations

import re

from linli.testing.planted import PLACES, Planted
from linli.testing.site import table_named
from linli.testing.world import WORLD


def aims_of(planted: Planted, path: str) -> dict[str, dict[str, str]]:
    """By street, what to put into a path so that it leads to a row of its first community."""
    found = {}
    for side, street in (("here", WORLD.here), ("there", WORLD.there)):
        place = PLACES[f"{side}1" if "{community}" in path else f"{side}0"]
        values = {"street": street.code, "community": street.communities[0].code}
        for name in re.findall(r"{(\w+)}", path):
            # Of the installed plugins the one that has such a table is meant.
            owners = ["core", *(each.split(".")[0].removeprefix("plugin_") for each in planted.tables)]
            tables = [table for owner in owners if (table := table_named(name, planted.tables, owner))]
            row = planted.row_near(planted.tables[tables[-1]], place) if tables else None
            if row and "id" in row:
                values[name] = row["id"]
        found[street.code] = values
    return found
