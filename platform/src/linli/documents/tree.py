"""A cleaned text as a typed tree, which a document's template draws; what is not known here is drawn as plain words."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from linli.documents.tables import make_table

#: Lists, quotes and cells within each other; deeper ones are drawn as if they stood at this depth.
MOST_DEPTH = 6

_SPACE = re.compile(r"\s+")
_STYLES = {"strong": "strong", "b": "strong", "em": "em", "i": "em", "u": "underline", "s": "strike"}
_BLOCKS = {"p", "h2", "h3", "h4", "ul", "ol", "li", "blockquote"}
_BLOCKS |= {"table", "caption", "thead", "tbody", "tr", "th", "td"}
_VOID = {"br", "hr"}
_SCHEMES = ("http://", "https://", "mailto:", "tel:")

Node = dict[str, Any]


def body_tree(html: str) -> list[Node]:
    """The blocks of a text, as ``/core/body.typ`` draws them.

    Headings begin at level 2, below the document's title, and leave none out on the way down: who hears a page read
    aloud finds their way by them.

    Args:
        html: cleaned by the sanitiser that pages trust; scripts and the like are no nodes here in any case.
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    blocks = _blocks(reader.root, 0)
    _straighten(blocks)
    return blocks


class _Reader(HTMLParser):
    """Gathers elements as ``{"tag", "attrs", "inside"}``; an element left open is closed by its parent's end."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root: Node = {"tag": "", "attrs": {}, "inside": []}
        self._open: list[Node] = [self.root]
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self._silent += 1
            return
        element: Node = {"tag": tag, "attrs": {name: value or "" for name, value in attrs}, "inside": []}
        self._open[-1]["inside"].append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._silent = max(self._silent - 1, 0)
            return
        if any(each["tag"] == tag for each in self._open[1:]):
            while self._open.pop()["tag"] != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._open[-1]["inside"].append(data)


def _blocks(element: Node, depth: int) -> list[Node]:
    """What stands inside an element, as blocks: loose words between blocks become paragraphs."""
    made: list[Node] = []
    loose: list[Any] = []
    for each in _spread(element):
        if isinstance(each, dict) and (each["tag"] in _BLOCKS or each["tag"] == "hr"):
            made += _paragraph(loose)
            loose = []
            made += _block(each, depth)
        else:
            loose.append(each)
    return made + _paragraph(loose)


def _spread(element: Node) -> list[Any]:
    # An inline element around blocks (a link around a table, as office programs write it) is left out itself.
    found: list[Any] = []
    waiting = list(reversed(element["inside"]))
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict) and each["tag"] not in _BLOCKS and _holds_block(each):
            waiting += reversed(each["inside"])
        else:
            found.append(each)
    return found


def _holds_block(element: Node) -> bool:
    waiting = list(element["inside"])
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            if each["tag"] in _BLOCKS:
                return True
            waiting += each["inside"]
    return False


def _block(element: Node, depth: int) -> list[Node]:
    tag = element["tag"]
    if tag == "hr":
        return [{"type": "rule"}]
    if depth >= MOST_DEPTH:
        return _paragraph(_words(element))
    if tag in ("h2", "h3", "h4"):
        inside = _inline(_words(element))
        return [{"type": "heading", "level": int(tag[1]), "inside": inside}] if inside else []
    if tag in ("ul", "ol"):
        items = [_blocks(each, depth + 1) for each in element["inside"] if isinstance(each, dict)]
        items = [each for each in items if each]
        return [{"type": "list", "ordered": tag == "ol", "items": items}] if items else []
    if tag == "blockquote":
        inside = _blocks(element, depth + 1)
        return [{"type": "quote", "inside": inside}] if inside else []
    if tag == "table":
        table = make_table(element, lambda cell: _inline(_words(cell)))
        return [table] if table else []
    # A paragraph that holds blocks all the same, or a stray part of a table or list.
    return _blocks(element, depth + 1) if _holds_block(element) else _paragraph(element["inside"])


def _words(element: Node) -> list[Any]:
    """All that stands inside, without the blocks between: each block's end becomes a break."""
    flat: list[Any] = []
    waiting: list[Any] = list(reversed(element["inside"]))
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict) and each["tag"] in _BLOCKS:
            waiting.append({"tag": "br", "attrs": {}, "inside": []})
            waiting += reversed(each["inside"])
        elif isinstance(each, dict) and each["tag"] not in _VOID and _holds_block(each):
            waiting += reversed(each["inside"])
        else:
            flat.append(each)
    return flat


def _paragraph(inside: list[Any]) -> list[Node]:
    words = _inline(inside)
    return [{"type": "paragraph", "inside": words}] if words else []


def _inline(inside: list[Any]) -> list[Node]:
    made: list[Node] = []
    # Marks and link travel with each piece of text, so that nothing recurses however deep the marks are nested.
    waiting: list[tuple[Any, frozenset[str], str]] = [(each, frozenset(), "") for each in reversed(inside)]
    while waiting:
        each, marks, address = waiting.pop()
        if isinstance(each, str):
            text = _SPACE.sub(" ", each)
            if text:
                made.append({"type": "text", "text": text, "marks": sorted(marks), "address": address})
        elif each["tag"] == "br":
            made.append({"type": "break"})
        elif each["tag"] != "hr":
            own = marks | {_STYLES[each["tag"]]} if each["tag"] in _STYLES else marks
            href = each["attrs"].get("href", "") if each["tag"] == "a" else ""
            to = href if href.lower().startswith(_SCHEMES) else address
            waiting += [(child, own, to) for child in reversed(each["inside"])]
    return _trimmed(made)


def _trimmed(words: list[Node]) -> list[Node]:
    def is_blank(node: Node) -> bool:
        return node["type"] == "break" or not node["text"].strip()

    first = next((n for n, each in enumerate(words) if not is_blank(each)), len(words))
    last = next((n for n in range(len(words), first, -1) if not is_blank(words[n - 1])), first)
    return words[first:last]


def _straighten(blocks: list[Node]) -> None:
    level = 1
    for heading in _headings(blocks):
        level = heading["level"] = min(heading["level"], level + 1)


def _headings(blocks: list[Node]) -> list[Node]:
    found: list[Node] = []
    for each in blocks:
        match each["type"]:
            case "heading":
                found.append(each)
            case "quote":
                found += _headings(each["inside"])
            case "list":
                for item in each["items"]:
                    found += _headings(item)
    return found
