"""The table of contents of the plugin: its manifest, and what it contributes."""

from __future__ import annotations

from collections.abc import Sequence

from linli.sdk import (
    Api,
    Card,
    DataClass,
    DemoData,
    Metric,
    NavigationItem,
    NotificationType,
    Obligation,
    Pages,
    Permission,
    PersonalData,
    PluginManifest,
    RecordWords,
    RulePack,
    TaskSpec,
    SearchProvider,
    hookimpl,
)
from linli_waste_sorting import admin_pages, console_pages, demo, resident_pages, routes
from linli_waste_sorting.guide import pages as guide
from linli_waste_sorting.guide.findable import GUIDE_SEARCH
from linli_waste_sorting.guide.permissions import GUIDE_PERMISSIONS
from linli_waste_sorting.guide.routes import GUIDE_APIS
from linli_waste_sorting.bookings.contributed import BOOKING_APIS, BOOKING_PAGES
from linli_waste_sorting.bookings.numbers import BOOKING_CARDS, BOOKING_METRICS
from linli_waste_sorting.bookings.obligations import BOOKING_OBLIGATIONS
from linli_waste_sorting.bookings.permissions import BOOKING_PERMISSIONS
from linli_waste_sorting.bookings.personal import BOOKING_DATA_CLASSES, BOOKING_PERSONAL_DATA
from linli_waste_sorting.bookings.telling import BOOKING_NOTIFICATIONS
from linli_waste_sorting.inspections import console_pages as inspection_console
from linli_waste_sorting.inspections import pages as inspection_pages
from linli_waste_sorting.inspections import resident_pages as inspection_own
from linli_waste_sorting.inspections import routes as inspection_routes
from linli_waste_sorting.inspections.duties import INSPECTION_CARDS, INSPECTION_METRICS, INSPECTION_OBLIGATIONS
from linli_waste_sorting.inspections.permissions import INSPECTION_PERMISSIONS
from linli_waste_sorting.inspections.personal import INSPECTION_PERSONAL, INSPECTION_RETENTION
from linli_waste_sorting.inspections.telling import INSPECTION_NOTIFICATIONS
from linli_waste_sorting.metrics import METRICS
from linli_waste_sorting.permissions import PERMISSIONS
from linli_waste_sorting.record_words import RECORD_WORDS
from linli_waste_sorting.rule_keys import RULES
from linli_waste_sorting.watch.admin_pages import WATCH_ADMIN, WATCH_ADMIN_CARD
from linli_waste_sorting.watch.personal import WATCH_DATA_CLASSES, WATCH_PERSONAL_DATA
from linli_waste_sorting.watch.resident_pages import WATCH_RESIDENT, WATCH_RESIDENT_CARD
from linli_waste_sorting.watch.routes import WATCH_COMMUNITY, WATCH_STREET
from linli_waste_sorting.watch.tasks import WATCH_TASKS
from linli_waste_sorting.watch.telling import WATCH_KINDS
from linli_waste_sorting.weights.ledger_pages import WEIGHT_NAVIGATION, WEIGHT_PAGES
from linli_waste_sorting.weights.metrics import WEIGHT_METRICS
from linli_waste_sorting.weights.obligations import WEIGHT_OBLIGATIONS
from linli_waste_sorting.weights.permissions import WEIGHT_PERMISSIONS
from linli_waste_sorting.weights.personal import WEIGHT_PERSONAL_DATA
from linli_waste_sorting.weights.routes import WEIGHT_APIS

MANIFEST = PluginManifest(
    name="waste_sorting",
    title="垃圾分类",
    description="设置投放点、容器和开放时间，居民在手机上查看现在哪里可以投放，预约上门回收，报告桶满了。",
    description="设置投放点、容器和开放时间，居民在手机上查看现在哪里可以投放；登记清运，逐月上报台账。",
    sdk="1.2",
    category="services",
)


@hookimpl
def register_permissions() -> Sequence[Permission]:
    return [*PERMISSIONS, *GUIDE_PERMISSIONS]
    return [*PERMISSIONS, *BOOKING_PERMISSIONS]
    return (*PERMISSIONS, *INSPECTION_PERMISSIONS)
    return [*PERMISSIONS, *WEIGHT_PERMISSIONS]


