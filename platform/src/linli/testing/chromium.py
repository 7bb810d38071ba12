"""A real Chromium for tests, if this machine has one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
#: Judges accessible pages; laid there when the front end is built.
AXE = Path(__file__).parent / "built" / "axe.min.js"
#: What it judges by.
AXE_RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


def find_chromium() -> str | None:
    """The path of an installed Chromium; ``None`` where there is none."""
    return next((found for name in _BROWSERS if (found := shutil.which(name))), None)


def why_no_browser() -> str:
    """What is missing for tests in a real browser, in a sentence; empty when nothing is."""
    if find_spec("playwright") is None:
        return "NO BROWSER: pip install playwright to judge the pages in a real browser"
    if find_chromium() is None:
        return "NO BROWSER: install chromium (and a Chinese font) to judge the pages in a real browser"
    return "" if AXE.is_file() else f"NO JUDGE: {AXE} is missing; build the front end"


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser process. Its event loop ends with the block: other tests run theirs."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def complaints_of(page: Any) -> list[str]:
    """What axe finds on the page as it stands, each with where.

    It is brought in through the protocol of the browser: the policy of the page lets no foreign script in.
    """
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", list(AXE_RULES))
    return [f"{each['id']}: {node['html'][:200]}" for each in found["violations"] for node in each["nodes"]]


def fits(page: Any) -> bool:
    """Whether the page is no wider than its window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1"))
