"""What a plugin asks for, keeps and adds, told before anybody switches it on; from its own declarations."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata

from linli.access.permissions import CORE_PERMISSIONS
from linli.access.roles import ROLES
from linli.kit.text import gettext as _
from linli.plugins.manifest import CATEGORIES
from linli.plugins.registry import Plugins

_CORE = {each.name: each.title for each in CORE_PERMISSIONS}
#: The part of the registry to what its entries are called; those with a title of their own. Messages.
_TITLED = {
    "navigation": "菜单",
    "cards": "首页卡片",
    "metrics": "统计数字",
    "search": "查找",
    "disclosures": "公开事项",
    "tasks": "后台任务",
    "notifications": "消息",
    "acts": "可设为两人办理的事项",
    "roles": "角色",
    "roster_columns": "居民名册的列",
    "health_checks": "运行检查",
    "obligations": "履职事项",
}


@dataclass(frozen=True, slots=True)
class AskedPermission:
    """A right that the plugin brings.

    Attributes:
        code: its name.
        title: what the holder may do.
        roles: titles of the roles that hold it unless the street decides otherwise.
    """

    code: str
    title: str
    roles: list[str]


@dataclass(frozen=True, slots=True)
class KeptAboutPeople:
    """Personal data that the plugin keeps: what, what for, and on what ground."""

    title: str
    purpose: str
    basis: str


@dataclass(frozen=True, slots=True)
class KeptFor:
    """A class of data with its period.

    Attributes:
        name: of the class, as the page of periods knows it.
        days: unless the street chose otherwise; ``None`` for ever.
        source: the law and article, or why this period.
    """

    name: str
    title: str
    days: int | None
    source: str


@dataclass(frozen=True, slots=True)
class Addition:
    """What the plugin adds of one kind: its titles, or how many where they have none."""

    kind: str
    titles: list[str]


@dataclass(frozen=True, slots=True)
class PluginProfile:
    """One installed plugin.

    Attributes:
        category: a key of ``CATEGORIES``.
        category_title: in the reader's language.
        version: of the installed distribution.
        sdk: the version of the SDK that it was written for.
        licence, author: as its distribution names them; empty where it does not.
        homepage: where its authors are found; empty for none.
        requires, needed_by: titles of plugins.
        permissions: that it brings.
        core_permissions: titles of rights of the core that its pages and operations ask of their visitors.
        personal: what it keeps about people.
        kept: its data with a period.
        adds: what it shows or does.
        settings: how many it has.
        tables: whether it has tables of its own.
    """

    name: str
    title: str
    description: str
    category: str
    category_title: str
    version: str
    sdk: str
    distribution: str
    licence: str
    author: str
    homepage: str
    requires: list[str]
    needed_by: list[str]
    permissions: list[AskedPermission]
    core_permissions: list[str]
    personal: list[KeptAboutPeople]
    kept: list[KeptFor]
    adds: list[Addition]
    settings: int
    tables: bool


def profile_of(plugins: Plugins, name: str) -> PluginProfile:
    """The profile in the reader's language; nothing is asked of the database.

    Raises:
        KeyError: no plugin of this name runs.
    """
    plugin = plugins[name]
    manifest = plugin.manifest
    titles = {each.name: _(each.title) for each in plugins.manifests}
    about, needed = _distribution(plugin.distribution), _needs(plugins, name)
    return PluginProfile(
        name=name,
        title=titles[name],
        description=_(manifest.description),
        category=manifest.category,
        category_title=_(CATEGORIES[manifest.category]),
        version=plugin.version,
        sdk=manifest.sdk,
        distribution=plugin.distribution,
        licence=about.get("License-Expression") or about.get("License") or "",
        author=about.get("Author") or about.get("Author-email") or about.get("Maintainer") or "",
        homepage=manifest.homepage,
        requires=[titles.get(each, each) for each in manifest.requires],
        needed_by=[titles[each.name] for each in plugins.manifests if name in each.requires],
        permissions=[
            AskedPermission(
                each.item.name, _(each.item.title), [_(ROLES[role].title) for role in ROLES if role in each.item.roles]
            )
            for each in plugins.permissions
            if each.owner == name
        ],
        core_permissions=[_(_CORE[each]) for each in _CORE if each in needed],
        personal=[
            KeptAboutPeople(_(each.item.title), _(each.item.purpose), _(each.item.basis))
            for each in plugins.personal_data
            if each.owner == name
        ],
        kept=[
            KeptFor(each.item.name, _(each.item.title), each.item.days, _(each.item.source))
            for each in plugins.retention
            if each.owner == name
        ],
        adds=_adds(plugins, name),
        settings=sum(each.owner == name for each in plugins.settings),
        tables=plugin.lineage is not None,
    )


def _needs(plugins: Plugins, name: str) -> set[str]:
    declared = (*plugins.pages, *plugins.routes)
    return {handler.needs for each in declared if each.owner == name for handler in each.item.handlers if handler.needs}


def _adds(plugins: Plugins, name: str) -> list[Addition]:
    found: list[Addition] = []
    for registry, label in _TITLED.items():
        own = [_(each.item.title) for each in getattr(plugins, registry) if each.owner == name and each.item.title]
        if own:
            found.append(Addition(_(label), list(dict.fromkeys(own))))
    operations = sum(len(each.item.handlers) for each in plugins.routes if each.owner == name)
    if operations:
        found.append(Addition(_("接口"), [_("共 {n} 个").format(n=operations)]))
    events = [each for each in plugins.event_handlers if each.owner == name]
    if events:
        found.append(Addition(_("处理的事件"), [_("共 {n} 个").format(n=len(events))]))
    return found


def _distribution(name: str) -> dict[str, str]:
    try:
        about = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return {}
    return {key: str(about[key]) for key in about}
