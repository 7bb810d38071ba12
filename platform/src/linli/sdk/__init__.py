"""All that a plugin may import from the core, in one place; it re-exports and holds nothing of its own.

Its version is ``SDK_VERSION``, apart from the core's: the first number rises when something goes away, the second when
something is added. What will go away works until then and warns (``linli.sdk.deprecation``).
``linli.sdk.hookspecs`` documents the hooks, ``linli.sdk.migrations`` is for revisions, and ``linli.testing`` for tests.
"""

from __future__ import annotations

from linli.access.standing import grants_of
from linli.approvals import ask_approval, needs_approval, require_approved
from linli.audit import record
from linli.db.base import (
    CommunityRow,
    Fen,
    Stamped,
    StreetOrCommunityRow,
    TenantRow,
    Versioned,
    community_fk,
    plugin_base,
    tenant_fk,
)
from linli.db.paging import Order, Slice, sorted_lines, sorted_rows, sorted_slice
from linli.db.session import ScopedSession, after_commit, once
from linli.documents import body_tree, code_picture, fit_picture, render_pdf
from linli.events import Event, EventHandler, emit
from linli.files.models import StoredFile
from linli.files.sending import file_path, thumbnail_path
from linli.files.service import file_reader, get_file, list_files, open_file, remove_file, seal_files, store_file
from linli.kit.actor import PUBLIC, SYSTEM, Actor, Grant
from linli.kit.clock import SHANGHAI, now, today
from linli.kit.cursor import PAGE, After, Limit
from linli.kit.days import day_text
from linli.kit.errors import (
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    LinliError,
    NotFound,
    TooMany,
    Unauthenticated,
)
from linli.kit.finding import best_fits, fit_of
from linli.kit.focus import Focus, focus
from linli.kit.ids import new_id
from linli.kit.phones import mask_name
from linli.kit.pinyin import Pinyin, pinyin_of
from linli.kit.scope import Scope
from linli.kit.text import current_locale, gettext
from linli.kit.thresholds import Comparison, at_least, at_most, is_majority, least_count, less_than, more_than
from linli.notifications import Recipient, Term, notified_by_building, notify, recipients_in, staff_in
from linli.notifications.announcing import (
    Announcement,
    Announcer,
    announce,
    announcer,
    withdraw_announcement,
)
from linli.obligations.rechecking import recheck_obligations
from linli.plugins.contributions import (
    Act,
    Api,
    Card,
    Command,
    DataClass,
    DemoData,
    Disclosed,
    Disclosure,
    Erased,
    Evidence,
    Foreseen,
    Found,
    Health,
    HealthCheck,
    Level,
    Metric,
    NavigationItem,
    NotificationType,
    Obligation,
    Occasion,
    Pages,
    Permission,
    Person,
    PersonalData,
    Push,
    Pushed,
    RecordWords,
    Role,
    RosterColumn,
    RulePack,
    Schedule,
    SearchProvider,
    Span,
    TaskSpec,
    Todo,
    Undoing,
)
from linli.plugins.extending import street_session
from linli.plugins.gate import enabled_compounds, is_enabled, require_enabled
from linli.plugins.hookspecs import hookimpl
from linli.plugins.manifest import SDK_VERSION, PluginManifest
from linli.privacy.consents import has_consent
from linli.residents.homes import Home, homes_at, homes_of
from linli.residents.neighbours import (
    BuildingCount,
    HouseholdAt,
    Neighbour,
    account_of,
    building_names,
    count_by_building,
    door_labels,
    dwellings_in,
    find_neighbours,
    homes_of_resident,
    households_at,
    names_of,
    names_within,
)
from linli.residents.reach import Reach, reach_of
from linli.residents.stays import Stay, stays_at, stays_of, stays_of_account
from linli.rules import (
    BodyType,
    Duration,
    FrozenRules,
    RuleKey,
    RuleValue,
    Share,
    body_values,
    due_on,
    freeze,
    get_freeze,
    rule_source,
    rule_value,
    rule_values,
    rule_values_among,
)
from linli.sdk import deprecation as _deprecation
from linli.settings.service import all_settings, get_setting
from linli.settings.spec import SettingSpec
from linli.tasks import JobRun, enqueue
from linli.tenancy.outline import (
    BuildingOutline,
    CompoundOutline,
    PlaceNames,
    communities_of,
    community_outline,
    compounds_in_use,
    place_names,
)
from linli.tenancy.overview import community_names
from linli.tenancy.workdays import add_workdays, is_workday, workday_rule, workdays_between
from linli.web.calendars import MonthEntry, month_view
from linli.web.charts import Chart, Rank, Series, column_chart, line_chart, ranking
from linli.web.fields import UNDRAFTED, Check, When, asked_when
from linli.web.floors import FloorDoor, building_view
from linli.web.forms import Form
from linli.web.periods import NamedPeriod, named_periods
from linli.web.place import Place
from linli.web.results import Download, Page, Redirect, View, page_of
from linli.web.routing import Handler, delete, get, patch, post, put
from linli.web.sharing import ShareCard, share_card
from linli.web.sheets import SheetFormat, sheet
from linli.web.sparks import Spark, spark
from linli.web.tables import (
    DataTable,
    RowAct,
    SheetColumns,
    TableColumn,
    TableState,
    every_row,
    table_pages,
    table_sheet,
)
from linli.web.tiles import PlaceValue, TileMap, tile_map
from linli.web.uploads import Photo, photos_of


