"""What the test kit must know of this plugin: what planted rows need to be shown and used."""

from __future__ import annotations

from typing import Any

import psycopg

from linli.testing.facts import PluginFacts
from linli.testing.planted import Place, Planted, copy_row
from linli.testing.world import WORLD, CommunityWorld

_SCHEMA = "plugin_waste_sorting"
_COUNTED = {"is_final": True, "struck_at": None, "struck_reason": ""}


def _furnish(connection: psycopg.Connection, planted: Planted, place: Place) -> None:
    """Give the planted rows that are somebody's own to the resident who asks."""
    if place.community_id is None:
        return
    street = WORLD.here if place.tenant_id == WORLD.here.id else WORLD.there
    community = next(each for each in street.communities if each.id == place.community_id)
    _furnish_watch(connection, planted, place, community)
    _furnish_bookings(connection, planted, place, community)
    _furnish_points(connection, planted, place, community)
    for table in ("inspection_finding", "household_step", "household_appeal"):
        _set(connection, planted, place, table, dwelling_id=community.dwellings[0])


def _furnish_watch(connection: psycopg.Connection, planted: Planted, place: Place, community: CommunityWorld) -> None:
    """A place in a shift for the resident, and an id of the shift's plan that is known."""
    shift = planted.rows[f"{_SCHEMA}.watch_shift", place.key]["id"]
    _set(connection, planted, place, "watch_shift", plan_id=shift)
    _set(connection, planted, place, "watch_duty", account_id=community.resident_account)


def _furnish_bookings(
    connection: psycopg.Connection, planted: Planted, place: Place, community: CommunityWorld
) -> None:
    """The booking and the report with a photo each, and a place to be moved to."""
    for table in ("booking", "full_report_voice"):
        theirs = {"account_id": community.resident_account, "resident_id": community.residents[0]}
        _set(connection, planted, place, table, **theirs)
        row = planted.rows[f"{_SCHEMA}.{table}", place.key]["id"]
        subject: dict[str, Any] = {"owner": "waste_sorting", "subject_type": table, "subject_id": row}
        copy_row(connection, "core.file", planted.rows["core.file", place.key], {**subject, "removed_at": None})
    home = {"building_id": community.building, "dwelling_id": community.dwellings[0]}
    _set(connection, planted, place, "booking", **home)


def _furnish_points(connection: psycopg.Connection, planted: Planted, place: Place, community: CommunityWorld) -> None:
    """The purse of the resident's own household."""
    home = {"building_id": community.building, "dwelling_id": community.dwellings[0]}
    _set(connection, planted, place, "points_purse", **home)
    _set(connection, planted, place, "points_redemption", account_id=community.resident_account)
    redemption = planted.rows[f"{_SCHEMA}.points_redemption", place.key]
    spent = [place.tenant_id, community.id, redemption["purse_id"], redemption["id"]]
    # Planted entries move nothing: the purse holds what they say all the same.
    connection.execute("SET session_replication_role = replica")
    _set(connection, planted, place, "points_purse", balance=1)
    connection.execute(
        "INSERT INTO plugin_waste_sorting.points_entry "
        "(tenant_id, community_id, purse_id, kind, debit, credit, points, day, redemption_id) "
        "VALUES (%s, %s, %s, 'redeem', 'household', 'redeemed', 1, current_date, %s) ON CONFLICT DO NOTHING",
        spent,
    )
    connection.execute("SET session_replication_role = origin")


def _set(connection: psycopg.Connection, planted: Planted, place: Place, table: str, **values: Any) -> None:
    named = ", ".join(f"{column} = %s" for column in values)
    row = planted.rows[f"{_SCHEMA}.{table}", place.key]["id"]
    statement = f"UPDATE {_SCHEMA}.{table} SET {named} WHERE id = %s"  # noqa: S608 names from above
    connection.execute(statement, [*values.values(), row])  # type: ignore[arg-type]


