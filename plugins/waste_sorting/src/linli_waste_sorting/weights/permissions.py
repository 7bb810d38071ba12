"""Who may see what was taken away, note it, keep the contracts, and report a month."""

from __future__ import annotations

from linli.sdk import Permission
from linli_waste_sorting.permissions import STAFF

READ_COLLECTIONS = "waste_sorting.collection.read"
NOTE_COLLECTIONS = "waste_sorting.collection.note"
MANAGE_CONTRACTS = "waste_sorting.contract.manage"
REPORT_LEDGER = "waste_sorting.ledger.report"


WEIGHT_PERMISSIONS = (
    Permission(
        READ_COLLECTIONS,
        "查看垃圾清运记录、台账和合同",
        STAFF | {"auditor", "building_steward", "property_staff", "committee_chair"},
    ),
    Permission(NOTE_COLLECTIONS, "登记和更正垃圾清运记录", STAFF | {"property_staff"}),
    Permission(MANAGE_CONTRACTS, "登记垃圾收运单位和合同", STAFF),
    Permission(REPORT_LEDGER, "上报和撤回垃圾清运台账", STAFF),
)
