"""A street office as a manifest that, applied again, changes nothing."""

from __future__ import annotations

import json
from typing import Any

from linli.db.session import ScopedSession
from linli.manifests.state import State, read_state
from linli.tenancy.models import Tenant

#: Left out where they say nothing.
_DEFAULTS = {
    "kind": "other",
    "is_old": False,
    "condition": "",
    "address": "",
    "built_year": None,
    "management": "none",
    "office_phone": "",
    "office_address": "",
    "domains": [],
    "district_name": "",
}


def export_manifest(session: ScopedSession) -> str:
    """The TOML text of the session's street. Staff are people, not configuration: they are not exported."""
    tenant = session.get_one(Tenant, session.scope.tenant_id)
    state = read_state(session, tenant)
    lines = ["#:schema ./_schema.json", "", f"code = {_value(tenant.code)}"]
    _pairs(lines, {key[0]: value for key, value in state.items() if len(key) == 1})
    _table(lines, "[portal]", _below(state, ("portal",)))
    for name in _names(state, ("plugins",)):
        place = ("plugins", name)
        _table(lines, f"[plugins.{_value(name)}]", _below(state, place))
        _table(lines, f"[plugins.{_value(name)}.settings]", _below(state, (*place, "settings")))
    for code in _names(state, ("communities",)):
        place = ("communities", code)
        _table(lines, "[[communities]]", _below(state, place))
        _table(lines, "[communities.portal]", _below(state, (*place, "portal")))
        for name in _names(state, (*place, "compounds")):
            _table(lines, "[[communities.compounds]]", _below(state, (*place, "compounds", name)))
    return "\n".join(lines) + "\n"


def _names(state: State, place: tuple[str, ...]) -> list[str]:
    depth = len(place)
    return list(dict.fromkeys(key[depth] for key in state if key[:depth] == place and len(key) > depth + 1))


def _below(state: State, place: tuple[str, ...]) -> dict[str, Any]:
    depth = len(place)
    return {key[depth]: value for key, value in state.items() if key[:depth] == place and len(key) == depth + 1}


def _table(lines: list[str], header: str, values: dict[str, Any]) -> None:
    if values:
        lines += ["", header]
        _pairs(lines, values)


def _pairs(lines: list[str], values: dict[str, Any]) -> None:
    lines += [
        f"{key} = {_value(value)}" for key, value in values.items() if key not in _DEFAULTS or value != _DEFAULTS[key]
    ]


def _value(value: Any) -> str:
    if isinstance(value, list):
        if len(value) > 3:
            return "[\n" + "".join(f"  {_value(each)},\n" for each in value) + "]"
        return "[" + ", ".join(_value(each) for each in value) + "]"
    # A string of JSON is a basic string of TOML, but for one character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
