"""From what somebody typed or pasted to what a page may show: simple marks become HTML, HTML is cleaned."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import quote, unquote

import nh3

from linli_notices import texts

_TAGS = {"p", "br", "h2", "h3", "h4", "strong", "em", "u", "s", "ul", "ol", "li", "blockquote", "hr", "a", "img"}
_TAGS |= {"table", "thead", "tbody", "tr", "th", "td", "caption"}
_ATTRIBUTES = {
    "a": {"href"},
    "img": {"src", "alt"},
    "th": {"colspan", "rowspan", "scope"},
    "td": {"colspan", "rowspan"},
}
_SCHEMES = {"http", "https", "mailto", "tel", "attachment"}
_IMAGE_SCHEME = "attachment:"
#: Left out with all that is in them; office programs put their own settings there.
_SILENT = {"script", "style", "xml", "title", "head"}

#: Pasted from an office program rather than typed.
_LOOKS_LIKE_HTML = re.compile(r"<(?:p|div|br|h[1-6]|ul|ol|table|span|strong|b|section)\b[^>]*>", re.IGNORECASE)
#: What pasted text says by other tags than ours.
_ALIKE = tuple(
    (re.compile(rf"<(/?)(?:{names})\b[^>]*>", re.IGNORECASE), rf"<\1{ours}>")
    for names, ours in (("div|section|article", "p"), ("h1", "h2"), ("h5|h6", "h4"), ("b", "strong"), ("i", "em"))
)
_BODY_ALONE = re.compile(r"<body\b[^>]*>(.*?)</body>", re.IGNORECASE | re.DOTALL)
_BLOCK_END = re.compile(r"<(?:br|hr)[^>]*>|</(?:p|h2|h3|h4|li|blockquote|tr|td|th|caption)>")
_EMPTY_BLOCK = re.compile(r"<p>(?:\s|&nbsp;|\u00a0|<br>)*</p>")
_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_IMAGE = re.compile(r"!\[([^\]\n]*)\]\(([^)\n]+)\)")
_IMAGE_TAG = re.compile(r"<img\b[^>]*>")
_OUR_IMAGE = re.compile(r'src="attachment:([^"]*)"')
_ALT = re.compile(r'alt="([^"]*)"')
_LINK = re.compile(r"https?://[^\s<>\"'，。；！？、（）《》]+")
_MARKS = (("ul", re.compile(r"[-*•·●▪]\s+")), ("ol", re.compile(r"\d{1,3}[.、）)]\s*")))
_HEADING = re.compile(r"(#{1,3})\s+(.+)")
_GAP = re.compile(texts.GAP)


@dataclass(frozen=True, slots=True)
class Body:
    """A text in the two forms that are kept beside what was typed.

    Attributes:
        html: cleaned; images refer to attachments by name, ``attachment:…``, until ``show_images`` gives their address.
        text: without any mark-up.
        images: the names of the attachments that the text shows.
        unnamed: those of them without words for who cannot see them.
    """

    html: str
    text: str
    images: tuple[str, ...] = ()
    unnamed: tuple[str, ...] = ()


def make_body(source: str) -> Body:
    """All forms of a text.

    Args:
        source: paragraphs between blank lines, ``# heading``, ``- `` and ``1. `` lists, ``**strong**``, bare links,
            ``![words](attachment)``, lines of cells parted by tabs;
            or HTML, of which only what is harmless remains.
    """
    source = source.replace("\r\n", "\n").strip()
    made = _pasted(source) if _LOOKS_LIKE_HTML.search(source) else "".join(_blocks(source))
    cleaned = nh3.clean(
        made,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_kept,
        clean_content_tags=_SILENT,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )
    # An image from anywhere but the attachments would tell a stranger who reads the notice.
    cleaned = _IMAGE_TAG.sub(lambda tag: tag[0] if _OUR_IMAGE.search(tag[0]) else "", cleaned)
    cleaned = _EMPTY_BLOCK.sub("", cleaned).strip()
    tags = _IMAGE_TAG.findall(cleaned)
    names = [_name_of(tag) for tag in tags]
    unnamed = [name for tag, name in zip(tags, names, strict=True) if not _alt_of(tag)]
    return Body(cleaned, _plain(cleaned), tuple(dict.fromkeys(names)), tuple(unnamed))


def show_images(body_html: str, address: Callable[[str], str | None], missing: str) -> str:
    """A cleaned text with the addresses of its images.

    Args:
        body_html: of ``make_body``.
        address: gives the address of the attachment of a name; ``None`` where there is none.
        missing: words for an image that is not there, with ``{name}``.
    """

    def show(tag: re.Match[str]) -> str:
        name = _name_of(tag[0])
        found = address(name)
        if found is None:
            return f"<em>{html.escape(missing.format(name=name))}</em>"
        return f'<img src="{html.escape(found)}" alt="{html.escape(_alt_of(tag[0]))}">'

    return _IMAGE_TAG.sub(show, body_html)


def gaps_in(text: str) -> list[str]:
    """What a text begun from a template still asks to be filled in, each once."""
    return list(dict.fromkeys(_GAP.findall(text)))


def fill_in(text: str, values: Mapping[str, str]) -> str:
    """A template's text with what is known, e.g. ``【社区名称】``, in its place."""
    for name, value in values.items():
        text = text.replace(f"【{name}】", value)
    return text


