"""What the test kit must know of this plugin: what planted rows need to be shown and used."""

from __future__ import annotations

from linli.testing.facts import PluginFacts

FACTS = PluginFacts(
    rows={
        "plugin_waste_sorting.station": {"kind": "point", "weekdays": 127, "closed_at": None},
        "plugin_waste_sorting.opening": {"opens": "07:00:00", "closes": "09:00:00"},
        "plugin_waste_sorting.party": {"kind": "property_company", "ends_on": None},
        "plugin_waste_sorting.container": {"category": "kitchen", "pieces": 1},
        "plugin_waste_sorting.carrier": {"closed_at": None},
        "plugin_waste_sorting.contract": {"categories": ["kitchen"], "ends_on": "2099-01-01"},
        "plugin_waste_sorting.collection": {"category": "kitchen", "kg": 1, "doubts": []},
        "plugin_waste_sorting.ledger_report": {"month": "2025-01-01", "totals": {}},
    },
)
