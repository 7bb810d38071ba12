"""What core and plugins of this process keep about people and for how long. ``linli.privacy`` works with it."""

from __future__ import annotations

from collections.abc import Iterable

from linli.plugins.contributions import DataClass, PersonalData

_personal: list[tuple[str, PersonalData]] = []
_classes: list[tuple[str, DataClass]] = []


def declare_personal_data(declared: Iterable[tuple[str, PersonalData]]) -> None:
    """Make this the personal data of the process, each with its owner, in place of those declared before."""
    _personal[:] = declared


def declare_data_classes(declared: Iterable[tuple[str, DataClass]]) -> None:
    """Make these the data classes of the process, each with its owner, in place of those declared before."""
    _classes[:] = declared


def declared_personal_data() -> tuple[tuple[str, PersonalData], ...]:
    """Owner and declaration, the core first, then the plugins in their order."""
    return tuple(_personal)


def declared_data_classes() -> tuple[tuple[str, DataClass], ...]:
    """Owner and data class, the core first, then the plugins in their order."""
    return tuple(_classes)
