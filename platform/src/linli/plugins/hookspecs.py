"""The whole surface on which the core calls plugins: hooks run once, at start-up, and return frozen values.

A plugin implements those that it needs, as functions of its ``plugin.py`` marked with ``linli.sdk.hookimpl``.
An error in one is put to its plugin's account and never keeps another plugin from loading. The core's rooms implement
the same hooks under the owner's name ``core``.

Each docstring says what it is for; *When* it is called and when what it returned is used; what is *Refused*, with which
the plugin does not load; and since which SDK it exists.
"""

from __future__ import annotations

from collections.abc import Iterable

import pluggy

from linli.plugins.contributions import (
    Act,
    Api,
    Card,
    Command,
    DataClass,
    DemoData,
    Disclosure,
    EventHandler,
    HealthCheck,
    Metric,
    NavigationItem,
    NotificationType,
    Obligation,
    Pages,
    Permission,
    PersonalData,
    Push,
    RecordWords,
    Role,
    RosterColumn,
    RulePack,
    SearchProvider,
    TaskSpec,
)
from linli.settings.spec import SettingSpec

PROJECT = "linli"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def register_permissions() -> Iterable[Permission]:
    """The rights that the plugin's handlers need, each with the roles that hold it by default.

    When: at start-up; a street's people hold them from the next request on.
    Refused: a name that does not start with the plugin's own; a role that nobody declares.
    Since SDK 1.0.
    """
    raise NotImplementedError


@hookspec
def register_pages() -> Iterable[Pages]:
    """The plugin's pages, one ``Pages`` for each portal.

    When: at start-up. They answer where the plugin is switched on (elsewhere 404) to those who hold the permission that
    each declares (others 403); a plugin cannot opt out of either.
    Refused: two handlers of one address; a permission that nobody declares; a function not made with ``get``, ``post``
    ….
    Since SDK 1.0.
    """
    raise NotImplementedError


@hookspec
def register_routes() -> Iterable[Api]:
    """The plugin's endpoints of the JSON API, behind the same two guards as its pages.

    When: at start-up.
    Refused: as for pages.
    Since SDK 1.0.
    """
    raise NotImplementedError


@hookspec
def register_navigation() -> Iterable[NavigationItem]:
    """Entries of the portals' menus.

    When: at start-up; shown where the plugin is on, to those who hold the permission.
    Refused: two entries for one page; a title that another owner's entry in the same menu has.
    Since SDK 1.0.
    """
    raise NotImplementedError


@hookspec
def register_cards() -> Iterable[Card]:
    """Cards on the portals' first pages.

    When: at start-up; ``data`` is called with every first page. A card that raises is shown as out of order, and the
    page comes with all others.
    Refused: a template outside the plugin's own folder; a permission that nobody declares.
    Since SDK 1.0.
    """
    raise NotImplementedError


@hookspec
def register_settings() -> Iterable[SettingSpec]:
    """Typed settings, which the portals show as a form and manifests may set.

    When: at start-up; read with ``get_setting`` whenever they matter.
    Refused: a key twice; a default that its own rules do not allow.
    Since SDK 1.0.
    """
    raise NotImplementedError


@hookspec
def register_tasks() -> Iterable[TaskSpec]:
    """Background work: started by somebody, by the plugin itself, or every day at a time of its own.

    When: at start-up; a job runs only where the plugin is switched on when it runs, at least once.
    Refused: a name that does not start with the plugin's own; a handler that cannot be called.
    Since SDK 1.0.
    """
    raise NotImplementedError


@hookspec
def register_event_handlers() -> Iterable[EventHandler]:
    """What to do when something has happened here or in another plugin.

    When: at start-up. A handler is called after the commit of what caused the event, at least once, where the plugin is
    on.
    Refused: an event that is not named ``<owner>.<Noun><PastVerb>`` after its class.
    Since SDK 1.1.
    """
    raise NotImplementedError


@hookspec
def register_notifications() -> Iterable[NotificationType]:
    """The kinds of message that the plugin sends with ``linli.sdk.notify``.

    When: at start-up; people find them in their preferences where the plugin is on.
    Refused: a name that does not start with the plugin's own; a subject that says what the body does not; a channel
    that does not exist.
    Since SDK 1.1.
    """
    raise NotImplementedError


@hookspec
def register_personal_data() -> Iterable[PersonalData]:
    """What the plugin keeps about people, for their export and their erasure.

    A plugin that refers to residents or accounts and does not say so leaves data behind.
    When: at start-up; ``export`` and ``erase`` are called when a person asks. An error keeps the request open and names
    the plugin.
    Refused: a table that another owner answers for.
    Since SDK 1.1.
    """
    raise NotImplementedError


@hookspec
def register_retention() -> Iterable[DataClass]:
    """Data that is deleted after a time, each class with its period and its source.

    When: at start-up; ``purge`` is called every night in every street until nothing is left to delete.
    Refused: a period outside what the law allows as the class itself states it.
    Since SDK 1.1.
    """
    raise NotImplementedError


@hookspec
def register_acts() -> Iterable[Act]:
    """Acts that can take two people: one asks, another approves. The street chooses which of them do.

    When: at start-up. The plugin's service calls ``linli.sdk.require_approved`` at the head of the function that does
    the act; where a second person is needed, the portal or the API then asks for the approval by itself.
    Refused: a name that does not start with the plugin's own; a permission that nobody declares.
    Since SDK 1.1.
    """
    raise NotImplementedError


@hookspec
def register_record_words() -> Iterable[RecordWords]:
    """What the plugin's acts are called in the record, for people who read it; one item.

    When: at start-up; looked up whenever the record is shown.
    Refused: more than one item; a word without a title.
    Since SDK 1.1.
    """
    raise NotImplementedError


