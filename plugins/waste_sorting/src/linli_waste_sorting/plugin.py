"""The table of contents of the plugin: its manifest, and what it contributes."""

from __future__ import annotations

from collections.abc import Sequence

from linli.sdk import (
    Api,
    Card,
    DemoData,
    Metric,
    NavigationItem,
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
from linli_waste_sorting.metrics import METRICS
from linli_waste_sorting.permissions import PERMISSIONS
from linli_waste_sorting.record_words import RECORD_WORDS
from linli_waste_sorting.rule_keys import RULES
from linli_waste_sorting.weights.ledger_pages import WEIGHT_NAVIGATION, WEIGHT_PAGES
from linli_waste_sorting.weights.metrics import WEIGHT_METRICS
from linli_waste_sorting.weights.obligations import WEIGHT_OBLIGATIONS
from linli_waste_sorting.weights.permissions import WEIGHT_PERMISSIONS
from linli_waste_sorting.weights.personal import WEIGHT_PERSONAL_DATA
from linli_waste_sorting.weights.routes import WEIGHT_APIS

MANIFEST = PluginManifest(
    name="waste_sorting",
    title="垃圾分类",
    description="设置投放点、容器和开放时间，居民在手机上查看现在哪里可以投放；登记清运，逐月上报台账。",
    sdk="1.2",
    category="services",
)


@hookimpl
def register_permissions() -> Sequence[Permission]:
    return [*PERMISSIONS, *WEIGHT_PERMISSIONS]


@hookimpl
def register_record_words() -> Sequence[RecordWords]:
    return [RECORD_WORDS]


@hookimpl
def register_rules() -> Sequence[RulePack]:
    return [RULES]


@hookimpl
def register_pages() -> Sequence[Pages]:
    return [*console_pages.PAGES, *admin_pages.PAGES, *resident_pages.PAGES, *WEIGHT_PAGES]


@hookimpl
def register_navigation() -> Sequence[NavigationItem]:
    portals = (console_pages, admin_pages, resident_pages)
    return [*(item for each in portals for item in each.NAVIGATION), *WEIGHT_NAVIGATION]


@hookimpl
def register_cards() -> Sequence[Card]:
    return [*admin_pages.CARDS, *resident_pages.CARDS]


@hookimpl
def register_routes() -> Sequence[Api]:
    return [*routes.APIS, *WEIGHT_APIS]


@hookimpl
def register_metrics() -> Sequence[Metric]:
    return [*METRICS, *WEIGHT_METRICS]


@hookimpl
def register_obligations() -> Sequence[Obligation]:
    return WEIGHT_OBLIGATIONS


@hookimpl
def register_personal_data() -> Sequence[PersonalData]:
    return WEIGHT_PERSONAL_DATA


@hookimpl
def register_demo_data() -> Sequence[DemoData]:
    return [DemoData(demo.fill)]
