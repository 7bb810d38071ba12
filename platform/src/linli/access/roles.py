"""The built-in roles: what each may do, where it is held, and who may give it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from linli.access.permissions import CORE_PERMISSION_NAMES, Contributions


class Level(StrEnum):
    """How wide a grant reaches."""

    STREET = "street"
    COMMUNITY = "community"
    COMPOUND = "compound"
    BUILDING = "building"

    @property
    def label(self) -> str:
        """A Chinese message, translated when shown."""
        return _LEVEL_TITLES[self]


_LEVEL_TITLES = {
    Level.STREET: "全街道",
    Level.COMMUNITY: "社区",
    Level.COMPOUND: "小区",
    Level.BUILDING: "楼栋",
}


@dataclass(frozen=True, slots=True)
class Role:
    """A named bundle of permissions.

    Attributes:
        code: as stored in ``core.role_grant.role``; a plugin's is called ``<plugin>_<noun>``.
        title: a Chinese message, translated when shown.
        levels: where it may be granted; none for roles that follow from the register of people.
        permissions: of the core; plugins add theirs. A plugin's role holds permissions of its plugin, of those that it
            requires, and ``OFFICE_READS``.
        granted_by: the roles whose holders may grant and end it.
        is_staff: works for the street or community: a session ends after twelve hours.
        needs_totp: may act only with a second factor, except in the demo (issue point 7: street staff).
        needs_end: may only be granted with a last day.
        gives_unheld: roles that its holders may give and end though they hold none of their permissions themselves:
            whoever looks after roles need not be able to do everybody's work. A role that is not named here is given
            by those alone who hold all that it holds; and nobody gives anything to themselves.
    """

    code: str
    title: str
    levels: frozenset[Level]
    permissions: frozenset[str]
    granted_by: frozenset[str] = frozenset()
    is_staff: bool = False
    needs_totp: bool = False
    needs_end: bool = False
    gives_unheld: frozenset[str] = frozenset()


def _core(*names: str) -> frozenset[str]:
    found = frozenset(f"core.{name}" for name in names)
    if unknown := found - CORE_PERMISSION_NAMES:
        raise ValueError(f"no such permission: {sorted(unknown)}")
    return found


_STREET = frozenset({Level.STREET})
_COMMUNITY = frozenset({Level.COMMUNITY})
_COMPOUND = frozenset({Level.COMPOUND})
_BY_STREET = frozenset({"street_administrator", "security_administrator"})
_BY_ADMINISTRATORS = _BY_STREET | {"community_administrator"}

#: The three administrators 三员 of GB/T 22239, level 3.
THREE_ADMINISTRATORS = ("system_administrator", "security_administrator", "audit_administrator")
#: Where duties are separated, nobody holds two of these at once.
SEPARATE_ROLES = frozenset({*THREE_ADMINISTRATORS, "street_administrator"})
#: What the security administrator gives only where duties are separated: there the street administrator can neither
#: give roles nor read the record, so that an accomplice in that office gains no power over either.
GIVEN_WHEN_SEPARATED = frozenset({"street_administrator", "platform_operator"})
_NOT_WITH_SEPARATED_DUTIES = frozenset({"core.role.grant", "core.staff.manage", "core.audit.read", "core.audit.verify"})

_READ_PLACES = _core("community.read", "compound.read", "dwelling.read", "rule.read")
_OFFICE = _core("compound.read", "dwelling.read", "rule.read")
_COMMITTEE = _OFFICE | _core("obligation.read")

BUILT_IN_ROLES = (
    Role(
        "platform_operator",
        "平台运维人员",
        _STREET,
        _core("community.read", "compound.read", "plugin.read", "settings.read", "audit.read", "job.read"),
        _BY_STREET,
        is_staff=True,
        needs_totp=True,
        # Architecture section 6: entering a street needs a timed grant by that street.
        needs_end=True,
    ),
    Role(
        "street_administrator",
        "街道管理员",
        _STREET,
        CORE_PERMISSION_NAMES - _core("home.read"),
        _BY_STREET,
        is_staff=True,
        needs_totp=True,
    ),
    Role(
        "system_administrator",
        "系统管理员",
        _STREET,
        _core("community.read", "community.manage", "compound.read", "compound.manage", "dwelling.read")
        | _core("dwelling.manage", "plugin.read", "plugin.allow", "plugin.enable", "settings.read", "settings.manage")
        | _core("approval.read", "rule.read", "rule.override", "job.read", "job.manage", "app.read", "app.manage"),
        _BY_STREET,
        is_staff=True,
        needs_totp=True,
    ),
    Role(
        "security_administrator",
        "安全管理员",
        _STREET,
        _core("community.read", "compound.read", "staff.read", "staff.manage", "role.read", "role.grant")
        | _core("approval.read", "approval.decide", "settings.read"),
        _BY_STREET,
        is_staff=True,
        needs_totp=True,
        gives_unheld=frozenset(
            {
                *THREE_ADMINISTRATORS,
                "street_staff",
                "department_officer",
                "community_administrator",
                "committee_chair",
                "committee_deputy",
                "committee_member",
                "building_steward",
                "gatekeeper",
                "property_staff",
                "volunteer_captain",
                "auditor",
            }
        ),
    ),
    Role(
        "audit_administrator",
        "审计管理员",
        _STREET,
        _core("community.read", "audit.read", "audit.verify", "approval.read"),
        _BY_STREET,
        is_staff=True,
        needs_totp=True,
    ),
    Role(
        "street_staff",
        "街道工作人员",
        _STREET,
        _READ_PLACES
        | _core("compound.manage", "dwelling.manage", "resident.read")
        | _core("staff.read", "role.read", "plugin.read", "settings.read", "approval.read", "job.read")
        | _core("obligation.read", "obligation.recheck", "task.read", "task.give", "push.read", "push.use")
        | _core("briefing.read", "briefing.make"),
        _BY_STREET,
        is_staff=True,
        needs_totp=True,
    ),
    Role(
        "department_officer",
        "职能部门人员",
        _STREET,
        _READ_PLACES | _core("obligation.read", "task.read", "push.read", "briefing.read"),
        _BY_STREET,
        is_staff=True,
        needs_totp=True,
    ),
    Role(
        "community_administrator",
        "社区管理员",
        _COMMUNITY,
        # Whoever owes does not release: exemptions are the street's.
        CORE_PERMISSION_NAMES
        - _core("home.read", "plugin.allow", "community.manage", "obligation.exempt", "app.manage")
        # What the street gives, pushes down and issues is the street's.
        - _core("task.give", "push.read", "push.use", "briefing.read", "briefing.make"),
        _BY_ADMINISTRATORS,
        is_staff=True,
    ),
    Role("committee_chair", "自治委员会主任", _COMPOUND, _COMMITTEE, _BY_ADMINISTRATORS),
    Role("committee_deputy", "自治委员会副主任", _COMPOUND, _COMMITTEE, _BY_ADMINISTRATORS),
    Role("committee_member", "自治委员会委员", _COMPOUND, _COMMITTEE, _BY_ADMINISTRATORS),
    Role(
        "building_steward",
        "楼门长",
        frozenset({Level.BUILDING}),
        _OFFICE | _core("resident.read"),
        _BY_ADMINISTRATORS,
    ),
    Role("gatekeeper", "门卫", _COMPOUND, _OFFICE, _BY_ADMINISTRATORS, is_staff=True),
    Role("property_staff", "物业公司人员", _COMPOUND, _OFFICE, _BY_ADMINISTRATORS, is_staff=True),
    Role(
        "volunteer_captain",
        "志愿者队长",
        frozenset({Level.COMMUNITY, Level.COMPOUND}),
        _core("compound.read"),
        _BY_ADMINISTRATORS,
    ),
    Role("owner", "业主", frozenset(), _core("home.read")),
    Role("resident", "居民", frozenset(), _core("home.read")),
    Role(
        "auditor",
        "审计员",
        frozenset({Level.STREET, Level.COMMUNITY}),
        frozenset(n for n in CORE_PERMISSION_NAMES if n.endswith(".read")) - _core("home.read"),
        _BY_STREET,
        is_staff=True,
        needs_totp=True,
    ),
)

#: What a plugin's role may hold of the core: to see the places that its holder works in.
OFFICE_READS = _READ_PLACES

#: Code to role: the built-in ones, and those of the plugins once they are activated.
ROLES = {role.code: role for role in BUILT_IN_ROLES}
_owners: dict[str, str] = {}


def declare_roles(roles: Iterable[tuple[str, Role]]) -> None:
    """Make these the roles of this process beside the built-in ones, each with its owner, in place of those before."""
    given = {role.code: (owner, role) for owner, role in roles}
    ROLES.clear()
    ROLES.update({role.code: role for role in BUILT_IN_ROLES})
    ROLES.update({code: role for code, (_owner, role) in given.items()})
    _owners.clear()
    _owners.update({code: owner for code, (owner, _role) in given.items()})


def owner_of(role: str) -> str:
    """``core``, or the plugin that brings a role."""
    return _owners.get(role, "core")


def separated_permissions(roles: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """What each role may do where duties are separated: the street administrator neither gives roles nor audits."""
    return {**roles, "street_administrator": roles["street_administrator"] - _NOT_WITH_SEPARATED_DUTIES}


def role_permissions(plugins: Contributions | None = None) -> dict[str, frozenset[str]]:
    """Role code to the permissions it gives, the plugins' default roles included.

    Raises:
        ValueError: a plugin names a role that does not exist.
    """
    brought = [owned.item for owned in plugins.roles] if plugins else []
    given = {role.code: set(role.permissions) for role in (*BUILT_IN_ROLES, *brought)}
    for owned in plugins.permissions if plugins else ():
        for code in owned.item.roles:
            if code not in given:
                raise ValueError(f"{owned.item.name}: no role {code!r}; the roles are {', '.join(sorted(given))}")
            given[code].add(owned.item.name)
    return {code: frozenset(names) for code, names in given.items()}
