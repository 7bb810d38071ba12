"""The table of contents of the plugin: its manifest, and what it contributes."""

from __future__ import annotations

from collections.abc import Sequence

from linli.sdk import (
    Api,
    Card,
    DataClass,
    DemoData,
    Disclosure,
    Metric,
    NavigationItem,
    NotificationType,
    Obligation,
    Pages,
    Permission,
    PersonalData,
    PluginManifest,
    Push,
    RecordWords,
    RulePack,
    SearchProvider,
    SettingSpec,
    TaskSpec,
    hookimpl,
)
from linli_notices import announcing, cards, demo, portal, routes
from linli_notices.findable import DISCLOSURES, METRICS, SEARCH
from linli_notices.objections.counts import unanswered
from linli_notices.objections.telling import OBJECTION_NOTIFICATIONS
from linli_notices.obligations import OBLIGATIONS
from linli_notices.permissions import CREATE, PERMISSIONS, READ
from linli_notices.personal import DATA_CLASSES, PERSONAL_DATA
from linli_notices.pushing import PUSHES
from linli_notices.record_words import RECORD_WORDS
from linli_notices.rule_keys import RULES
from linli_notices.settings import SETTINGS
from linli_notices.tasks import TASKS
from linli_notices.telling import KINDS

# Imported for what it registers.
_ = announcing

MANIFEST = PluginManifest(
    name="notices",
    title="公告公示",
    description="发布公告和公示：可定公示期、范围和附件，居民在手机上阅读，对外公开的无需登录即可查看。",
    sdk="1.2",
    category="information",
)

#: What people call it too: the palette finds it by these and their pinyin.
_ALSO, _NEW = ("通知", "公示", "公告"), ("发通知", "新建公告", "新建公示", "发布公告")


@hookimpl
def register_rules() -> Sequence[RulePack]:
    return [RULES]


@hookimpl
def register_permissions() -> Sequence[Permission]:
    return PERMISSIONS


@hookimpl
def register_settings() -> Sequence[SettingSpec]:
    return SETTINGS


@hookimpl
def register_pages() -> Sequence[Pages]:
    return [
        Pages("console", portal.console),
        Pages("admin", portal.admin),
        Pages("resident", portal.resident),
    ]


@hookimpl
def register_routes() -> Sequence[Api]:
    return [Api("street", routes.street_api), Api("community", routes.community_api)]


@hookimpl
def register_navigation() -> Sequence[NavigationItem]:
    return [
        NavigationItem("console", "公告公示", needs=READ, order=45, icon="notice", count=unanswered, also=_ALSO),
        NavigationItem("admin", "公告公示", needs=READ, order=60, icon="notice", also=_ALSO),
        NavigationItem("resident", "公告公示", order=30, icon="notice", also=_ALSO),
        NavigationItem("console", "起草公告", "start", CREATE, 45, "plus", kind="act", also=_NEW),
        NavigationItem("admin", "起草公告", "start", CREATE, 60, "plus", kind="act", also=_NEW, quick=True),
    ]


@hookimpl
def register_cards() -> Sequence[Card]:
    return [
        Card(
            "admin",
            "公告公示",
            "notices/card_admin.html",
            cards.for_administrators,
            needs=READ,
            order=60,
            todo=cards.todo,
        ),
        Card("resident", "最新公告", "notices/card_resident.html", cards.for_residents, order=20, group="notices"),
    ]


@hookimpl
def register_tasks() -> Sequence[TaskSpec]:
    return TASKS


@hookimpl
def register_notifications() -> Sequence[NotificationType]:
    return (*KINDS, *OBJECTION_NOTIFICATIONS)


@hookimpl
def register_personal_data() -> Sequence[PersonalData]:
    return PERSONAL_DATA


@hookimpl
def register_retention() -> Sequence[DataClass]:
    return DATA_CLASSES


@hookimpl
def register_record_words() -> Sequence[RecordWords]:
    return [RECORD_WORDS]


@hookimpl
def register_metrics() -> Sequence[Metric]:
    return METRICS


@hookimpl
def register_search() -> Sequence[SearchProvider]:
    return SEARCH


@hookimpl
def register_disclosures() -> Sequence[Disclosure]:
    return DISCLOSURES


@hookimpl
def register_obligations() -> Sequence[Obligation]:
    return OBLIGATIONS


@hookimpl
def register_pushes() -> Sequence[Push]:
    return PUSHES


@hookimpl
def register_demo_data() -> Sequence[DemoData]:
    return [DemoData(demo.fill)]
