"""The contract of every plugin, kept by this one."""

from __future__ import annotations

import pytest

from linli.testing.contract import PluginContract

_CODE = "the code at a station is drawn by lot: it is shown in test_watch_pages.py"
_GUIDE = "what goes where is for everybody who throws something away here, visitors with the code of a poster too"
_LEDGER = "the statutory ledger, in the layout in which it is reported"
_RANKING = "a ranking as it was published, which nobody arranges"
_ADMIN = "GET /s/{street}/c/{community}/admin/waste_sorting"
_CONSOLE = "GET /s/{street}/console/waste_sorting"


class TestContract(PluginContract):
    plugin = "waste_sorting"
    judges_all = False
    not_shown = {"GET /s/{street}/c/{community}/waste_sorting/watch/at/{code}": _CODE}
    own_layout = {
        f"{_ADMIN}/ledger/export": _LEDGER,
        f"{_CONSOLE}/ledger/report/export": _LEDGER,
        f"{_ADMIN}/indicators/rankings/{{ranking_id}}/export": _RANKING,
        f"{_CONSOLE}/indicators/rankings/{{ranking_id}}/export": _RANKING,
        f"{_ADMIN}/inspections/points/export": "the checklists of the stations, which no page lists",
        f"{_ADMIN}/watch/export": "a roster: a line for each person of each shift",
    }
    open_to_all = {
        "GET /s/{street}/c/{community}/waste_sorting/guide": _GUIDE,
        "GET /api/v1/s/{street}/c/{community}/waste_sorting/guide": _GUIDE,
    }


@pytest.mark.nightly
class TestEveryPageIsJudged(TestContract):
    judges_all = True
