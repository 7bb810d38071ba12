"""The contract of every plugin, kept by this one."""

from __future__ import annotations

from linli.testing.contract import PluginContract

_CODE = "the code at a station is drawn by lot: it is shown in test_watch_pages.py"
_GUIDE = "what goes where is for everybody who throws something away here, visitors with the code of a poster too"


class TestContract(PluginContract):
    plugin = "waste_sorting"
    not_shown = {"GET /s/{street}/c/{community}/waste_sorting/watch/at/{code}": _CODE}
    open_to_all = {
        "GET /s/{street}/c/{community}/waste_sorting/guide": _GUIDE,
        "GET /api/v1/s/{street}/c/{community}/waste_sorting/guide": _GUIDE,
    }
