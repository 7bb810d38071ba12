"""What the loaded plugins contribute, each contribution tagged with its owner; filled once, at start-up."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Literal, TypeVar

import structlog
from sqlalchemy import Connection, text

from linli.access.roles import declare_roles, role_permissions
from linli.approvals.acts import declare_acts
from linli.audit.wording import declare_words
from linli.documents.render import declare_documents
from linli.kit.errors import Invalid
from linli.kit.text import load_catalogue
from linli.plugins import hookspecs
from linli.plugins.asking import ask
from linli.plugins.checks import Known, check_contributions, told
from linli.plugins.claims import claim
from linli.plugins.containment import contained_act
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
from linli.plugins.core import core_contributions
from linli.plugins.discovery import Candidate, Discovery, LoadedPlugin, PluginFault, PluginsRefused, discover, fault_of
from linli.plugins.events import BoundHandler, declare_handlers
from linli.plugins.extended import declare_roster_columns
from linli.plugins.gate import CORE
from linli.plugins.informing import declare_metrics
from linli.plugins.manifest import ManifestFault, PluginManifest
from linli.plugins.messages import declare_notifications
from linli.plugins.obligation_checks import check_obligations
from linli.plugins.obligations import declare_obligations
from linli.plugins.personal import declare_data_classes, declare_personal_data
from linli.plugins.pushing import declare_pushes
from linli.plugins.repository import allowed_plugins
from linli.rules.catalogue import Book, core_book, declare_packs
from linli.settings.catalogue import declare_settings
from linli.settings.spec import SettingSpec

T = TypeVar("T")
log = structlog.get_logger(__name__)

_KEEP_FAULT = text(
    "INSERT INTO core.installed_plugin (name, version, fault) VALUES (:name, :version, :fault) "
    "ON CONFLICT (name) DO UPDATE SET fault = excluded.fault WHERE core.installed_plugin.fault <> excluded.fault"
)


@dataclass(frozen=True, slots=True)
class Owned(Generic[T]):
    """A contribution and who makes it: ``core`` or a plugin."""

    owner: str
    item: T


@dataclass(frozen=True, slots=True)
class Plugins:
    """The plugins of this process, in dependency order, and all that the core and they contribute, the core first.

    Attributes:
        plugins: those that run.
        faults: those that were put aside, and why.
        off: names of those that are installed and switched off.
    """

    plugins: tuple[LoadedPlugin, ...] = ()
    faults: tuple[PluginFault, ...] = ()
    off: tuple[str, ...] = ()
    permissions: tuple[Owned[Permission], ...] = ()
    pages: tuple[Owned[Pages], ...] = ()
    routes: tuple[Owned[Api], ...] = ()
    navigation: tuple[Owned[NavigationItem], ...] = ()
    cards: tuple[Owned[Card], ...] = ()
    settings: tuple[Owned[SettingSpec], ...] = ()
    tasks: tuple[Owned[TaskSpec], ...] = ()
    event_handlers: tuple[Owned[EventHandler], ...] = ()
    notifications: tuple[Owned[NotificationType], ...] = ()
    personal_data: tuple[Owned[PersonalData], ...] = ()
    retention: tuple[Owned[DataClass], ...] = ()
    acts: tuple[Owned[Act], ...] = ()
    record_words: tuple[Owned[RecordWords], ...] = ()
    rules: tuple[Owned[RulePack], ...] = ()
    demo_data: tuple[Owned[DemoData], ...] = ()
    roles: tuple[Owned[Role], ...] = ()
    metrics: tuple[Owned[Metric], ...] = ()
    search: tuple[Owned[SearchProvider], ...] = ()
    disclosures: tuple[Owned[Disclosure], ...] = ()
    roster_columns: tuple[Owned[RosterColumn], ...] = ()
    health_checks: tuple[Owned[HealthCheck], ...] = ()
    commands: tuple[Owned[Command], ...] = ()
    obligations: tuple[Owned[Obligation], ...] = ()
    pushes: tuple[Owned[Push], ...] = ()
    _by_name: Mapping[str, LoadedPlugin] = field(default_factory=dict, repr=False)

    @classmethod
    def load(
        cls,
        *,
        off: Collection[str] = (),
        on_failure: Literal["refuse", "quarantine"] = "refuse",
        found: Iterable[Candidate] | None = None,
    ) -> Plugins:
        """Import, ask and check every installed plugin.

        Args:
            off: ``Settings.plugins_off``.
            on_failure: ``Settings.plugin_failure``: a broken plugin stops the start, or is put aside with its fault.
            found: what to look at instead of the installed distributions.

        Raises:
            PluginsRefused: ``refuse``, and a plugin is broken. Names every broken one.
        """
        plugins = cls.from_discovery(discover(off, found))
        if plugins.faults and on_failure == "refuse":
            raise PluginsRefused(plugins.faults)
        for fault in plugins.faults:
            log.error("plugin put aside", plugin=fault.plugin, distribution=fault.distribution, fault=fault.message)
        for plugin in plugins.plugins:
            if plugin.warning:
                log.warning("plugin will need an update", plugin=plugin.name, reason=plugin.warning)
        return plugins

    @classmethod
    def from_discovery(cls, discovery: Discovery) -> Plugins:
        """Ask each imported plugin for what it contributes; a broken one takes along those that require it.

        Raises:
            ManifestFault: the core itself breaks a rule.
        """
        accepted: list[LoadedPlugin] = []
        faults = list(discovery.faults)
        core = core_contributions()
        taken: dict[str, list[Owned[Any]]] = {hook: [Owned(CORE, item) for item in core[hook]] for hook in core}
        known, claims = Known(), dict[str, str]()
        check_contributions(CORE, core, known)
        claim(CORE, core, claims)
        known.learn(core)
        book = core_book()
        _check_obligations(CORE, core, known, book)
        for plugin in discovery.plugins:
            try:
                broken = [name for name in plugin.manifest.requires if all(name != each.name for each in accepted)]
                if broken:
                    raise ManifestFault(f"it requires {', '.join(broken)}, which is broken")
                given = ask(plugin.module, plugin.name)
                check_contributions(plugin.name, given, known)
                learned = _with_rules(book, plugin.name, given["register_rules"])
                _check_obligations(plugin.name, given, known, learned)
                claim(plugin.name, given, claims)
            except (Exception, SystemExit) as error:
                faults.append(fault_of(plugin, error))
                continue
            accepted.append(plugin)
            book = learned
            for hook, items in given.items():
                taken[hook] += [Owned(plugin.name, item) for item in items]
            known.learn(given)
        registries = {hook.removeprefix("register_"): tuple(items) for hook, items in taken.items()}
        by_name = {each.name: each for each in accepted}
        return cls(tuple(accepted), tuple(faults), discovery.off, **registries, _by_name=by_name)

    @classmethod
    def core(cls) -> Plugins:
        """The core alone, without any plugin."""
        return cls.from_discovery(Discovery((), ()))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._by_name)

    @property
    def manifests(self) -> tuple[PluginManifest, ...]:
        return tuple(plugin.manifest for plugin in self.plugins)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __getitem__(self, name: str) -> LoadedPlugin:
        return self._by_name[name]

    def with_dependents(self, faults: Mapping[str, str]) -> dict[str, str]:
        """The faults, and those of the plugins that cannot do without a faulty one; name to message."""
        found = {name: message for name, message in faults.items() if name in self}
        for plugin in self.plugins:
            broken = [name for name in plugin.manifest.requires if name in found]
            if broken:
                found.setdefault(plugin.name, f"it requires {', '.join(broken)}, which is broken")
        return found

    def without(self, faults: Mapping[str, str]) -> Plugins:
        """These without the faulty ones and without those that require them, each with its fault.

        Args:
            faults: plugin to what is wrong with it; names that do not run here are left out.
        """
        found = self.with_dependents(faults)
        if not found:
            return self
        kept = tuple(each for each in self.plugins if each.name not in found)
        told = [fault_of(self[name], ManifestFault(message)) for name, message in found.items()]
        registries: dict[str, Any] = {
            name: tuple(each for each in getattr(self, name) if each.owner not in found)
            for name in (hook.removeprefix("register_") for hook in hookspecs.CONTRIBUTIONS)
        }
        by_name = {each.name: each for each in kept}
        for fault in told:
            log.error("plugin put aside", plugin=fault.plugin, distribution=fault.distribution, fault=fault.message)
        return replace(self, plugins=kept, faults=(*self.faults, *told), **registries, _by_name=by_name)

    def activate(self) -> Plugins:
        """Make what core and plugins declare and their translations known to this process; may be called again."""
        from linli.plugins.acts import use_plugins

        use_plugins(self)
        for plugin in self.plugins:
            try:
                load_catalogue(plugin.folder / "locale", plugin.folder.name, plugin.name)
            except Exception as error:
                # Its pages stay in Chinese.
                log.error("a plugin's translations cannot be read", plugin=plugin.name, error=str(error))
        for owner in (CORE, *self.names):
            own = [each.item for each in self.acts if each.owner == owner]
            declare_acts(owner, own if owner == CORE else [contained_act(owner, each) for each in own])
            declare_settings(owner, [each.item for each in self.settings if each.owner == owner])
        declare_roles((each.owner, each.item) for each in self.roles)
        declare_documents({plugin.name: plugin.folder / "documents" for plugin in self.plugins})
        declare_handlers(BoundHandler(each.owner, each.item) for each in self.event_handlers)
        declare_notifications(each.item for each in self.notifications)
        declare_personal_data((each.owner, each.item) for each in self.personal_data)
        declare_data_classes((each.owner, each.item) for each in self.retention)
        declare_words({each.owner: each.item for each in self.record_words})
        declare_roster_columns((each.owner, each.item) for each in self.roster_columns)
        declare_obligations((each.owner, each.item) for each in self.obligations)
        declare_pushes(((each.owner, each.item) for each in self.pushes), role_permissions(self))
        declare_metrics((each.owner, each.item) for each in self.metrics)
        declare_packs([(each.owner, each.item) for each in self.rules], allowed_plugins)
        return self


def _with_rules(book: Book, plugin: str, packs: Sequence[RulePack]) -> Book:
    """The rules of the plugins before and of this one; refused where two say different things of the same."""
    try:
        return book.with_packs(plugin, packs) if packs else book
    except Invalid as error:
        raise ManifestFault(f"rules: {told(error)}") from error


def _check_obligations(owner: str, given: Mapping[str, Sequence[Any]], before: Known, book: Book) -> None:
    check_obligations(
        owner,
        given["register_obligations"],
        rules=book.rules,
        permissions={*before.permissions, *(each.name for each in given["register_permissions"])},
        roles={*before.roles, *(each.code for each in given["register_roles"])},
    )


def activate_core() -> None:
    """Make what the core declares known to this process, unless it knows it already, with plugins or without."""
    from linli.plugins.acts import has_plugins

    if not has_plugins():
        Plugins.core().activate()


def keep_faults(connection: Connection, plugins: Plugins) -> None:
    """Write the faults of an upgrade beside the versions in the database, and clear those that are gone.

    Args:
        connection: the migrate role's; the runtime role may only read that table.
        plugins: as they were loaded.
    """
    for plugin in plugins.plugins:
        connection.execute(
            text("UPDATE core.installed_plugin SET fault = '' WHERE name = :name AND fault <> ''"),
            {"name": plugin.name},
        )
    for fault in plugins.faults:
        row = {"name": fault.plugin, "version": fault.version, "fault": fault.message[:2000]}
        connection.execute(_KEEP_FAULT, row)
