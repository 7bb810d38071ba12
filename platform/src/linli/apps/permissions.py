"""What looking after apps takes, and what no app is ever given."""

from __future__ import annotations

READ = "core.app.read"
MANAGE = "core.app.manage"
SHOW = "core.app.show"

#: What stays with people: giving rights, deciding about others' requests, running the house; and what is about
#: somebody's own home, which an app has none of.
NEVER = frozenset(
    {
        MANAGE,
        SHOW,
        "core.role.grant",
        "core.staff.manage",
        "core.approval.decide",
        "core.settings.manage",
        "core.plugin.allow",
        "core.plugin.enable",
        "core.privacy.manage",
        "core.rule.override",
        "core.home.read",
    }
)