def __getattr__(name: str) -> object:
    """A name that will go away, if it is one."""
    return _deprecation.lookup(name)


__all__ = [
    "PAGE",
    "PUBLIC",
    "SDK_VERSION",
    "SHANGHAI",
    "SYSTEM",
    "UNDRAFTED",
    "Act",
    "Actor",
    "After",
    "Announcement",
    "Announcer",
    "Api",
    "BodyType",
    "BuildingCount",
    "BuildingOutline",
    "Card",
    "Chart",
    "Check",
    "Command",
    "CommunityRow",
    "Comparison",
    "CompoundOutline",
    "Conflict",
    "DataClass",
    "DataTable",
    "DemoData",
    "Disclosed",
    "Disclosure",
    "Download",
    "Duration",
    "Erased",
    "Event",
    "EventHandler",
    "Evidence",
    "Fen",
    "FieldError",
    "FloorDoor",
    "Focus",
    "Forbidden",
    "Foreseen",
    "Form",
    "Found",
    "FrozenRules",
    "Grant",
    "Handler",
    "Health",
    "HealthCheck",
    "Home",
    "HouseholdAt",
    "Invalid",
    "JobRun",
    "Level",
    "Limit",
    "LinliError",
    "Metric",
    "MonthEntry",
    "NamedPeriod",
    "NavigationItem",
    "Neighbour",
    "NotFound",
    "NotificationType",
    "Obligation",
    "Occasion",
    "Order",
    "Page",
    "Pages",
    "Permission",
    "Person",
    "PersonalData",
    "Photo",
    "Pinyin",
    "Place",
    "PlaceNames",
    "PlaceValue",
    "PluginManifest",
    "Push",
    "Pushed",
    "Rank",
    "Reach",
    "Recipient",
    "RecordWords",
    "Redirect",
    "Role",
    "RosterColumn",
    "RowAct",
    "RuleKey",
    "RulePack",
    "RuleValue",
    "Schedule",
    "Scope",
    "ScopedSession",
    "SearchProvider",
    "Series",
    "SettingSpec",
    "Share",
    "ShareCard",
    "SheetColumns",
    "SheetFormat",
    "Slice",
    "Span",
    "Spark",
    "Stamped",
    "Stay",
    "StoredFile",
    "StreetOrCommunityRow",
    "TableColumn",
    "TableState",
    "TaskSpec",
    "TenantRow",
    "Term",
    "TileMap",
    "Todo",
    "TooMany",
    "Unauthenticated",
    "Undoing",
    "Versioned",
    "View",
    "When",
    "account_of",
    "add_workdays",
    "after_commit",
    "all_settings",
    "announce",
    "announcer",
    "ask_approval",
    "asked_when",
    "at_least",
    "at_most",
    "best_fits",
    "body_tree",
    "body_values",
    "building_names",
    "building_view",
    "code_picture",
    "column_chart",
    "communities_of",
    "community_fk",
    "community_names",
    "community_outline",
    "compounds_in_use",
    "count_by_building",
    "current_locale",
    "day_text",
    "delete",
    "door_labels",
    "due_on",
    "dwellings_in",
    "emit",
    "enabled_compounds",
    "enqueue",
    "every_row",
    "file_path",
    "file_reader",
    "find_neighbours",
    "fit_of",
    "fit_picture",
    "focus",
    "freeze",
    "get",
    "get_file",
    "get_freeze",
    "get_setting",
    "gettext",
    "grants_of",
    "has_consent",
    "homes_at",
    "homes_of",
    "homes_of_resident",
    "hookimpl",
    "households_at",
    "is_enabled",
    "is_majority",
    "is_workday",
    "least_count",
    "less_than",
    "line_chart",
    "list_files",
    "mask_name",
    "month_view",
    "more_than",
    "named_periods",
    "names_of",
    "names_within",
    "needs_approval",
    "new_id",
    "notified_by_building",
    "notify",
    "now",
    "once",
    "open_file",
    "page_of",
    "patch",
    "photos_of",
    "pinyin_of",
    "place_names",
    "plugin_base",
    "post",
    "put",
    "ranking",
    "reach_of",
    "recheck_obligations",
    "recipients_in",
    "record",
    "remove_file",
    "render_pdf",
    "require_approved",
    "require_enabled",
    "rule_source",
    "rule_value",
    "rule_values",
    "rule_values_among",
    "seal_files",
    "share_card",
    "sheet",
    "sorted_lines",
    "sorted_rows",
    "sorted_slice",
    "spark",
    "staff_in",
    "stays_at",
    "stays_of",
    "stays_of_account",
    "store_file",
    "street_session",
    "table_pages",
    "table_sheet",
    "tenant_fk",
    "thumbnail_path",
    "tile_map",
    "today",
    "withdraw_announcement",
    "workday_rule",
    "workdays_between",
]
