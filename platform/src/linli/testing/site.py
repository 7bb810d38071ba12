"""Every route of the application as an attacker sees it: its place, the ids in its path, the shape of its body."""

from __future__ import annotations

import base64
import datetime
import enum
import re
import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import msgspec
from litestar import Litestar
from litestar.routes import HTTPRoute

from linli.access.roles import role_permissions
from linli.plugins.registry import Plugins
from linli.testing.facts import facts_of
from linli.testing.planted import PLACES, Place
from linli.testing.world import WORLD, CommunityWorld
from linli.web.place import PREFIXES
from linli.web.routing import Handler, Portal

#: Path parameters and body fields that are not named after their table.
_TABLES = {
    "unit_id": "core.unit_entrance",
    "import_id": "core.roster_import",
    "grant_id": "core.role_grant",
    "member_id": "core.household_member",
    "representative_id": "core.resident",
    "into_id": "core.resident",
    "merge_into": "core.resident",
    "row_id": "core.roster_row",
    "message_id": "core.notification",
    "delivery_id": "core.notification_delivery",
    "event_delivery_id": "core.job",
}
#: Path parameters that name no row, and what they are given.
PLAIN = {
    "name": "notices",
    "owner": "core",
    "code": "en",
    "plugin": "notices",
    "token": "x" * 43,
    "key": "theme",
    "number": 1,
    "kind": "core.role_granted",
    "locale": "zh_CN",
    "channel": "inbox",
    "rule": "owners_assembly.notice",
    "app_name": "gate-keeper",
    "theme": "teal",
    "file": "192.png",
}
#: What belongs to an account and to no street: attacked by name in ``test_site.TestAccounts``.
_OF_ACCOUNTS = {"session_id", "token_id"}


