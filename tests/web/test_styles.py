"""The colours of every theme, judged by the contrast that WCAG 2.2 asks for at level AA."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from linli.settings.core import THEMES

_TOKENS = Path(__file__).parents[2] / "platform/src/linli/web/styles/10-tokens.css"
_RULE = re.compile(r"(:root|\.theme-\w+)\s*\{([^}]*)\}")
_COLOUR = re.compile(r"--([\w-]+):\s*(#[0-9a-f]{6});")

#: Text or sign, what it lies on, the least contrast: 4.5 for text, 3 for the outline of a control.
_PAIRS = (
    *((ink, ground, 4.5) for ink in ("ink", "ink-soft") for ground in ("surface", "page", "sunken")),
    *(("brand", ground, 4.5) for ground in ("surface", "page")),
    ("on-brand", "brand", 4.5),
    ("on-brand", "brand-strong", 4.5),
    ("brand-strong", "brand-soft", 4.5),
    *((tone, f"{tone}-soft", 4.5) for tone in ("good", "warn", "bad")),
    ("bad", "surface", 4.5),
    ("on-bad", "bad", 4.5),
    ("line-strong", "surface", 3),
    *(("on-mark", f"mark-{colour}", 4.5) for colour in ("blue", "red", "green", "brown", "grey", "black")),
)


def tokens(theme: str, *, dark: bool) -> dict[str, str]:
    """The colours as the cascade leaves them."""
    light_rules, _media, dark_rules = _TOKENS.read_text(encoding="utf-8").partition("@media")
    found: dict[str, str] = {}
    for rules in (light_rules, dark_rules) if dark else (light_rules,):
        for selector, body in _RULE.findall(rules):
            if selector in (":root", f".theme-{theme}"):
                found |= dict(_COLOUR.findall(body))
    return found


def luminance(colour: str) -> float:
    channels = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_measure_knows_black_and_white() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_stands_out(theme: str, dark: bool) -> None:
    colours = tokens(theme, dark=dark)
    weak = {
        f"{ink} on {ground}": round(contrast(colours[ink], colours[ground]), 2)
        for ink, ground, least in _PAIRS
        if contrast(colours[ink], colours[ground]) < least
    }
    assert weak == {}


def test_a_trail_of_crumbs_does_not_end_in_a_sign() -> None:
    styles = (_TOKENS.parent / "40-components.css").read_text(encoding="utf-8")
    assert ".crumbs li + li::before" in styles
    assert ".crumbs li::after" not in styles