@hookspec
def register_rules() -> Iterable[RulePack]:
    """Rule packs: files of values for a city or another place, and rules of the plugin's own.

    When: at start-up; a pack counts in the streets that allow the plugin, and only within its jurisdiction.
    Refused: a value that another owner has for the same place, rank and day; one of the core's rules for the whole
    country; an entry with a fault, named with its file, field and what is allowed.
    Since SDK 1.2.
    """
    raise NotImplementedError


@hookspec
def register_demo_data() -> Iterable[DemoData]:
    """What the demo street shows of the plugin.

    When: at start-up; ``fill`` is called when the demo is made, and may be called again.
    Refused: something else than ``DemoData``. What ``fill`` raises stops the demo from being made.
    Since SDK 1.0.
    """
    raise NotImplementedError


@hookspec
def register_roles() -> Iterable[Role]:
    """Roles that the plugin's work needs and the built-in ones do not offer.

    When: at start-up; they are granted like the others, in the portals and the API, by holders of ``granted_by``. Where
    the plugin is off or gone the grant stays and gives nothing of it.
    Refused: a code that does not start with ``<plugin>_``; a permission of the core other than to see places; a role
    that nobody may give, or that may give roles it does not hold.
    Since SDK 1.2.
    """
    raise NotImplementedError


@hookspec
def register_metrics() -> Iterable[Metric]:
    """Numbers for the first page of a community and for the street's board of numbers, with unit and period.

    When: at start-up; ``measure`` is called with those pages, once for all communities. One that raises is shown as
    missing.
    Refused: a name that does not start with the plugin's own; an unknown period or level.
    Since SDK 1.2.
    """
    raise NotImplementedError


@hookspec
def register_search() -> Iterable[SearchProvider]:
    """What the search of a portal finds.

    When: at start-up; ``find`` is called for each search of whoever holds the permission, where the plugin is on. One
    that raises says so in its place, and the others' results are shown.
    Refused: a name that does not start with the plugin's own; twice the same in one portal.
    Since SDK 1.2.
    """
    raise NotImplementedError


@hookspec
def register_disclosures() -> Iterable[Disclosure]:
    """What the public, or every resident, may read about a community; listed on its page of disclosures.

    When: at start-up; ``state`` is called with that page. One that raises is listed without its state.
    Refused: a page that the plugin does not have, or one for the public that asks for a sign-in.
    Since SDK 1.2.
    """
    raise NotImplementedError


@hookspec
def register_roster_columns() -> Iterable[RosterColumn]:
    """Further columns of the residents' roster: in its template, its import and its export.

    When: at start-up; used where the plugin is on in the whole community. ``write`` runs in the import's transaction:
    what it raises stops the import, and nothing of it is kept.
    Refused: a header that means another column; a column that has no ``write`` or no ``show``.
    Since SDK 1.2.
    """
    raise NotImplementedError


@hookspec
def register_health_checks() -> Iterable[HealthCheck]:
    """Questions about whether the plugin works: for ``linli doctor`` and the street's page of checks.

    When: at start-up; ``check`` is called when somebody looks, for each street that allows the plugin. What it raises
    is a fault that names the plugin.
    Refused: a name that does not start with the plugin's own.
    Since SDK 1.2.
    """
    raise NotImplementedError


@hookspec
def register_commands() -> Iterable[Command]:
    """Commands for operators, called ``linli <plugin> <name>``.

    When: at start-up of ``linli``; the command runs when an operator calls it, and reaches a street with
    ``linli.sdk.street_session``.
    Refused: a name in other letters; something not made with ``click``.
    Since SDK 1.2.
    """
    raise NotImplementedError


@hookspec
def register_obligations() -> Iterable[Obligation]:
    """Duties with a cadence: the core judges each compound by what was recorded, reminds, and shows the street a board.

    When: at start-up; ``evidence`` is called every night, and when somebody asks, for many compounds at once. One that
    raises is shown as unknown, never as done.
    Refused: a name that does not start with the plugin's own; a rule that nobody declares, or that is no duration; a
    role or a permission that nobody declares; a rhythm without the rules and occasions that it needs.
    Since SDK 1.2.
    """
    raise NotImplementedError


@hookspec
def register_pushes() -> Iterable[Push]:
    """Acts that a street does in many of its communities at once, with a preview and a result for each.

    When: at start-up; shown in the console's "统一下发" to who holds the permission, where the street allows it.
    ``perform`` is called for each chosen community where the plugin is on; what it raises is told as the reason there
    and stops no other.
    Refused: a name that does not start with the plugin's own; a permission that nobody declares; a template outside the
    plugin's own folder.
    Since SDK 1.2.
    """
    raise NotImplementedError


#: Hook to the type of what it returns; the order in which the core calls them.
CONTRIBUTIONS: dict[str, type] = {
    "register_permissions": Permission,
    "register_pages": Pages,
    "register_routes": Api,
    "register_navigation": NavigationItem,
    "register_cards": Card,
    "register_settings": SettingSpec,
    "register_tasks": TaskSpec,
    "register_event_handlers": EventHandler,
    "register_notifications": NotificationType,
    "register_personal_data": PersonalData,
    "register_retention": DataClass,
    "register_acts": Act,
    "register_record_words": RecordWords,
    "register_rules": RulePack,
    "register_demo_data": DemoData,
    "register_roles": Role,
    "register_metrics": Metric,
    "register_search": SearchProvider,
    "register_disclosures": Disclosure,
    "register_roster_columns": RosterColumn,
    "register_health_checks": HealthCheck,
    "register_commands": Command,
    "register_obligations": Obligation,
    "register_pushes": Push,
}
