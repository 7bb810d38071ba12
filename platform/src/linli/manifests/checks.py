"""What a manifest of the right shape may still have wrong, as far as one can tell without the database."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import UNSET

from linli.access.roles import BUILT_IN_ROLES, Level
from linli.kit.clock import today
from linli.kit.errors import Invalid
from linli.kit.phones import normalise_phone
from linli.kit.text import gettext as _
from linli.manifests.lines import Path
from linli.manifests.reading import Faults, blame_unknown_plugins, given
from linli.manifests.schemas import CommunitySection, Manifest, PortalSection, StaffSection
from linli.plugins.registry import Plugins
from linli.settings.catalogue import check_written
from linli.tenancy.naming import tidy
from linli.tenancy.slugs import is_slug

#: A portal's key to the core's setting.
PORTAL_SETTINGS = {"title": "portal_title", "theme": "theme", "locale": "default_locale", "contact": "contact"}

_HOST = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
_ROLES = {role.code: role for role in BUILT_IN_ROLES}


def check_manifest(manifest: Manifest, plugins: Plugins, faults: Faults) -> None:
    """Add what is wrong to ``faults``; nothing is raised here."""
    _check_slug(manifest.slug, manifest.code, ("slug",), faults)
    _check_domains(manifest.domains or [], faults)
    _check_portal(manifest.portal, ("portal",), faults)
    communities = manifest.communities or []
    _check_unlike([each.code for each in communities], "communities", "code", faults)
    _check_unlike([each.slug for each in communities], "communities", "slug", faults)
    for n, community in enumerate(communities):
        _check_community(manifest.code, community, ("communities", n), faults)
    _check_plugins(manifest, plugins, faults)
    for n, staff in enumerate(manifest.staff or []):
        _check_staff(manifest.code, staff, ("staff", n), faults)


def _check_slug(slug: object, code: str, path: Path, faults: Faults) -> None:
    if isinstance(slug, str) and not is_slug(slug, code):
        faults.add(
            path,
            _("不能用在网址里"),
            _("小写字母开头，只含小写字母、数字和连字符；或者就写代码 {code}").format(code=code),
        )


def _check_domains(domains: Iterable[str], faults: Faults) -> None:
    for n, host in enumerate(domains):
        if not _HOST.fullmatch(host):
            faults.add(("domains", n), _("不是域名"), "linli.example.cn")


def _check_portal(portal: object, path: Path, faults: Faults) -> None:
    if not isinstance(portal, PortalSection):
        return
    for key, value in given(portal).items():
        try:
            check_written("core", {PORTAL_SETTINGS[key]: value})
        except Invalid as error:
            faults.add((*path, key), error.errors[0].message, error.errors[0].allowed)


def _check_unlike(values: list, table: str, key: str, faults: Faults) -> None:
    first: dict[str, int] = {}
    for n, value in enumerate(values):
        if value is UNSET:
            continue
        if value in first:
            message = _("与 {other} 重复").format(other=f"{table}[{first[value]}].{key}")
            faults.add((table, n, key), message)
        first.setdefault(value, n)


def _check_community(street: str, community: CommunitySection, path: Path, faults: Faults) -> None:
    _check_code(street, community.code, (*path, "code"), faults)
    _check_slug(community.slug, community.code, (*path, "slug"), faults)
    _check_portal(community.portal, (*path, "portal"), faults)
    names: set[str] = set()
    for n, compound in enumerate(community.compounds or []):
        place = (*path, "compounds", n)
        name = tidy(compound.name)
        if not name or name in names:
            faults.add((*place, "name"), _("与前面的小区重名") if name else _("必须写"))
        names.add(name)
        if isinstance(compound.built_year, int) and compound.built_year > today().year:
            allowed = _("不晚于 {year}").format(year=today().year)
            faults.add((*place, "built_year"), _("还没有到来的年份"), allowed)


def _check_code(street: str, code: str, path: Path, faults: Faults) -> None:
    if not code.startswith(street):
        faults.add(
            path,
            _("不是街道 {street} 的社区").format(street=street),
            _("以 {street} 开头的 12 位数字").format(street=street),
        )


def _check_plugins(manifest: Manifest, plugins: Plugins, faults: Faults) -> None:
    blame_unknown_plugins(manifest.plugins or {}, plugins.names, faults)
    for name, section in (manifest.plugins or {}).items():
        path = ("plugins", name)
        if name not in plugins:
            continue
        if isinstance(section.communities, list):
            for n, code in enumerate(section.communities):
                _check_code(manifest.code, code, (*path, "communities", n), faults)
        if not section.allowed and section.communities:
            faults.add((*path, "communities"), _("没有允许的插件不能启用"), "allowed = true")
        for key, value in (section.settings or {}).items():
            try:
                check_written(name, {key: value})
            except Invalid as error:
                faults.add((*path, "settings", key), error.errors[0].message, error.errors[0].allowed)


def _check_staff(street: str, staff: StaffSection, path: Path, faults: Faults) -> None:
    if (staff.user_name is UNSET) == (staff.phone is UNSET):
        faults.add(path, _("要写 user_name 或 phone，只写一个"), "user_name, phone")
    if isinstance(staff.phone, str) and normalise_phone(staff.phone) is None:
        faults.add((*path, "phone"), _("不是电话号码"), _("11 位手机号，或带区号的座机"))
    if isinstance(staff.community, str):
        _check_code(street, staff.community, (*path, "community"), faults)
    role = _ROLES[staff.role]
    level = level_of(staff)
    if level not in role.levels:
        allowed = {
            Level.STREET: _("不写 community"),
            Level.COMMUNITY: "community",
            Level.COMPOUND: "community, compound",
        }
        wanted = " / ".join(text for each, text in allowed.items() if each in role.levels)
        faults.add((*path, "role"), _("“{role}”不能担任在这里").format(role=_(role.title)), wanted)
    if role.needs_end and staff.ends_on is UNSET:
        faults.add((*path, "ends_on"), _("这个角色必须有截止日期"), "2026-12-31")


def level_of(staff: StaffSection) -> Level:
    """How wide the offered role reaches."""
    if staff.compound is not UNSET:
        return Level.COMPOUND
    return Level.STREET if staff.community is UNSET else Level.COMMUNITY
