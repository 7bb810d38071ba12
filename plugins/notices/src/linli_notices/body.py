"""From what somebody typed or pasted to what a page may show: simple marks become HTML, HTML is cleaned."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

import nh3

_TAGS = {"p", "br", "h2", "h3", "h4", "strong", "em", "u", "s", "ul", "ol", "li", "blockquote", "hr", "a"}
_TAGS |= {"table", "thead", "tbody", "tr", "th", "td", "caption"}
_ATTRIBUTES = {"a": {"href"}, "th": {"colspan", "rowspan", "scope"}, "td": {"colspan", "rowspan"}}
_SCHEMES = {"http", "https", "mailto", "tel"}

#: Pasted from an office program rather than typed.
_LOOKS_LIKE_HTML = re.compile(r"<(?:p|div|br|h[1-6]|ul|ol|table|span|strong|b|section)\b[^>]*>", re.IGNORECASE)
_BLOCK_END = re.compile(r"<(?:br|hr)[^>]*>|</(?:p|h2|h3|h4|li|blockquote|tr|td|th|caption)>")
_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_LINK = re.compile(r"https?://[^\s<>\"'，。；！？、（）《》]+")
_MARKS = (("ul", re.compile(r"[-*•]\s+")), ("ol", re.compile(r"\d{1,3}[.、）)]\s*")))
_HEADING = re.compile(r"(#{1,3})\s+(.+)")


@dataclass(frozen=True, slots=True)
class Body:
    """A text in the two forms that are kept beside what was typed."""

    html: str
    text: str


def make_body(source: str) -> Body:
    """Both forms of a text.

    Args:
        source: paragraphs between blank lines, ``# heading``, ``- `` and ``1. `` lists, ``**strong**``, bare links;
            or HTML, of which only what is harmless remains.
    """
    source = source.replace("\r\n", "\n").strip()
    made = source if _LOOKS_LIKE_HTML.search(source) else "".join(_blocks(source))
    cleaned = nh3.clean(
        made, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel="noopener noreferrer nofollow"
    )
    return Body(cleaned.strip(), _plain(cleaned))


def _plain(cleaned: str) -> str:
    spaced = _BLOCK_END.sub(lambda found: f"{found[0]}\n", cleaned)
    lines = html.unescape(nh3.clean(spaced, tags=set())).splitlines()
    return "\n".join(line.strip() for line in lines if line.strip())


def _blocks(source: str) -> Iterator[str]:
    for block in re.split(r"\n\s*\n", source):
        for kind, lines in groupby(block.splitlines(), _kind):
            yield from _block(kind, [line.strip() for line in lines if line.strip()])


def _kind(line: str) -> str:
    stripped = line.strip()
    if _HEADING.fullmatch(stripped):
        return "heading"
    return next((name for name, mark in _MARKS if mark.match(stripped)), "p")


def _block(kind: str, lines: list[str]) -> Iterable[str]:
    if not lines:
        return
    if kind == "heading":
        for line in lines:
            found = _HEADING.fullmatch(line)
            marks, words = (found[1], found[2]) if found else ("#", line)
            yield f"<h{len(marks) + 1}>{_inline(words)}</h{len(marks) + 1}>"
    elif kind == "p":
        yield f"<p>{'<br>'.join(_inline(line) for line in lines)}</p>"
    else:
        mark = dict(_MARKS)[kind]
        items = "".join(f"<li>{_inline(mark.sub('', line, count=1))}</li>" for line in lines)
        yield f"<{kind}>{items}</{kind}>"


def _inline(words: str) -> str:
    parts: list[str] = []
    end = 0
    for link in _LINK.finditer(words):
        parts += [_strong(words[end : link.start()]), _anchor(link[0])]
        end = link.end()
    return "".join([*parts, _strong(words[end:])])


def _strong(words: str) -> str:
    return _BOLD.sub(r"<strong>\1</strong>", html.escape(words))


def _anchor(address: str) -> str:
    return f'<a href="{html.escape(address)}">{html.escape(address)}</a>'
