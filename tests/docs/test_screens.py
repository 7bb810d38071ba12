"""The page of pictures shows every picture that is kept, each once, and none that is not there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "screens" / "README.md"
PICTURES = ROOT / "docs" / "images" / "screens"
_SHOWN = re.compile(r"!\[(.+)\]\(\.\./images/screens/([\w-]+\.png)\)")
_MOST_BYTES = 3_200_000


def test_every_picture_is_shown_once_and_named() -> None:
    shown = _SHOWN.findall(PAGE.read_text("utf-8"))
    assert sorted(file for _title, file in shown) == sorted(each.name for each in PICTURES.iterdir())
    assert all(title.strip() for title, _file in shown)


def test_the_three_portals_are_seen_on_a_desk_and_on_a_phone() -> None:
    kept = {each.name for each in PICTURES.iterdir()}
    for portal in ("console", "admin", "resident"):
        assert {f"{portal}-home.png", f"{portal}-home-phone.png"} <= kept
        assert any(name.startswith(f"{portal}-waste-sorting") for name in kept)


def test_they_stay_small() -> None:
    assert sum(each.stat().st_size for each in PICTURES.iterdir()) < _MOST_BYTES
