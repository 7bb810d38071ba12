"""What the test kit must know of this plugin: what a planted station needs to be shown and used."""

from __future__ import annotations

import psycopg

from linli.testing.facts import PluginFacts
from linli.testing.planted import Place, Planted
from linli.testing.world import WORLD

_COUNTED = {"is_final": True, "struck_at": None, "struck_reason": ""}


def _furnish(connection: psycopg.Connection, planted: Planted, place: Place) -> None:
    """Let what was found and done be about the household of the resident who asks."""
    if place.community_id is None:
        return
    street = WORLD.here if place.tenant_id == WORLD.here.id else WORLD.there
    community = next(each for each in street.communities if each.id == place.community_id)
    for table in ("inspection_finding", "household_step", "household_appeal"):
        row = planted.rows[f"plugin_waste_sorting.{table}", place.key]
        connection.execute(
            f"UPDATE plugin_waste_sorting.{table} SET dwelling_id = %s WHERE id = %s",  # noqa: S608 names from above
            [community.dwellings[0], row["id"]],
        )


FACTS = PluginFacts(
    tables={
        "round_id": "plugin_waste_sorting.inspection_round",
        "point_id": "plugin_waste_sorting.inspection_point",
        "finding_id": "plugin_waste_sorting.inspection_finding",
        "step_id": "plugin_waste_sorting.household_step",
        "appeal_id": "plugin_waste_sorting.household_appeal",
    },
    rows={
        "plugin_waste_sorting.station": {"kind": "point", "weekdays": 127, "closed_at": None},
        "plugin_waste_sorting.opening": {"opens": "07:00:00", "closes": "09:00:00"},
        "plugin_waste_sorting.party": {"kind": "property_company", "ends_on": None},
        "plugin_waste_sorting.container": {"category": "kitchen", "pieces": 1},
        "plugin_waste_sorting.inspection_round": {"finished_at": "2025-01-01T02:00:00Z"},
        "plugin_waste_sorting.inspection_point": _COUNTED,
        "plugin_waste_sorting.inspection_finding": {
            **_COUNTED,
            "subject": "bag",
            "category": "kitchen",
            "result": "wrong",
        },
        "plugin_waste_sorting.household_step": {
            "kind": "warning",
            "taken_back_at": None,
            "taken_back_cause": "",
        },
        "plugin_waste_sorting.household_appeal": {"step_id": None, "state": "open", "decided_at": None},
    },
    furnish=_furnish,
)
