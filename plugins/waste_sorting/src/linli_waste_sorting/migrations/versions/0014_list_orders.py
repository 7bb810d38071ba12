"""What the lists are sorted by has an index that ends with the id, by which a page goes on.

Revision ID: 0014_list_orders
"""

from __future__ import annotations

from alembic import op

revision = "0014_list_orders"
down_revision = "0013_base_month"

_SCHEMA = "plugin_waste_sorting"
#: Index to its table and to what follows tenant and community.
_NEW = {
    "ix_booking_fee": ("booking", "fee_fen", "id"),
    "ix_booking_state": ("booking", "state", "id"),
    "ix_collection_kg": ("collection", "kg", "id"),
    "ix_inspection_finding_result": ("inspection_finding", "result", "id"),
    "ix_inspection_round_finished": ("inspection_round", "finished_at", "id"),
    "ix_inspection_round_walked": ("inspection_round", "day", "id"),
    "ix_points_entry_points": ("points_entry", "points", "id"),
}
#: Those that were there with less.
_LONGER = {
    "ix_inspection_finding_day": ("inspection_finding", "day", "id"),
    "ix_inspection_point_day": ("inspection_point", "day", "id"),
    "ix_points_entry_day": ("points_entry", "day", "id"),
    "ix_slot_day": ("slot", "day", "opens", "id"),
}


def upgrade() -> None:
    for name, (table, *columns) in (_NEW | _LONGER).items():
        if name in _LONGER:
            op.drop_index(name, table, schema=_SCHEMA)
        op.create_index(name, table, ["tenant_id", "community_id", *columns], schema=_SCHEMA)