def _kept(tag: str, attribute: str, value: str) -> str | None:
    is_ours = value.startswith(_IMAGE_SCHEME)
    if attribute == "src":
        return value if is_ours else None
    return None if tag == "a" and is_ours else value


def _pasted(source: str) -> str:
    if found := _BODY_ALONE.search(source):
        source = found[1]
    for pattern, ours in _ALIKE:
        source = pattern.sub(ours, source)
    return _IMAGE.sub(lambda found: _image(found[1], found[2]), source)


def _image(words: str, name: str) -> str:
    return f'<img src="{_IMAGE_SCHEME}{quote(name.strip(), safe="")}" alt="{html.escape(words.strip())}">'


def _name_of(tag: str) -> str:
    found = _OUR_IMAGE.search(tag)
    return unquote(html.unescape(found[1])) if found else ""


def _alt_of(tag: str) -> str:
    found = _ALT.search(tag)
    return html.unescape(found[1]).strip() if found else ""


def _plain(cleaned: str) -> str:
    spoken = _IMAGE_TAG.sub(lambda tag: html.escape(_alt_of(tag[0])), cleaned)
    spaced = _BLOCK_END.sub(lambda found: f"{found[0]}\n", spoken)
    lines = html.unescape(nh3.clean(spaced, tags=set())).splitlines()
    return "\n".join(line.strip() for line in lines if line.strip())


def _blocks(source: str) -> Iterator[str]:
    for block in re.split(r"\n\s*\n", source):
        for kind, lines in groupby(block.splitlines(), _kind):
            yield from _block(kind, [line.strip(" ") for line in lines if line.strip()])


def _kind(line: str) -> str:
    stripped = line.strip()
    if _HEADING.fullmatch(stripped):
        return "heading"
    if marked := next((name for name, mark in _MARKS if mark.match(stripped)), ""):
        return marked
    # A table copied from a text or sheet program arrives as cells with tabs between them.
    return "table" if "\t" in line.strip(" \n") else "p"


def _block(kind: str, lines: list[str]) -> Iterable[str]:
    if not lines:
        return
    if kind == "heading":
        for line in lines:
            found = _HEADING.fullmatch(line.strip())
            marks, words = (found[1], found[2]) if found else ("#", line)
            yield f"<h{len(marks) + 1}>{_inline(words)}</h{len(marks) + 1}>"
    elif kind == "p":
        yield f"<p>{'<br>'.join(_inline(line.strip()) for line in lines)}</p>"
    elif kind == "table":
        yield _table([[cell.strip() for cell in line.split("\t")] for line in lines])
    else:
        mark = dict(_MARKS)[kind]
        items = "".join(f"<li>{_inline(mark.sub('', line.strip(), count=1))}</li>" for line in lines)
        yield f"<{kind}>{items}</{kind}>"


def _table(rows: list[list[str]]) -> str:
    width = max(len(row) for row in rows)

    def line(row: list[str], tag: str) -> str:
        cells = [*row, *[""] * (width - len(row))]
        return "<tr>" + "".join(f"<{tag}>{_inline(cell)}</{tag.split()[0]}>" for cell in cells) + "</tr>"

    head, *rest = rows
    if not rest:
        return f"<table><tbody>{line(head, 'td')}</tbody></table>"
    title, body = line(head, 'th scope="col"'), "".join(line(row, "td") for row in rest)
    return f"<table><thead>{title}</thead><tbody>{body}</tbody></table>"


def _inline(words: str) -> str:
    parts: list[str] = []
    end = 0
    for image in _IMAGE.finditer(words):
        parts += [_linked(words[end : image.start()]), _image(image[1], image[2])]
        end = image.end()
    return "".join([*parts, _linked(words[end:])])


def _linked(words: str) -> str:
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
