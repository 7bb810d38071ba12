"""What the test kit cannot guess of a plugin: which tables odd names lead to, and what its rows must look like.

A plugin tells it in a module ``testing`` of its package, as ``FACTS = PluginFacts(...)``; one that follows the names
(``item_id`` names a row of ``plugin_<name>.item``) has nothing to tell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import psycopg

from linli.plugins.discovery import candidates

__all__ = ["PluginFacts"]

if TYPE_CHECKING:
    from linli.testing.planted import Place, Planted


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginFacts:
    """What a plugin tells the test kit about itself.

    Attributes:
        tables: path parameter or field of a body to the table whose row it names, e.g.
            ``{"template_id": "plugin_notices.notice_template"}``.
        plain: path parameters that name no row, and a value for each.
        rows: table to the values that a planted row needs to be shown at all.
        events: name of an event of the plugin to fields that no plain value fits, for those who are tried with one.
        furnish: called with a superuser's connection, the planted rows and each place of the test world: what must be
            done so that the planted rows can be answered to.
    """

    tables: Mapping[str, str] = field(default_factory=dict)
    plain: Mapping[str, Any] = field(default_factory=dict)
    rows: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    events: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    furnish: Callable[[psycopg.Connection, Planted, Place], None] | None = None


@cache
def all_facts() -> Mapping[str, PluginFacts]:
    """What the installed plugins tell, by their names."""
    found = {}
    for candidate in candidates():
        module = f"{candidate.module.partition('.')[0]}.testing"
        if find_spec(module) is not None:
            found[candidate.name] = import_module(module).FACTS
    return found


def facts_of(owner: str) -> PluginFacts:
    """What one plugin tells; nothing for the core."""
    return all_facts().get(owner) or PluginFacts()
