"""Calling the hooks of one module, with no other in the room."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import Any

import pluggy

from linli.plugins import hookspecs
from linli.plugins.manifest import ManifestFault


def ask(module: ModuleType, name: str) -> dict[str, tuple[Any, ...]]:
    """Call every hook that a module implements.

    Raises:
        ManifestFault: it implements a hook that does not exist, or returns something else than the hook says.
        Exception: whatever its code raises.
    """
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    try:
        manager.register(module, name)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        hooks = ", ".join(hookspecs.CONTRIBUTIONS)
        raise ManifestFault(f"{str(error).splitlines()[0]}; the hooks are {hooks}") from error
    return {hook: _call(manager, hook, kind) for hook, kind in hookspecs.CONTRIBUTIONS.items()}


def _call(manager: pluggy.PluginManager, hook: str, kind: type) -> tuple[Any, ...]:
    answers: Sequence[Any] = getattr(manager.hook, hook)()
    items: list[Any] = []
    for answer in answers:
        if isinstance(answer, str) or not isinstance(answer, Iterable):
            raise ManifestFault(f"{hook} returned {type(answer).__name__} instead of a list of {kind.__name__}")
        for item in answer:
            if not isinstance(item, kind):
                raise ManifestFault(f"{hook} returned {type(item).__name__} among {kind.__name__}")
            items.append(item)
    return tuple(items)
