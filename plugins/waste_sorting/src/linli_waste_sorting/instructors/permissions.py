"""Who may name instructors and note publicity, and who may see it."""

from __future__ import annotations

from linli.sdk import Permission
from linli_waste_sorting.permissions import RESIDENTS, STAFF

READ_INSTRUCTORS = "waste_sorting.instructor.read"
NAME_INSTRUCTORS = "waste_sorting.instructor.name"
NOTE_PUBLICITY = "waste_sorting.publicity.note"
VIEW_INSTRUCTORS = "waste_sorting.instructor.view"

INSTRUCTOR_PERMISSIONS = (
    Permission(
        READ_INSTRUCTORS,
        "查看分类指导员和宣传活动的记录",
        STAFF | {"auditor", "building_steward", "property_staff", "committee_chair"},
    ),
    Permission(NAME_INSTRUCTORS, "登记分类指导员", STAFF),
    Permission(NOTE_PUBLICITY, "登记分类宣传活动", STAFF | {"property_staff"}),
    Permission(VIEW_INSTRUCTORS, "以居民身份查看分类指导员和宣传活动", RESIDENTS),
)