@hookimpl
def register_record_words() -> Sequence[RecordWords]:
    return [RECORD_WORDS]


@hookimpl
def register_rules() -> Sequence[RulePack]:
    return [RULES]


@hookimpl
def register_pages() -> Sequence[Pages]:
    return [*console_pages.PAGES, *admin_pages.PAGES, *resident_pages.PAGES, WATCH_ADMIN, WATCH_RESIDENT]
    return [*console_pages.PAGES, *admin_pages.PAGES, *resident_pages.PAGES, *guide.GUIDE_PAGES]
    return [*console_pages.PAGES, *admin_pages.PAGES, *resident_pages.PAGES, *BOOKING_PAGES]
    stations = (*console_pages.PAGES, *admin_pages.PAGES, *resident_pages.PAGES)
    return [*stations, *inspection_pages.PAGES, *inspection_console.PAGES, *inspection_own.PAGES]
    return [*console_pages.PAGES, *admin_pages.PAGES, *resident_pages.PAGES, *WEIGHT_PAGES]


@hookimpl
def register_navigation() -> Sequence[NavigationItem]:
    portals = (console_pages, admin_pages, resident_pages)
    return [*(item for each in portals for item in each.NAVIGATION), *WEIGHT_NAVIGATION]


@hookimpl
def register_cards() -> Sequence[Card]:
    return [*admin_pages.CARDS, *resident_pages.CARDS, WATCH_ADMIN_CARD, WATCH_RESIDENT_CARD]
    return [*admin_pages.CARDS, *resident_pages.CARDS, *guide.GUIDE_CARDS]
    return [*admin_pages.CARDS, *resident_pages.CARDS, *BOOKING_CARDS]
    return [*admin_pages.CARDS, *resident_pages.CARDS, *INSPECTION_CARDS]


@hookimpl
def register_routes() -> Sequence[Api]:
    return [*routes.APIS, WATCH_STREET, WATCH_COMMUNITY]


@hookimpl
def register_tasks() -> Sequence[TaskSpec]:
    return WATCH_TASKS


@hookimpl
def register_notifications() -> Sequence[NotificationType]:
    return WATCH_KINDS


@hookimpl
def register_personal_data() -> Sequence[PersonalData]:
    return WATCH_PERSONAL_DATA


@hookimpl
def register_retention() -> Sequence[DataClass]:
    return WATCH_DATA_CLASSES
    return [*routes.APIS, *GUIDE_APIS]
    return [*routes.APIS, *BOOKING_APIS]
    return [*routes.APIS, *inspection_routes.APIS]
    return [*routes.APIS, *WEIGHT_APIS]


@hookimpl
def register_metrics() -> Sequence[Metric]:
    return [*METRICS, *BOOKING_METRICS]


@hookimpl
def register_notifications() -> Sequence[NotificationType]:
    return BOOKING_NOTIFICATIONS
    return [*METRICS, *WEIGHT_METRICS]


@hookimpl
def register_obligations() -> Sequence[Obligation]:
    return BOOKING_OBLIGATIONS
    return WEIGHT_OBLIGATIONS


@hookimpl
def register_personal_data() -> Sequence[PersonalData]:
    return BOOKING_PERSONAL_DATA


@hookimpl
def register_retention() -> Sequence[DataClass]:
    return BOOKING_DATA_CLASSES


@hookimpl
def register_search() -> Sequence[SearchProvider]:
    return GUIDE_SEARCH
    return (*METRICS, *INSPECTION_METRICS)
    return WEIGHT_PERSONAL_DATA


@hookimpl
def register_demo_data() -> Sequence[DemoData]:
    return [DemoData(demo.fill)]


@hookimpl
def register_notifications() -> Sequence[NotificationType]:
    return INSPECTION_NOTIFICATIONS


@hookimpl
def register_obligations() -> Sequence[Obligation]:
    return INSPECTION_OBLIGATIONS


@hookimpl
def register_personal_data() -> Sequence[PersonalData]:
    return INSPECTION_PERSONAL


@hookimpl
def register_retention() -> Sequence[DataClass]:
    return INSPECTION_RETENTION
