"""What the core contributes: through the same hooks as a plugin, room by room, under the owner's name ``core``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any

from linli.plugins.asking import ask
from linli.plugins.hookspecs import CONTRIBUTIONS

#: Each has the hook implementations of one room. The register of people comes last: what leads to a person is exported
#: and erased before the person.
ROOMS = (
    "linli.web.contributed",
    "linli.settings.contributed",
    "linli.audit.contributed",
    "linli.tenancy.contributed",
    "linli.plugins.contributed",
    "linli.upkeep.contributed",
    "linli.privacy.contributed",
    "linli.tasks.contributed",
    "linli.events.contributed",
    "linli.files.contributed",
    "linli.approvals.contributed",
    "linli.notifications.contributed",
    "linli.obligations.contributed",
    "linli.showing.contributed",
    "linli.assignments.contributed",
    "linli.pushes.contributed",
    "linli.manifests.contributed",
    "linli.apps.contributed",
    "linli.identity.contributed",
    "linli.access.contributed",
    "linli.residents.contributed",
)


@cache
def core_contributions() -> Mapping[str, tuple[Any, ...]]:
    """Hook to what the rooms return, in their order; the same for the whole life of the process.

    Raises:
        ManifestFault: a room implements a hook that does not exist, or returns something else than the hook says.
    """
    given: dict[str, tuple[Any, ...]] = dict.fromkeys(CONTRIBUTIONS, ())
    for room in ROOMS:
        for hook, items in ask(import_module(room), room).items():
            given[hook] += items
    return given
