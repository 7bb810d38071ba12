"""What the test kit must know of this plugin: what a planted station needs to be shown and used."""

from __future__ import annotations

from linli.testing.facts import PluginFacts

FACTS = PluginFacts(
    rows={
        "plugin_waste_sorting.station": {"kind": "point", "weekdays": 127, "closed_at": None},
        "plugin_waste_sorting.opening": {"opens": "07:00:00", "closes": "09:00:00"},
        "plugin_waste_sorting.party": {"kind": "property_company", "ends_on": None},
        "plugin_waste_sorting.container": {"category": "kitchen", "pieces": 1},
        "plugin_waste_sorting.guide_item": {"category": "kitchen", "aliases": "", "hint": ""},
    },
)
