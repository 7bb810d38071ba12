"""Our mark as pictures: the icons of the installed portal, and the picture beside a link that is passed on."""

from __future__ import annotations

import io
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from linli.documents.fonts import FILES, FOLDER
from linli.web.themes import COLOURS

#: File name to side in pixels, and how much of the side the mark takes: a masked icon keeps a wide margin.
ICONS = {"192.png": (192, 1.0), "512.png": (512, 1.0), "180.png": (180, 1.0), "512-masked.png": (512, 0.7)}
#: The lines of `static/mark.svg`, on a field of 24.
_LINES = (
    ((3.8, 18), (3.8, 11.6), (8, 8), (12.2, 11.6), (12.2, 18)),
    ((12, 7.6), (16, 5), (20.2, 8.6), (20.2, 18)),
    ((3.8, 18), (20.2, 18)),
)
_FIELD, _WIDTH, _CORNER = 24, 1.8, 6
#: Drawn so many times as large and shrunk, so that the edges are smooth.
_FINER = 4
_CARD_SIZE = (1200, 630)
_MOST_LETTERS = 16


@lru_cache(maxsize=32)
def icon(theme: str, file: str) -> bytes:
    """The icon as a PNG.

    Args:
        theme: a key of ``linli.web.themes.COLOURS``.
        file: a key of ``ICONS``; a round corner only where the system does not cut one itself.
    """
    side, share = ICONS[file]
    large = side * _FINER
    picture = Image.new("RGBA", (large, large), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    is_whole = file in ("180.png", "512-masked.png")
    radius = 0 if is_whole else large * _CORNER // _FIELD
    draw.rounded_rectangle((0, 0, large - 1, large - 1), radius, fill=COLOURS[theme])
    _mark(draw, (large - large * share) / 2, (large - large * share) / 2, large * share)
    return _png(picture.resize((side, side), Image.Resampling.LANCZOS))


@lru_cache(maxsize=64)
def card(theme: str, title: str, line: str) -> bytes:
    """The picture beside a link: the mark, a name and a line below it, as a PNG of 1200 by 630.

    Args:
        theme: a key of ``linli.web.themes.COLOURS``.
        title: the community's public name.
        line: what the portal is.
    """
    picture = Image.new("RGB", _CARD_SIZE, COLOURS[theme])
    draw = ImageDraw.Draw(picture)
    # WeChat shows the middle square of it.
    _mark(draw, 480, 70, 240)
    for text, size, y in ((title[:_MOST_LETTERS], 72, 370), (line[: _MOST_LETTERS * 2], 34, 490)):
        draw.text((600, y), text, fill="#ffffff", font=_letters(size), anchor="mt")
    return _png(picture)


def _mark(draw: ImageDraw.ImageDraw, left: float, top: float, side: float) -> None:
    scale = side / _FIELD
    width = _WIDTH * scale
    for line in _LINES:
        points = [(left + x * scale, top + y * scale) for x, y in line]
        draw.line(points, fill="#ffffff", width=round(width), joint="curve")
        for x, y in points:
            half = width / 2
            draw.ellipse((x - half, y - half, x + half, y + half), fill="#ffffff")


def _letters(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    path = FOLDER / FILES[1]
    return ImageFont.truetype(str(path), size) if path.is_file() else ImageFont.load_default(size)


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()
