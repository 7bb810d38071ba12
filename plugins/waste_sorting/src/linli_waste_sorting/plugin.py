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
    hookimpl,
)
from linli_waste_sorting import admin_pages, console_pages, demo, resident_pages, routes
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

MANIFEST = PluginManifest(
    name="waste_sorting",
    title="垃圾分类",
    description="设置投放点、容器和开放时间，居民在手机上查看现在哪里可以投放。",
    sdk="1.2",
    category="services",
)


@hookimpl
def register_permissions() -> Sequence[Permission]:
    return (*PERMISSIONS, *INSPECTION_PERMISSIONS)


@hookimpl
def register_record_words() -> Sequence[RecordWords]:
    return [RECORD_WORDS]


@hookimpl
def register_rules() -> Sequence[RulePack]:
    return [RULES]


@hookimpl
def register_pages() -> Sequence[Pages]:
    stations = (*console_pages.PAGES, *admin_pages.PAGES, *resident_pages.PAGES)
    return [*stations, *inspection_pages.PAGES, *inspection_console.PAGES, *inspection_own.PAGES]


@hookimpl
def register_navigation() -> Sequence[NavigationItem]:
    return [*console_pages.NAVIGATION, *admin_pages.NAVIGATION, *resident_pages.NAVIGATION]


@hookimpl
def register_cards() -> Sequence[Card]:
    return [*admin_pages.CARDS, *resident_pages.CARDS, *INSPECTION_CARDS]


@hookimpl
def register_routes() -> Sequence[Api]:
    return [*routes.APIS, *inspection_routes.APIS]


@hookimpl
def register_metrics() -> Sequence[Metric]:
    return (*METRICS, *INSPECTION_METRICS)


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
