"""Finding the installed plugins by their entry points, each put after those that it requires."""

from __future__ import annotations

import importlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint, PackageNotFoundError, entry_points, requires, version
from pathlib import Path
from types import ModuleType

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from linli.db.lineages import CORE
from linli.db.migrate import Lineage
from linli.plugins.manifest import SDK_VERSION, ManifestFault, PluginManifest, sdk_verdict

GROUP = "linli.plugins"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An installed distribution's claim to be a plugin; nothing of it has been imported."""

    name: str
    module: str
    distribution: str
    version: str


@dataclass(frozen=True, slots=True)
class PluginFault:
    """Why a plugin is not running. ``plugin`` is its entry point's name."""

    plugin: str
    distribution: str
    version: str
    message: str

    def __str__(self) -> str:
        return f"{self.plugin} ({self.distribution} {self.version}): {self.message}"


@dataclass(frozen=True, slots=True)
class LoadedPlugin:
    """A plugin whose module was imported and whose manifest holds."""

    manifest: PluginManifest
    module: ModuleType
    distribution: str
    version: str
    #: Of its package; templates, static files, translations and migrations lie below.
    folder: Path
    #: What its authors should see to soon; empty when nothing.
    warning: str = ""

    @property
    def name(self) -> str:
        return self.manifest.name

    @property
    def lineage(self) -> Lineage | None:
        """Its revisions; ``None`` when it has no tables."""
        versions = self.folder / "migrations" / "versions"
        return Lineage(self.name, versions, self.version) if versions.is_dir() else None


@dataclass(frozen=True, slots=True)
class Discovery:
    """The plugins that could be imported, in an order in which each follows those it requires; and the rest."""

    plugins: tuple[LoadedPlugin, ...]
    faults: tuple[PluginFault, ...]
    #: Names of those that are installed and were left alone.
    off: tuple[str, ...] = ()


class PluginsRefused(RuntimeError):
    """A plugin is broken, and this process was told to stop rather than to go on without it."""

    def __init__(self, faults: Sequence[PluginFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in faults))


def candidates() -> list[Candidate]:
    """Every entry point of the group, by name; two distributions may claim one name."""
    found = [_candidate(entry) for entry in entry_points(group=GROUP)]
    return sorted(found, key=lambda each: (each.name, each.distribution))


def _candidate(entry: EntryPoint) -> Candidate:
    distribution = entry.dist
    name, version = (distribution.name, distribution.version) if distribution else ("?", "?")
    return Candidate(entry.name, entry.value, name, version)


def installed_names(off: Collection[str] = ()) -> tuple[str, ...]:
    """The names of the installed plugins, without importing any; ``off`` is ``Settings.plugins_off``."""
    return tuple(sorted({each.name for each in candidates()} - set(off)))


def installed_lineages(off: Collection[str] = (), *, strict: bool = True) -> list[Lineage]:
    """The core's revisions, then each plugin's after those of the plugins it requires.

    Args:
        off: plugins that are not loaded.
        strict: stop at a broken plugin; otherwise go on without it.

    Raises:
        PluginsRefused: ``strict``, and a plugin is broken.
    """
    discovery = discover(off)
    if strict and discovery.faults:
        raise PluginsRefused(discovery.faults)
    return [CORE, *(plugin.lineage for plugin in discovery.plugins if plugin.lineage is not None)]


def discover(off: Collection[str] = (), found: Iterable[Candidate] | None = None) -> Discovery:
    """Import every installed plugin but those that are off, each on its own account.

    Args:
        off: names of plugins to leave alone.
        found: what to look at instead of the installed distributions.
    """
    installed = list(candidates())
    wanted = [each for each in (installed if found is None else found) if each.name not in off]
    loaded: dict[str, LoadedPlugin] = {}
    faults: list[PluginFault] = []
    for candidate in wanted:
        rivals = [each for each in wanted if each.name == candidate.name]
        try:
            if len(rivals) > 1:
                owners = " and ".join(f"{each.distribution} ({each.module})" for each in rivals)
                raise ManifestFault(f"the name is claimed by {owners}; uninstall one")
            loaded[candidate.name] = load_plugin(candidate)
        except (Exception, SystemExit) as error:
            faults.append(fault_of(candidate, error))
    names = {each.name for each in wanted}
    alone = tuple(each.name for each in installed if each.name not in names)
    return replace(_in_order(loaded, faults, off), off=alone)


