"""Every setting that this process knows, by owner: ``core`` or a plugin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from linli.kit.errors import FieldError, Invalid
from linli.kit.text import gettext as _
from linli.kit.text import listed
from linli.settings.spec import SettingSpec

_specs: dict[str, dict[str, SettingSpec]] = {}
#: By owner and key; see ``linli.settings.service.guard_setting``.
GUARDS: dict[tuple[str, str], Any] = {}
_platform: dict[tuple[str, str], Any] = {}


def declare_settings(owner: str, specs: Iterable[SettingSpec]) -> None:
    """Make an owner's settings known, in place of those it declared before."""
    _specs[owner] = {spec.key: spec for spec in specs}


def setting_owners() -> tuple[str, ...]:
    """Who has settings: ``core`` first, then plugins by name."""
    return ("core", *sorted(owner for owner, specs in _specs.items() if specs and owner != "core"))


def settings_of(owner: str) -> Mapping[str, SettingSpec]:
    """The settings of the core or of a plugin, in the order in which it declared them; empty for an unknown owner."""
    return _specs.get(owner, {})


def find_setting(owner: str, key: str) -> SettingSpec:
    """The declaration of one setting.

    Raises:
        Invalid: there is no such owner or key; names the nearest one, and all that are allowed.
    """
    if owner not in _specs:
        raise Invalid.one(owner, _unknown(owner, _specs), listed(sorted(_specs)))
    specs = _specs[owner]
    if key not in specs:
        raise Invalid.one(key, _unknown(key, specs), listed(sorted(specs)))
    return specs[key]


def _unknown(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), n=1)
    if near:
        return _("没有“{name}”这项设置，您是否想写“{near}”？").format(name=name, near=near[0])
    return _("没有“{name}”这项设置").format(name=name)


def check_values(owner: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Several values of one owner in their stored form; used by forms and manifests before anything is written.

    Raises:
        Invalid: naming every unknown key and every value that is not allowed.
    """
    checked: dict[str, Any] = {}
    faults: list[FieldError] = []
    for key, value in values.items():
        try:
            stored = find_setting(owner, key).check(value)
        except Invalid as error:
            faults += error.errors
            continue
        if isinstance(stored, FieldError):
            faults.append(stored)
        else:
            checked[key] = stored
    if faults:
        raise Invalid(errors=faults)
    return checked


def check_written(owner: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """As ``check_values``, for values out of a file that people pass around: a secret does not belong there."""
    secrets = [key for key in values if (spec := settings_of(owner).get(key)) is not None and spec.type == "secret"]
    if secrets:
        raise Invalid(errors=[FieldError(key, _("密钥不写在文件里，请在设置页面填写")) for key in secrets])
    return check_values(owner, values)


def set_platform_values(values: Mapping[str, Mapping[str, Any]]) -> None:
    """The operator's own defaults, by owner and key, in place of the authors'; streets and communities may differ.

    Raises:
        Invalid: an unknown key, or a value that is not allowed. Nothing was taken over.
    """
    checked = {
        (owner, key): value for owner, chosen in values.items() for key, value in check_written(owner, chosen).items()
    }
    _platform.clear()
    _platform.update(checked)


def platform_value(owner: str, key: str) -> Any | None:
    """What the operator chose; ``None`` when nothing."""
    return _platform.get((owner, key))
