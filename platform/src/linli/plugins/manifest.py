"""What a plugin says about itself before anything of it runs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

#: The version of what plugins see: the first number changes when something they use goes away, the second when
#: something is added.
SDK_VERSION = "1.2"

#: Names of the core: rooms, addresses of its pages and API, folders of its templates, commands of `linli`. A plugin of
#: such a name would answer, render or run in its place. A test holds the list against the application.
RESERVED_NAMES = frozenset(
    {
        "access",
        "account",
        "accounts",
        "admin",
        "api",
        "approvals",
        "apps",
        "assessments",
        "assignments",
        "audit",
        "bodies",
        "briefings",
        "buildings",
        "calendar",
        "checks",
        "communities",
        "compare",
        "components",
        "compounds",
        "console",
        "core",
        "days",
        "db",
        "deliveries",
        "demo",
        "disclosures",
        "doctor",
        "duties",
        "dwellings",
        "events",
        "explanation",
        "files",
        "gallery",
        "grants",
        "health",
        "holds",
        "home",
        "households",
        "identity",
        "inbox",
        "invitations",
        "jobs",
        "keys",
        "language",
        "linli",
        "me",
        "messages",
        "metrics",
        "more",
        "narrow",
        "notifications",
        "numbers",
        "obligations",
        "offline",
        "organisations",
        "ownerships",
        "pick",
        "platform",
        "plugin",
        "plugins",
        "privacy",
        "public",
        "purges",
        "pushes",
        "quick",
        "resident",
        "residents",
        "retention",
        "roles",
        "rosters",
        "rules",
        "scheduler",
        "schedules",
        "search",
        "sec",
        "serve",
        "settings",
        "share",
        "showing",
        "staff",
        "static",
        "street",
        "streets",
        "tasks",
        "tenants",
        "whose",
        "worker",
    }
)

NAME = re.compile(r"[a-z][a-z0-9_]{1,30}")
_VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})")

#: Category to its title (a message of the catalogue), in the order in which the plugin pages list them.
CATEGORIES: dict[str, str] = {
    "information": "信息公开",
    "governance": "居民自治",
    "services": "便民服务",
    "finance": "财务收支",
    "safety": "安全与秩序",
    "property": "物业管理",
    "integration": "外部对接",
    "other": "其他",
}


class ManifestFault(ValueError):
    """A manifest says something that cannot be; names the field, its value and what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginManifest:
    """A plugin's identity. Its version and its range of the core live in its ``pyproject.toml`` alone.

    Attributes:
        name: the one name: folder, module suffix, entry point, schema, prefix of permissions, routes, tasks, templates.
        title: for people, in Chinese; a message of the plugin's catalogue.
        description: one or two sentences for the street office that decides about it.
        sdk: the version of ``linli.sdk`` that it was written for, e.g. ``1.0``: the same first number, and a second
            number not above the installed one's.
        category: a key of ``CATEGORIES``.
        requires: names of plugins without which it cannot work; loaded before it, switched on with it.
        per_compound: whether it may be switched on for single compounds of a community.
        homepage: where its authors are found; empty for none.

    Raises:
        ManifestFault: when built with a value that is not allowed.
    """

    name: str
    title: str
    description: str
    sdk: str
    category: str = "other"
    requires: tuple[str, ...] = ()
    per_compound: bool = False
    homepage: str = ""

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name) or self.name in RESERVED_NAMES:
            raise ManifestFault(
                f"name = {self.name!r}: 2 to 31 lower-case letters, digits and underscores, starting with a letter; "
                f"not one of {', '.join(sorted(RESERVED_NAMES))}"
            )
        if not self.title.strip() or not self.description.strip():
            raise ManifestFault("title and description must not be empty")
        if not _VERSION.fullmatch(self.sdk):
            raise ManifestFault(f"sdk = {self.sdk!r}: two numbers with a dot, e.g. '1.0'")
        if self.category not in CATEGORIES:
            raise ManifestFault(f"category = {self.category!r}: one of {', '.join(CATEGORIES)}")
        if self.homepage and not self.homepage.startswith(("https://", "http://")):
            raise ManifestFault(f"homepage = {self.homepage!r}: an address that begins with https:// or http://")
        for required in self.requires:
            if not NAME.fullmatch(required) or required == self.name:
                raise ManifestFault(f"requires = {required!r}: the name of another plugin")


def sdk_verdict(written_for: str, installed: str = SDK_VERSION) -> Literal["fits", "old", "unfit"]:
    """Whether a plugin fits the installed SDK: ``fits``, ``old`` (one generation behind: a warning) or ``unfit``."""
    major, minor = (int(part) for part in written_for.split("."))
    our_major, our_minor = (int(part) for part in installed.split("."))
    if major == our_major:
        return "fits" if minor <= our_minor else "unfit"
    return "old" if major == our_major - 1 else "unfit"