def load_plugin(candidate: Candidate) -> LoadedPlugin:
    """Import one plugin's module and check its manifest.

    Raises:
        ManifestFault: there is none, it contradicts the entry point, or the SDK does not fit or lacks what it imports.
        Exception: whatever the import raises.
    """
    try:
        module = importlib.import_module(candidate.module)
    except ImportError as error:
        if error.name is None or error.name.split(".")[:2] != ["linli", "sdk"]:
            raise
        # What it was written for stands in its manifest, which it did not get to.
        raise ManifestFault(
            f"it was written for another SDK than {SDK_VERSION}, which is installed ({error.msg}): "
            "install a version of it that fits"
        ) from error
    manifest = getattr(module, "MANIFEST", None)
    if not isinstance(manifest, PluginManifest):
        raise ManifestFault(f"{candidate.module} has no MANIFEST made with linli.sdk.PluginManifest")
    if manifest.name != candidate.name:
        raise ManifestFault(f"the entry point is called {candidate.name}, the manifest {manifest.name}: use one name")
    package = candidate.module.partition(".")[0]
    if package != candidate.name and not package.endswith(f"_{candidate.name}"):
        raise ManifestFault(f"its package {package} must be called linli_{candidate.name}: one name everywhere")
    verdict = sdk_verdict(manifest.sdk)
    if verdict == "unfit":
        raise ManifestFault(
            f"it was written for SDK {manifest.sdk}, installed is {SDK_VERSION}: install a version of it that fits"
        )
    warning = f"written for SDK {manifest.sdk}; the SDK after {SDK_VERSION} will refuse it" if verdict == "old" else ""
    warning = warning or outside_range(candidate.distribution)
    folder = Path(module.__file__ or "").parent
    return LoadedPlugin(manifest, module, candidate.distribution, candidate.version, folder, warning)


def outside_range(distribution: str, core: str = "") -> str:
    """What to see to where a distribution asks for another version of the core than runs here; empty where it fits.

    It is a warning: what a plugin needs of the core is its SDK, and pip has its say when it installs.

    Args:
        distribution: whose ``Requires-Dist`` is read.
        core: the version of the core; the installed one when left out.
    """
    running = core or version("linli")
    try:
        asked = [Requirement(each) for each in requires(distribution) or ()]
    except (PackageNotFoundError, InvalidRequirement):
        # Made up for a test, or not to be read: pip would not have installed it.
        return ""
    for each in asked:
        applies = each.marker is None or each.marker.evaluate()
        if canonicalize_name(each.name) != "linli" or not applies:
            continue
        if not each.specifier.contains(running, prereleases=True):
            asks = f"its package asks for linli {each.specifier}, installed is {running}"
            return f"{asks}: install a version of it that fits"
    return ""


def fault_of(origin: Candidate | LoadedPlugin, error: BaseException) -> PluginFault:
    """The fault that an exception is to a plugin's account."""
    told = isinstance(error, ManifestFault)
    message = str(error) if told else f"{type(error).__name__}: {error}"
    return PluginFault(origin.name, origin.distribution, origin.version, message)


def _in_order(loaded: dict[str, LoadedPlugin], faults: list[PluginFault], off: Collection[str]) -> Discovery:
    ordered: dict[str, LoadedPlugin] = {}
    waiting = dict(sorted(loaded.items()))
    while ready := [name for name, each in waiting.items() if set(each.manifest.requires) <= set(ordered)]:
        # One at a time, so that the order is by name wherever requirements leave a choice.
        ordered[ready[0]] = waiting.pop(ready[0])
    for plugin in waiting.values():
        lacking = [name for name in plugin.manifest.requires if name not in ordered]
        reasons = ", ".join(f"{name} ({_reason(name, waiting, off, faults)})" for name in lacking)
        faults.append(fault_of(plugin, ManifestFault(f"it requires {reasons}")))
    return Discovery(tuple(ordered.values()), tuple(faults))


def _reason(name: str, waiting: Collection[str], off: Collection[str], faults: Iterable[PluginFault]) -> str:
    if name in off:
        return "switched off by LINLI_PLUGINS_OFF"
    if name in waiting:
        return "which waits for others itself"
    return "which is broken" if any(fault.plugin == name for fault in faults) else "which is not installed"
