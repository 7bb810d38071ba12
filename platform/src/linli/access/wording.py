"""Short texts that people type: one line, without what cannot be seen."""

from __future__ import annotations

import unicodedata


def one_line(text: str, most: int) -> str:
    """The text on one line, control characters and doubled blanks left out, cut after ``most`` characters."""
    visible = "".join(" " if unicodedata.category(each) == "Cc" else each for each in text)
    return " ".join(visible.split())[:most]
