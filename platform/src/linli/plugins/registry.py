"""What the loaded plugins contribute, each contribution tagged with its owner; filled once, at start-up."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

import pluggy
import structlog
from sqlalchemy import Connection, text

from linli.access.permissions import CORE_PERMISSION_NAMES
from linli.approvals.acts import declare_acts
from linli.audit.wording import declare_words
from linli.documents.render import declare_documents
from linli.kit.errors import Invalid
from linli.kit.text import load_catalogue
from linli.plugins import hookspecs
from linli.plugins.checks import check_contributions, told
from linli.plugins.contributions import (
    Act,
    Api,
    Card,
    DataClass,
    DemoData,
    EventHandler,
    NavigationItem,
    NotificationType,
    Pages,
    Permission,
    PersonalData,
    RecordWords,
    RulePack,
    TaskSpec,
)
from linli.plugins.discovery import Candidate, Discovery, LoadedPlugin, PluginFault, PluginsRefused, discover, fault_of
from linli.plugins.events import BoundHandler, declare_handlers
from linli.plugins.manifest import ManifestFault, PluginManifest
from linli.plugins.messages import declare_notifications
from linli.plugins.personal import declare_data_classes, declare_personal_data
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
    """A contribution and the name of the plugin that it comes from."""

    owner: str
    item: T


@dataclass(frozen=True, slots=True)
class Plugins:
    """The plugins of this process, in dependency order, and all that they contribute.

    Attributes:
        plugins: those that run.
        faults: those that were put aside, and why.
    """

    plugins: tuple[LoadedPlugin, ...] = ()
    faults: tuple[PluginFault, ...] = ()
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
        """Ask each imported plugin for what it contributes; a broken one takes along those that require it."""
        accepted: list[LoadedPlugin] = []
        faults = list(discovery.faults)
        taken: dict[str, list[Owned[Any]]] = {hook: [] for hook in hookspecs.CONTRIBUTIONS}
        permissions = set(CORE_PERMISSION_NAMES)
        book = core_book()
        for plugin in discovery.plugins:
            try:
                broken = [name for name in plugin.manifest.requires if all(name != each.name for each in accepted)]
                if broken:
                    raise ManifestFault(f"it requires {', '.join(broken)}, which is broken")
                given = ask(plugin)
                check_contributions(plugin.name, given, permissions)
                book = _with_rules(book, plugin.name, given["register_rules"])
            except (Exception, SystemExit) as error:
                faults.append(fault_of(plugin, error))
                continue
            accepted.append(plugin)
            for hook, items in given.items():
                taken[hook] += [Owned(plugin.name, item) for item in items]
            permissions.update(item.name for item in given["register_permissions"])
        registries = {hook.removeprefix("register_"): tuple(items) for hook, items in taken.items()}
        by_name = {each.name: each for each in accepted}
        return cls(tuple(accepted), tuple(faults), **registries, _by_name=by_name)

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

    def activate(self) -> Plugins:
        """Make what the plugins declare and their translations known to this process; may be called again."""
        from linli.plugins.acts import use_plugins

        use_plugins(self)
        for plugin in self.plugins:
            load_catalogue(plugin.folder / "locale", plugin.folder.name)
            declare_acts(plugin.name, [each.item for each in self.acts if each.owner == plugin.name])
            declare_settings(plugin.name, [each.item for each in self.settings if each.owner == plugin.name])
        declare_documents({plugin.name: plugin.folder / "documents" for plugin in self.plugins})
        declare_handlers(BoundHandler(each.owner, each.item) for each in self.event_handlers)
        declare_notifications(each.item for each in self.notifications)
        declare_personal_data((each.owner, each.item) for each in self.personal_data)
        declare_data_classes((each.owner, each.item) for each in self.retention)
        declare_words({each.owner: each.item for each in self.record_words})
        declare_packs([(each.owner, each.item) for each in self.rules], allowed_plugins)
        return self


def _with_rules(book: Book, plugin: str, packs: Sequence[RulePack]) -> Book:
    """The rules of the plugins before and of this one; refused where two say different things of the same."""
    try:
        return book.with_packs(plugin, packs) if packs else book
    except Invalid as error:
        raise ManifestFault(f"rules: {told(error)}") from error


def ask(plugin: LoadedPlugin) -> dict[str, tuple[Any, ...]]:
    """Call every hook of one plugin, with no other plugin in the room.

    Raises:
        ManifestFault: it implements a hook that does not exist, or returns something else than the hook says.
        Exception: whatever its code raises.
    """
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    try:
        manager.register(plugin.module, plugin.name)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        hooks = ", ".join(hookspecs.CONTRIBUTIONS)
        raise ManifestFault(f"{str(error).splitlines()[0]}; the hooks are {hooks}") from error
    return {hook: _call(manager, hook, kind) for hook, kind in hookspecs.CONTRIBUTIONS.items()}


def _call(manager: pluggy.PluginManager, hook: str, kind: type) -> tuple[Any, ...]:
    answers: Sequence[Any] = getattr(manager.hook, hook)()
    items: list[Any] = []
    for answer in answers:
        if isinstance(answer, str) or not isinstance(answer, Iterable):
            raise ManifestFault(f"{hook} returned {type(answer).__name__} instead of a list of {kind.__name__}")
        for item in answer:
            if not isinstance(item, kind):
                raise ManifestFault(f"{hook} returned {type(item).__name__} among {kind.__name__}")
            items.append(item)
    return tuple(items)


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
