"""The one way in which the core calls a plugin's code while it serves: contained, measured, and on its own account."""

from linli.plugins.containment.calls import PluginFailed, PluginSkipped, call, contained_act, contained_job
from linli.plugins.containment.circuits import NO_CIRCUITS, Circuits, Report, reported
from linli.plugins.containment.kinds import (
    ACT,
    CARD,
    DEMO,
    DESCRIPTION,
    ERASURE,
    EVENT,
    EXPORT,
    KINDS,
    PAGE,
    PURGE,
    READER,
    ROUTE,
    TASK,
    Kind,
)
from linli.plugins.containment.savepoint import contained

__all__ = [
    "ACT",
    "CARD",
    "DEMO",
    "DESCRIPTION",
    "ERASURE",
    "EVENT",
    "EXPORT",
    "KINDS",
    "NO_CIRCUITS",
    "PAGE",
    "PURGE",
    "READER",
    "ROUTE",
    "TASK",
    "Circuits",
    "Kind",
    "PluginFailed",
    "PluginSkipped",
    "Report",
    "call",
    "contained",
    "contained_act",
    "contained_job",
    "reported",
]