@dataclass(frozen=True)
class Route:
    """One declared handler where it is mounted."""

    portal: Portal
    owner: str
    handler: Handler

    @property
    def path(self) -> str:
        prefix = PREFIXES[self.portal] + ("" if self.owner == "core" else f"/{self.owner}")
        return prefix + ("" if self.handler.path == "/" and prefix else self.handler.path)

    @property
    def name(self) -> str:
        return f"{self.handler.method} {re.sub(r':[a-z]+}', '}', self.path)}"

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names in its own path, street and community left out."""
        return tuple(each for each in re.findall(r"{(\w+)", self.handler.path) if each not in ("street", "community"))

    @property
    def ids(self) -> tuple[str, ...]:
        plain = {*PLAIN, *facts_of(self.owner).plain, *_OF_ACCOUNTS}
        return tuple(each for each in self.parameters if each not in plain)

    def table_of(self, name: str, tables: dict[str, Any]) -> str | None:
        """The table whose rows a parameter or a field names; ``None`` when it names none."""
        return table_named(name, tables, self.owner)

    def url(self, place: Place, **values: Any) -> str:
        """Its address in a place, with path parameters filled in."""
        world = WORLD.here if place.key.startswith("here") else WORLD.there
        community = world.communities[(int(place.key[-1]) or 1) - 1]
        nobodys = dict.fromkeys(_OF_ACCOUNTS, uuid4())
        plain = {**PLAIN, **facts_of(self.owner).plain}
        given = {"street": world.code, "community": community.code, **plain, **nobodys, **values}
        return re.sub(r"{(\w+)(:\w+)?}", lambda found: str(given[found[1]]), self.path) or "/"

    @property
    def home(self) -> Place:
        """Where the attacker is at home, for this portal."""
        return PLACES["here1"] if self.portal.has_community else PLACES["here0"]

    @property
    def victims(self) -> tuple[Place, ...]:
        """Whose rows must stay out of its reach."""
        keys = ("here2", "there1", "there0") if self.portal.has_community else ("there0", "there1")
        return tuple(PLACES[key] for key in keys)

    def account(self, place: Place) -> UUID:
        """Who works in this portal of a place."""
        world = WORLD.here if place.key.startswith("here") else WORLD.there
        community: CommunityWorld = world.communities[(int(place.key[-1]) or 1) - 1]
        if self.portal in (Portal.CONSOLE, Portal.STREET_API):
            return world.administrator
        # What a plugin opens to whoever is signed in is for residents, in the API too.
        is_own = self.handler.needs in _for_residents() or (self.handler.signed_in and self.owner != "core")
        if self.portal in (Portal.ADMIN, Portal.COMMUNITY_API) and not is_own:
            return community.administrator
        return community.resident_account

    def query_parameters(self) -> dict[str, Any]:
        """Names and types of what its address may carry behind the question mark."""
        from linli.web.routing import PROVIDED

        hints = typing.get_type_hints(self.handler.call)
        hints.pop("return", None)
        if isinstance(filters := hints.get("query"), type) and issubclass(filters, msgspec.Struct):
            # The fields of a struct of filters are parameters of their own.
            hints |= typing.get_type_hints(hints.pop("query"))
        return {
            name: kind
            for name, kind in hints.items()
            if name not in PROVIDED and name != "data" and name not in self.parameters
        }

    def body(self, make_id: Callable[[str], str]) -> dict[str, Any] | None:
        """The smallest body of the declared form, ids from ``make_id``; ``None`` when there is no body."""
        kind = typing.get_type_hints(self.handler.call, include_extras=True).get("data")
        if kind is None:
            return None
        kind = typing.get_args(kind)[0] if typing.get_origin(kind) is typing.Annotated else kind
        if not (isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
            return None
        return msgspec.to_builtins(fill_struct(kind, make_id))

    def id_fields(self) -> dict[str, bool]:
        """Body fields that hold ids, and whether each holds several."""
        kind = typing.get_type_hints(self.handler.call).get("data")
        found: dict[str, bool] = {}
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            hints = typing.get_type_hints(kind)
            for field in msgspec.structs.fields(kind):
                text = str(hints[field.name])
                if "UUID" in text or re.search(r"_ids?$", field.name):
                    found[field.encode_name] = "list[" in text or "tuple[" in text
        return found


@cache
def _for_residents() -> frozenset[str]:
    """The permissions that residents hold, and who administers their community does not or only for a home."""
    held = role_permissions(Plugins.load())
    return (held["resident"] - held["community_administrator"]) | {"core.home.read"}


def table_named(name: str, tables: dict[str, Any], owner: str = "core") -> str | None:
    """The table of core or of one plugin that a name like ``resident_id`` leads to."""
    if told := facts_of(owner).tables.get(name) or _TABLES.get(name):
        return told
    noun = re.sub(r"_ids?$", "", name)
    if noun == name:
        return None
    return next((each for each in (f"plugin_{owner}.{noun}", f"core.{noun}") if each in tables), None)


def routes_of(app: Litestar) -> list[Route]:
    """All that the core and the plugins have declared."""
    options = [each.opt for route in app.routes if isinstance(route, HTTPRoute) for each in route.route_handlers]
    found = [Route(opt["portal"], opt["owner"], opt["handler"]) for opt in options if "handler" in opt]
    return sorted(found, key=lambda each: (not each.handler.is_read, each.name))


def fill_struct(kind: type[msgspec.Struct], make_id: Callable[[str], str]) -> dict[str, Any]:
    """The required fields of a struct, each with a plain value that its declaration allows."""
    hints = typing.get_type_hints(kind, include_extras=True)
    return {
        field.encode_name: _value(hints[field.name], field.encode_name, make_id)
        for field in msgspec.structs.fields(kind)
        if field.required
    }


def _value(kind: Any, name: str, make_id: Callable[[str], str]) -> Any:
    limits: dict[str, Any] = {}
    while typing.get_origin(kind) is typing.Annotated:
        for meta in typing.get_args(kind)[1:]:
            if isinstance(meta, msgspec.Meta):
                limits |= {key: getattr(meta, key) for key in ("min_length", "ge", "gt", "pattern")}
        kind = typing.get_args(kind)[0]
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return _value(next(each for each in typing.get_args(kind) if each is not type(None)), name, make_id)
    if origin is typing.Literal:
        return typing.get_args(kind)[0]
    if origin in (list, tuple, set, frozenset):
        return [_value(typing.get_args(kind)[0], name, make_id)]
    if origin is dict or kind is dict:
        return {}
    if isinstance(kind, type):
        return _plain(kind, name, limits, make_id)
    return "测试"


def _plain(kind: type, name: str, limits: dict[str, Any], make_id: Callable[[str], str]) -> Any:
    if issubclass(kind, msgspec.Struct):
        return fill_struct(kind, make_id)
    if issubclass(kind, enum.Enum):
        return next(iter(kind)).value
    if kind is UUID or (kind is str and re.search(r"_ids?$", name)):
        return make_id(name)
    if kind is str and name == "content":
        return base64.b64encode("测试".encode()).decode()
    by_kind: dict[type, Any] = {
        bool: True,
        int: limits.get("ge") or (limits.get("gt") or 0) + 1,
        float: 1.0,
        Decimal: "1",
        datetime.date: "2025-03-01",
        datetime.datetime: "2025-03-01T00:00:00Z",
        datetime.time: "09:00:00",
        bytes: b"",
    }
    if kind in by_kind:
        return by_kind[kind]
    return "测试" + "一" * max((limits.get("min_length") or 0) - 2, 0)


def flatten(body: dict[str, Any]) -> dict[str, Any]:
    """A body as a form sends it."""
    return dict(_pairs(body))


def _pairs(body: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in body.items():
        if isinstance(value, bool):
            yield name, "true" if value else ""
        elif isinstance(value, list):
            yield name, [str(each) for each in value]
        elif value is not None and not isinstance(value, dict):
            yield name, str(value)