FACTS = PluginFacts(
    plain={"code": "abcdefghijklmnop", "number": 1},
    tables={
        "shift_id": "plugin_waste_sorting.watch_shift",
        "plan_id": "plugin_waste_sorting.watch_shift",
        "duty_id": "plugin_waste_sorting.watch_duty",
        "return_id": "plugin_waste_sorting.watch_duty",
        "swap_id": "plugin_waste_sorting.watch_swap",
        "round_id": "plugin_waste_sorting.inspection_round",
        "point_id": "plugin_waste_sorting.inspection_point",
        "finding_id": "plugin_waste_sorting.inspection_finding",
        "step_id": "plugin_waste_sorting.household_step",
        "appeal_id": "plugin_waste_sorting.household_appeal",
        "purse_id": "plugin_waste_sorting.points_purse",
        "entry_id": "plugin_waste_sorting.points_entry",
        "flag_id": "plugin_waste_sorting.points_flag",
        "item_id": "plugin_waste_sorting.points_item",
        "day_id": "plugin_waste_sorting.points_day",
        "redemption_id": "plugin_waste_sorting.points_redemption",
    },
    events={
        "waste_sorting.RankingPublished": {"subject": "compounds", "month": "2025-01-01"},
        "waste_sorting.RankingWithdrawn": {"subject": "compounds", "month": "2025-01-01"},
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
        "plugin_waste_sorting.slot": {
            "category": "bulky",
            "day": "2099-01-02",
            "opens": "09:00:00",
            "closes": "11:00:00",
            "capacity": 9,
            "books_until": "2099-01-01T12:00:00Z",
        },
        "plugin_waste_sorting.booking": {"state": "requested"},
        "plugin_waste_sorting.booking_weight": {"kind": "paper", "expected_kg": 1, "taken_kg": 1},
        "plugin_waste_sorting.booking_change": {"state": "requested", "opens": "09:00:00"},
        "plugin_waste_sorting.full_report": {"category": "kitchen"},
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
        "plugin_waste_sorting.carrier": {"closed_at": None},
        "plugin_waste_sorting.contract": {"categories": ["kitchen"], "ends_on": "2099-01-01"},
        "plugin_waste_sorting.collection": {"category": "kitchen", "kg": 1, "doubts": []},
        "plugin_waste_sorting.ledger_report": {"month": "2025-01-01", "totals": {}},
        "plugin_waste_sorting.points_purse": {
            "code": "abcdefghijkm",
            "key": r"\x" + "00" * 32,
            "carded_at": "2025-01-01T00:00:00Z",
            "balance": 0,
            "kept_on": "2099-01-01",
            "closed_at": None,
        },
        "plugin_waste_sorting.points_claim": {
            "source": "award",
            "turn": 0,
            "asked": 2,
            "given": 2,
            "why": "",
        },
        "plugin_waste_sorting.points_entry": {
            "kind": "earn",
            "debit": "issued",
            "credit": "household",
            "points": 2,
            "expires_on": "2099-12-31",
            "redemption_id": None,
            "reverses_id": None,
        },
        "plugin_waste_sorting.points_flag": {"reason": "often", "decision": "", "decided_at": None},
        "plugin_waste_sorting.points_item": {
            "points": 1,
            "stock": 5,
            "most": None,
            "period": "month",
            "closed_at": None,
        },
        "plugin_waste_sorting.points_day": {
            "day": "2099-01-15",
            "opens": "09:00:00",
            "closes": "11:00:00",
            "cancelled_at": None,
            "cancel_reason": "",
        },
        "plugin_waste_sorting.points_redemption": {
            "state": "reserved",
            "pieces": 1,
            "points": 1,
            "ended_at": None,
        },
        "plugin_waste_sorting.monthly_figures": {
            "level": "compound",
            "month": "2025-01-01",
            "amounts": {},
            "frozen_at": None,
            "differs_at": None,
        },
        "plugin_waste_sorting.indicator_set": {"number": 1, "preset": "common", "indicators": []},
        "plugin_waste_sorting.ranking": {
            "month": "2025-01-01",
            "subject": "compounds",
            "state": "published",
            "indicators": [],
            "lines": [],
            "withdrawn_at": None,
            "withdraw_reason": "",
            "replaces_id": None,
            "notice_id": None,
        },
        "plugin_waste_sorting.instructor": {"ends_on": None, "undone_at": None, "undone_reason": ""},
        "plugin_waste_sorting.publicity": {"kind": "event", "struck_at": None, "struck_reason": ""},
    },
    furnish=_furnish,
)
