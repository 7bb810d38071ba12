"""What the test kit must know of this plugin: what a planted station needs to be shown and used."""

from __future__ import annotations

import psycopg

from linli.testing.facts import PluginFacts
from linli.testing.planted import Place, Planted
from linli.testing.world import WORLD


def _furnish(connection: psycopg.Connection, planted: Planted, place: Place) -> None:
    """Give the planted place in a shift to the resident who asks, and the shift's plan an id that is known."""
    if place.community_id is None:
        return
    street = WORLD.here if place.tenant_id == WORLD.here.id else WORLD.there
    community = next(each for each in street.communities if each.id == place.community_id)
    shift = planted.rows["plugin_waste_sorting.watch_shift", place.key]["id"]
    duty = planted.rows["plugin_waste_sorting.watch_duty", place.key]["id"]
    connection.execute("UPDATE plugin_waste_sorting.watch_shift SET plan_id = id WHERE id = %s", [shift])
    connection.execute(
        "UPDATE plugin_waste_sorting.watch_duty SET account_id = %s WHERE id = %s", [community.resident_account, duty]
    )


FACTS = PluginFacts(
    plain={"code": "abcdefghijklmnop"},
    tables={
        "shift_id": "plugin_waste_sorting.watch_shift",
        "plan_id": "plugin_waste_sorting.watch_shift",
        "duty_id": "plugin_waste_sorting.watch_duty",
        "return_id": "plugin_waste_sorting.watch_duty",
        "swap_id": "plugin_waste_sorting.watch_swap",
    },
    rows={
        "plugin_waste_sorting.station": {"kind": "point", "weekdays": 127, "closed_at": None},
        "plugin_waste_sorting.opening": {"opens": "07:00:00", "closes": "09:00:00"},
        "plugin_waste_sorting.party": {"kind": "property_company", "ends_on": None},
        "plugin_waste_sorting.container": {"category": "kitchen", "pieces": 1},
        "plugin_waste_sorting.watch_shift": {
            "day": "2099-01-01",
            "begins": "07:00:00",
            "ends": "09:00:00",
            "wanted": 2,
            "cancelled_at": None,
        },
        "plugin_waste_sorting.watch_duty": {
            "ended": "",
            "ended_at": None,
            "came_at": None,
            "came_by": "",
            "left_at": None,
            "minutes": None,
            "counted_at": None,
        },
        "plugin_waste_sorting.watch_swap": {"state": "open"},
        "plugin_waste_sorting.watch_code": {"code": "abcdefghijklmnop"},
        "plugin_waste_sorting.guide_item": {"category": "kitchen", "aliases": "", "hint": ""},
    },
    furnish=_furnish,
)
