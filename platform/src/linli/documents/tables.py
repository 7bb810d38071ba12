"""Tables of a text, each cell put into its place on the grid, so that no span can leave the table or cover another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Node = dict[str, Any]

#: More would be unreadable on paper; what stands beyond is left out of the columns, never drawn over others.
MOST_COLUMNS = 12
MOST_ROWS = 400


def make_table(element: Node, words: Callable[[Node], list[Node]]) -> Node | None:
    """The table as a node: cells with their place and spans, and how many of its first rows are headings.

    Args:
        element: ``table`` of a parsed text.
        words: what is written in a cell.
    """
    rows = [each for each in _rows(element) if each]
    if not rows:
        return None
    heads = next((n for n, row in enumerate(rows) if any(cell["tag"] != "th" for cell in row)), len(rows))
    # A table of headings alone has none.
    heads = 0 if heads == len(rows) else heads
    cells = _placed(rows[:heads], 0, words) + _placed(rows[heads:MOST_ROWS], heads, words)
    # A span that reaches beyond the last cell of any row would only draw empty columns.
    columns = max((cell["x"] for cell in cells), default=-1) + 1
    for cell in cells:
        cell["colspan"] = min(cell["colspan"], columns - cell["x"])
    caption = next((each for each in element["inside"] if isinstance(each, dict) and each["tag"] == "caption"), None)
    return {
        "type": "table",
        "columns": columns,
        "heads": heads,
        "cells": cells,
        "caption": words(caption) if caption else [],
    }


def _rows(element: Node) -> list[list[Node]]:
    found: list[list[Node]] = []
    for each in element["inside"]:
        if not isinstance(each, dict):
            continue
        if each["tag"] == "tr":
            found.append([cell for cell in each["inside"] if isinstance(cell, dict) and cell["tag"] in ("th", "td")])
        elif each["tag"] in ("thead", "tbody", "tfoot"):
            found += _rows(each)
    return found


def _placed(rows: list[list[Node]], first: int, words: Callable[[Node], list[Node]]) -> list[Node]:
    taken: set[tuple[int, int]] = set()
    cells: list[Node] = []
    for y, row in enumerate(rows):
        x = 0
        for cell in row:
            while (x, y) in taken:
                x += 1
            if x >= MOST_COLUMNS:
                break
            down = min(_span(cell, "rowspan"), len(rows) - y)
            across = min(_span(cell, "colspan"), MOST_COLUMNS - x)
            while any((x + n, y) in taken for n in range(across)):
                across -= 1
            taken |= {(x + n, y + m) for n in range(across) for m in range(down)}
            place = {"x": x, "y": first + y, "colspan": across, "rowspan": down}
            cells.append({**place, "inside": words(cell), "is_head": cell["tag"] == "th"})
            x += across
    return cells


def _span(cell: Node, name: str) -> int:
    given = cell["attrs"].get(name, "")
    return max(int(given), 1) if given.isascii() and given.isdigit() and len(given) < 4 else 1
