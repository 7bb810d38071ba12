"""What the plugins of this process keep about people and for how long. ``linli.privacy`` puts it beside the core's."""

from __future__ import annotations

from collections.abc import Iterable

from linli.plugins.contributions import DataClass, PersonalData

_personal: list[tuple[str, PersonalData]] = []
_classes: list[tuple[str, DataClass]] = []


def declare_personal_data(declared: Iterable[tuple[str, PersonalData]]) -> None:
    """Make these the plugins' personal data, each with its owner, in place of those declared before."""
    _personal[:] = declared


def declare_data_classes(declared: Iterable[tuple[str, DataClass]]) -> None:
    """Make these the plugins' data classes, each with its owner, in place of those declared before."""
    _classes[:] = declared


def plugins_personal_data() -> tuple[tuple[str, PersonalData], ...]:
    """Owner and declaration, in the order of the plugins."""
    return tuple(_personal)


def plugins_data_classes() -> tuple[tuple[str, DataClass], ...]:
    """Owner and data class, in the order of the plugins."""
    return tuple(_classes)
