"""The letters of every document: Noto Sans SC, fetched by ``make setup`` and shipped in the wheel (OFL 1.1)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import typst

from linli.documents.glyphs import code_points
from linli.kit.text import gettext as _

FOLDER = Path(__file__).parent / "fonts"
FILES = ("NotoSansSC_400Regular.ttf", "NotoSansSC_700Bold.ttf")


class FontsMissing(RuntimeError):
    """The fonts were not fetched, and without them every Chinese letter would be an empty box."""


def fonts() -> typst.Fonts:
    """The two weights that templates may use; those of the system are left alone: a page looks the same anywhere.

    Raises:
        FontsMissing: the folder is empty or incomplete.
    """
    return _read(FOLDER)


def drawable() -> frozenset[int]:
    """The code points that both weights draw.

    Raises:
        FontsMissing: the folder is empty or incomplete.
    """
    fonts()
    return frozenset.intersection(*(code_points(FOLDER / name) for name in FILES))


@lru_cache(maxsize=4)
def _read(folder: Path) -> typst.Fonts:
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise FontsMissing(_("缺少字体 {name}：请运行 make setup").format(name=missing[0]))
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder)])
