"""The hooks that a plugin may implement; see each one's docstring."""

from __future__ import annotations

from linli.plugins.hookspecs import (
    CONTRIBUTIONS,
    hookimpl,
    register_acts,
    register_cards,
    register_demo_data,
    register_event_handlers,
    register_navigation,
    register_notifications,
    register_pages,
    register_permissions,
    register_personal_data,
    register_record_words,
    register_retention,
    register_routes,
    register_rules,
    register_settings,
    register_tasks,
)

__all__ = [
    "CONTRIBUTIONS",
    "hookimpl",
    "register_acts",
    "register_cards",
    "register_demo_data",
    "register_event_handlers",
    "register_navigation",
    "register_notifications",
    "register_pages",
    "register_permissions",
    "register_personal_data",
    "register_record_words",
    "register_retention",
    "register_routes",
    "register_rules",
    "register_settings",
    "register_tasks",
]
