"""The shape of a manifest. The JSON Schema for editors is made from these structs."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from linli.access.roles import BUILT_IN_ROLES, Level
from linli.kit.text import LOCALES
from linli.settings.core import RULE_SETS, THEMES
from linli.tenancy.choices import CompoundKind, Management
from linli.tenancy.schemas import Year

#: Roles that can be offered here: not those that follow from the register of people, nor a single building's.
ROLES = tuple(sorted(role.code for role in BUILT_IN_ROLES if role.levels - {Level.BUILDING}))


def _one_of(names: Any) -> Meta:
    return Meta(extra_json_schema={"enum": sorted(names)})


StreetCode = Annotated[str, Meta(pattern=r"^[1-9]\d{8}$", description="区划代码，9 位数字")]
CommunityCode = Annotated[str, Meta(pattern=r"^[1-9]\d{11}$", description="区划代码，12 位数字")]
Slug = Annotated[str, Meta(min_length=1, max_length=40, description="网址里的短名：小写字母开头；不写就用代码")]
Name = Annotated[str, Meta(min_length=1, max_length=60)]
Line = Annotated[str, Meta(max_length=200)]
Theme = Annotated[str, _one_of(THEMES)]
Locale = Annotated[str, _one_of(LOCALES)]
RuleSet = Annotated[str, _one_of(RULE_SETS)]
RoleCode = Annotated[str, _one_of(ROLES)]


class PortalSection(Struct, forbid_unknown_fields=True):
    """How the portal looks. What is not written here belongs to the portal's own settings page."""

    title: Annotated[str, Meta(max_length=30, description="显示在每页上方")] | UnsetType = UNSET
    theme: Theme | UnsetType = UNSET
    locale: Locale | UnsetType = UNSET
    contact: Annotated[str, Meta(max_length=500, description="显示在每页下方")] | UnsetType = UNSET


class CompoundSection(Struct, forbid_unknown_fields=True):
    """A residential compound of a community, known by its name."""

    name: Name
    kind: CompoundKind | UnsetType = UNSET
    is_old: bool | UnsetType = UNSET
    condition: Line | UnsetType = UNSET
    address: Line | UnsetType = UNSET
    built_year: Year | UnsetType = UNSET
    management: Management | UnsetType = UNSET


class CommunitySection(Struct, forbid_unknown_fields=True):
    """A community, known by its code."""

    code: CommunityCode
    slug: Slug | UnsetType = UNSET
    name: Annotated[str, Meta(min_length=1, max_length=60, description="门户上的名称")] | UnsetType = UNSET
    register_name: Annotated[str, Meta(min_length=1, max_length=60, description="登记册里的名称")] | UnsetType = UNSET
    office_phone: Annotated[str, Meta(max_length=40)] | UnsetType = UNSET
    office_address: Line | UnsetType = UNSET
    portal: PortalSection | UnsetType = UNSET
    compounds: list[CompoundSection] | UnsetType = UNSET


class PluginSection(Struct, forbid_unknown_fields=True):
    """A plugin: whether the street allows it, where exactly it is on, and its settings for the street."""

    allowed: bool = True
    communities: Annotated[
        Literal["all"] | list[CommunityCode] | UnsetType, Meta(description="启用的社区代码，或 all")
    ] = UNSET
    settings: dict[str, Any] | UnsetType = UNSET


class StaffSection(Struct, forbid_unknown_fields=True):
    """Somebody to invite. Either a user name or a phone number tells who."""

    name: Annotated[str, Meta(min_length=1, max_length=40)]
    role: RoleCode
    user_name: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_.-]{2,31}$")] | UnsetType = UNSET
    phone: Annotated[str, Meta(max_length=20)] | UnsetType = UNSET
    community: CommunityCode | UnsetType = UNSET
    compound: Name | UnsetType = UNSET
    ends_on: datetime.date | UnsetType = UNSET


class Manifest(Struct, forbid_unknown_fields=True):
    """A street office."""

    code: StreetCode
    slug: Slug | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    district_name: Name | UnsetType = UNSET
    domains: list[Annotated[str, Meta(min_length=1, max_length=253)]] | UnsetType = UNSET
    rule_set: RuleSet | UnsetType = UNSET
    portal: PortalSection | UnsetType = UNSET
    communities: list[CommunitySection] | UnsetType = UNSET
    plugins: dict[str, PluginSection] | UnsetType = UNSET
    staff: list[StaffSection] | UnsetType = UNSET


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a manifest, for editors."""
    schema = msgspec.json.schema(Manifest)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Linli tenant manifest", **schema}
