"""What `linli plugin check` looks at, one rule a file. A lint is advice to its author, no sandbox.

Each module has ``TITLE``, ``LEVEL`` and ``find(project)``.
"""

from __future__ import annotations

from importlib import import_module

from linli.cli.plugin.rules.project import CheckedProject, Finding

#: In the order in which they are shown.
RULES = (
    "one_name",
    "manifest",
    "dependencies",
    "imports",
    "dangers",
    "tests",
    "contract",
    "translations",
    "readme",
    "changelog",
    "personal_data",
    "events",
    "docs",
    "types",
)
#: Quality levels; each asks for what stands before it too. What no program can judge is no part of them.
LEVELS = ("bronze", "silver", "gold")


def findings_of(project: CheckedProject) -> list[Finding]:
    """What every rule has to say, in their order."""
    found = []
    for name in RULES:
        rule = import_module(f"linli.cli.plugin.rules.{name}")
        found += [Finding(name, rule.LEVEL, place, words) for place, words in rule.find(project)]
    return found


def level_of(findings: list[Finding]) -> str:
    """The highest level of which nothing is missing; ``none`` when not even bronze is reached."""
    reached = "none"
    for level in LEVELS:
        if any(each.level == level for each in findings):
            break
        reached = level
    return reached


def title_of(name: str) -> str:
    """What a rule asks for, in a sentence."""
    return import_module(f"linli.cli.plugin.rules.{name}").TITLE


def level_asked_by(name: str) -> str:
    """The level at which a rule must hold."""
    return import_module(f"linli.cli.plugin.rules.{name}").LEVEL
