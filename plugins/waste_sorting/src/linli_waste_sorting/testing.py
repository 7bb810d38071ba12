"""What the test kit must know of this plugin: what a planted station needs to be shown and used."""

from __future__ import annotations

from linli.testing.facts import PluginFacts

_COUNTED = {"is_final": True, "struck_at": None, "struck_reason": ""}

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
)
