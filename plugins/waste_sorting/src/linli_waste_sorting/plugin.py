"""The table of contents of the plugin: its manifest, and what it contributes."""

from __future__ import annotations

from collections.abc import Sequence

from linli.sdk import (
    Act,
    Api,
    Card,
    DataClass,
    DemoData,
    EventHandler,
    HealthCheck,
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
    SearchProvider,
    TaskSpec,
    hookimpl,
)
from linli_waste_sorting import demo
from linli_waste_sorting.bookings.contributed import BOOKING_APIS, BOOKING_PAGES
from linli_waste_sorting.bookings.numbers import BOOKING_CARDS, BOOKING_METRICS
from linli_waste_sorting.bookings.obligations import BOOKING_OBLIGATIONS
from linli_waste_sorting.bookings.permissions import BOOKING_PERMISSIONS
from linli_waste_sorting.bookings.personal import BOOKING_DATA_CLASSES, BOOKING_PERSONAL_DATA
from linli_waste_sorting.bookings.telling import BOOKING_NOTIFICATIONS
from linli_waste_sorting.findable import NAVIGATION, STATION_SEARCH
from linli_waste_sorting.guide import pages as guide
from linli_waste_sorting.guide.findable import GUIDE_SEARCH
from linli_waste_sorting.guide.permissions import GUIDE_PERMISSIONS
from linli_waste_sorting.guide.routes import GUIDE_APIS
from linli_waste_sorting.indicators.numbers import INDICATOR_CARDS, INDICATOR_CHECKS, INDICATOR_METRICS
from linli_waste_sorting.indicators.pages import INDICATOR_PAGES
from linli_waste_sorting.indicators.permissions import INDICATOR_PERMISSIONS
from linli_waste_sorting.indicators.routes import INDICATOR_APIS
from linli_waste_sorting.indicators.tasks import INDICATOR_TASKS
from linli_waste_sorting.inspections import console_pages as inspection_console
from linli_waste_sorting.inspections import pages as inspection_pages
from linli_waste_sorting.inspections import resident_pages as inspection_own
from linli_waste_sorting.inspections import routes as inspection_routes
from linli_waste_sorting.inspections.duties import INSPECTION_CARDS, INSPECTION_METRICS, INSPECTION_OBLIGATIONS
from linli_waste_sorting.inspections.permissions import INSPECTION_PERMISSIONS
from linli_waste_sorting.inspections.personal import INSPECTION_PERSONAL, INSPECTION_RETENTION
from linli_waste_sorting.inspections.telling import INSPECTION_NOTIFICATIONS
from linli_waste_sorting.instructors.obligations import INSTRUCTOR_OBLIGATIONS
from linli_waste_sorting.instructors.pages import INSTRUCTOR_PAGES
from linli_waste_sorting.instructors.permissions import INSTRUCTOR_PERMISSIONS
from linli_waste_sorting.instructors.personal import INSTRUCTOR_PERSONAL, INSTRUCTOR_RETENTION
from linli_waste_sorting.instructors.routes import INSTRUCTOR_APIS
from linli_waste_sorting.parties.routes import PARTY_APIS
from linli_waste_sorting.permissions import PERMISSIONS
from linli_waste_sorting.points.contributed import POINT_APIS, POINT_PAGES
from linli_waste_sorting.points.giving import POINT_ACTS
from linli_waste_sorting.points.listening import POINT_HANDLERS
from linli_waste_sorting.points.numbers import POINT_CARDS, POINT_METRICS
from linli_waste_sorting.points.obligations import POINT_OBLIGATIONS
from linli_waste_sorting.points.permissions import POINT_PERMISSIONS
from linli_waste_sorting.points.personal import POINT_DATA_CLASSES, POINT_PERSONAL_DATA
from linli_waste_sorting.points.tasks import POINT_TASKS
from linli_waste_sorting.points.telling import POINT_NOTIFICATIONS
from linli_waste_sorting.record_words import RECORD_WORDS
from linli_waste_sorting.rule_keys import RULES
from linli_waste_sorting.stations import admin_pages, console_pages, resident_pages, routes
from linli_waste_sorting.stations.metrics import METRICS
from linli_waste_sorting.watch.admin_pages import WATCH_ADMIN, WATCH_ADMIN_CARD
from linli_waste_sorting.watch.permissions import WATCH_PERMISSIONS
from linli_waste_sorting.watch.personal import WATCH_DATA_CLASSES, WATCH_PERSONAL_DATA
from linli_waste_sorting.watch.resident_pages import WATCH_RESIDENT, WATCH_RESIDENT_CARD
from linli_waste_sorting.watch.routes import WATCH_COMMUNITY, WATCH_STREET
from linli_waste_sorting.watch.tasks import WATCH_TASKS
from linli_waste_sorting.watch.telling import WATCH_KINDS
from linli_waste_sorting.weights.ledger_pages import WEIGHT_PAGES
from linli_waste_sorting.weights.metrics import WEIGHT_METRICS
from linli_waste_sorting.weights.obligations import WEIGHT_OBLIGATIONS
from linli_waste_sorting.weights.permissions import WEIGHT_PERMISSIONS
from linli_waste_sorting.weights.personal import WEIGHT_PERSONAL_DATA
from linli_waste_sorting.weights.routes import WEIGHT_APIS

