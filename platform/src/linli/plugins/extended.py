"""Which columns the roster has in this process. ``linli.residents.roster`` reads and writes them."""

from __future__ import annotations

from collections.abc import Iterable

from linli.plugins.extending import RosterColumn

_columns: list[tuple[str, RosterColumn]] = []


def declare_roster_columns(columns: Iterable[tuple[str, RosterColumn]]) -> None:
    """Make these the columns of this process, each with its owner, in place of those declared before."""
    _columns[:] = columns


def plugins_roster_columns() -> tuple[tuple[str, RosterColumn], ...]:
    """Owner and column of every plugin's column, in the order of the plugins."""
    return tuple(each for each in _columns if each[0] != "core")
