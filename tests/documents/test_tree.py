"""From a cleaned text to the tree that documents draw."""

from __future__ import annotations

import pytest

from linli.documents import body_tree
from linli.documents.tables import MOST_COLUMNS
from linli.documents.tree import MOST_DEPTH


def words(node) -> str:
    """All letters of a tree, in order."""
    if isinstance(node, list):
        return "".join(words(each) for each in node)
    own = node["text"] if node.get("type") == "text" else ""
    return own + "".join(words(node[part]) for part in ("caption", "cells", "inside", "items") if part in node)


def kinds(html: str) -> list[str]:
    return [node["type"] for node in body_tree(html)]


def test_blocks_follow_one_another() -> None:
    html = "开头<h2>题</h2><p>段</p><ul><li>项</li></ul><blockquote>引</blockquote><hr>结尾"
    assert kinds(html) == ["paragraph", "heading", "paragraph", "list", "quote", "rule", "paragraph"]


def test_marks_and_addresses_travel_with_the_words() -> None:
    [paragraph] = body_tree(
        '<p>请<strong>务<em>必</em></strong>看<a href="https://example.org/?a=1&amp;b=2">这里</a></p>'
    )
    assert [(each["text"], each["marks"], each["address"]) for each in paragraph["inside"]] == [
        ("请", [], ""),
        ("务", ["strong"], ""),
        ("必", ["em", "strong"], ""),
        ("看", [], ""),
        ("这里", [], "https://example.org/?a=1&b=2"),
    ]


@pytest.mark.parametrize("address", ["javascript:alert(1)", "file:///etc/passwd", "/admin", "data:text/html,x", ""])
def test_other_addresses_are_plain_words(address) -> None:
    [paragraph] = body_tree(f'<p><a href="{address}">这里</a></p>')
    assert [each["address"] for each in paragraph["inside"]] == [""]


def test_headings_leave_no_level_out() -> None:
    levels = [each["level"] for each in body_tree("<h4>一</h4><h4>二</h4><h2>三</h2><h3>四</h3>")]
    assert levels == [2, 3, 2, 3]


def test_blank_paragraphs_and_scripts_draw_nothing() -> None:
    assert body_tree("<p> </p><p><br></p><ul></ul><table></table><script>alert(1)</script><style>p{}</style>") == []


def test_what_is_nested_deeper_than_paper_allows_keeps_its_words() -> None:
    html = "<ul><li>层" * 500 + "</li></ul>" * 500
    tree = body_tree(html)
    depth, node = 0, tree
    while node and node[0]["type"] != "list":
        node = node[1:]
    while node and node[-1]["type"] == "list":
        depth, node = depth + 1, node[-1]["items"][0]
    assert depth <= MOST_DEPTH
    assert words(tree).count("层") == 500


class TestTables:
    def cells(self, html: str) -> list[tuple[int, int, int, int]]:
        [table] = body_tree(f"<table>{html}</table>")
        return [(each["x"], each["y"], each["colspan"], each["rowspan"]) for each in table["cells"]]

    def test_spans_push_their_neighbours_aside(self) -> None:
        html = "<tr><td rowspan=2>一</td><td>二</td></tr><tr><td>三</td></tr>"
        assert self.cells(html) == [(0, 0, 1, 2), (1, 0, 1, 1), (1, 1, 1, 1)]

    @pytest.mark.parametrize("span", ["999", "1000000", "-1", "x", "０"])
    def test_no_span_leaves_the_table(self, span) -> None:
        html = f'<tr><td colspan="{span}" rowspan="{span}">一</td></tr><tr><td>二</td><td>三</td></tr>'
        [table] = body_tree(f"<table>{html}</table>")
        for cell in table["cells"]:
            assert cell["x"] + cell["colspan"] <= table["columns"] <= MOST_COLUMNS
            assert cell["y"] + cell["rowspan"] <= 2

    def test_the_rows_of_headings_are_counted(self) -> None:
        [table] = body_tree("<table><caption>收支</caption><tr><th>甲</th></tr><tr><td>乙</td></tr></table>")
        assert (table["heads"], words(table["caption"])) == (1, "收支")
        [table] = body_tree("<table><tr><th>甲</th></tr></table>")
        assert table["heads"] == 0