MANIFEST = PluginManifest(
    name="waste_sorting",
    title="垃圾分类",
    description="投放点、桶站值守、分类检查、清运台账、上门回收、积分和投放指南，从设置到公布都在这里。",
    sdk="1.2",
    category="services",
)


@hookimpl
def register_permissions() -> Sequence[Permission]:
    return [
        *PERMISSIONS,
        *WATCH_PERMISSIONS,
        *INSPECTION_PERMISSIONS,
        *WEIGHT_PERMISSIONS,
        *BOOKING_PERMISSIONS,
        *GUIDE_PERMISSIONS,
        *POINT_PERMISSIONS,
        *INDICATOR_PERMISSIONS,
        *INSTRUCTOR_PERMISSIONS,
    ]


@hookimpl
def register_record_words() -> Sequence[RecordWords]:
    return [RECORD_WORDS]


@hookimpl
def register_rules() -> Sequence[RulePack]:
    return [RULES]


@hookimpl
def register_pages() -> Sequence[Pages]:
    return [
        *console_pages.PAGES,
        *admin_pages.PAGES,
        *resident_pages.PAGES,
        WATCH_ADMIN,
        WATCH_RESIDENT,
        *inspection_pages.PAGES,
        *inspection_console.PAGES,
        *inspection_own.PAGES,
        *WEIGHT_PAGES,
        *BOOKING_PAGES,
        *guide.GUIDE_PAGES,
        *POINT_PAGES,
        *INDICATOR_PAGES,
        *INSTRUCTOR_PAGES,
    ]


@hookimpl
def register_navigation() -> Sequence[NavigationItem]:
    return NAVIGATION


@hookimpl
def register_cards() -> Sequence[Card]:
    return [
        *admin_pages.CARDS,
        *resident_pages.CARDS,
        WATCH_ADMIN_CARD,
        WATCH_RESIDENT_CARD,
        *INSPECTION_CARDS,
        *BOOKING_CARDS,
        *guide.GUIDE_CARDS,
        *POINT_CARDS,
        *INDICATOR_CARDS,
    ]


@hookimpl
def register_routes() -> Sequence[Api]:
    return [
        *routes.APIS,
        *PARTY_APIS,
        WATCH_STREET,
        WATCH_COMMUNITY,
        *inspection_routes.APIS,
        *WEIGHT_APIS,
        *BOOKING_APIS,
        *GUIDE_APIS,
        *POINT_APIS,
        *INDICATOR_APIS,
        *INSTRUCTOR_APIS,
    ]


@hookimpl
def register_tasks() -> Sequence[TaskSpec]:
    return [*WATCH_TASKS, *POINT_TASKS, *INDICATOR_TASKS]


@hookimpl
def register_event_handlers() -> Sequence[EventHandler]:
    return POINT_HANDLERS


@hookimpl
def register_acts() -> Sequence[Act]:
    return POINT_ACTS


@hookimpl
def register_notifications() -> Sequence[NotificationType]:
    return [*WATCH_KINDS, *INSPECTION_NOTIFICATIONS, *BOOKING_NOTIFICATIONS, *POINT_NOTIFICATIONS]


@hookimpl
def register_personal_data() -> Sequence[PersonalData]:
    return [
        *WATCH_PERSONAL_DATA,
        *INSPECTION_PERSONAL,
        *WEIGHT_PERSONAL_DATA,
        *BOOKING_PERSONAL_DATA,
        *POINT_PERSONAL_DATA,
        *INSTRUCTOR_PERSONAL,
    ]


@hookimpl
def register_retention() -> Sequence[DataClass]:
    return [
        *WATCH_DATA_CLASSES,
        *INSPECTION_RETENTION,
        *BOOKING_DATA_CLASSES,
        *POINT_DATA_CLASSES,
        *INSTRUCTOR_RETENTION,
    ]


@hookimpl
def register_metrics() -> Sequence[Metric]:
    return [*METRICS, *INSPECTION_METRICS, *WEIGHT_METRICS, *BOOKING_METRICS, *POINT_METRICS, *INDICATOR_METRICS]


@hookimpl
def register_obligations() -> Sequence[Obligation]:
    return [
        *INSPECTION_OBLIGATIONS,
        *WEIGHT_OBLIGATIONS,
        *BOOKING_OBLIGATIONS,
        *POINT_OBLIGATIONS,
        *INSTRUCTOR_OBLIGATIONS,
    ]


@hookimpl
def register_health_checks() -> Sequence[HealthCheck]:
    return INDICATOR_CHECKS


@hookimpl
def register_search() -> Sequence[SearchProvider]:
    return [*STATION_SEARCH, *GUIDE_SEARCH]


@hookimpl
def register_demo_data() -> Sequence[DemoData]:
    return [DemoData(demo.fill)]
