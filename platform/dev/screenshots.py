"""`make screenshots`: each main page of the demo as a picture in docs/images/screens/, and the page that shows them.

What is in the menus and at the top of each module is a main page. The pictures are for people who have not installed
Linli, and for whoever changes a style: what moved on a page that nobody thought of is seen at once.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from distributions import ROOT
from linli.testing.chromium import chromium, why_no_browser
from linli.testing.demos import Demo, running_demo
from linli.testing.folders import open_folder

SCREENS = ROOT / "docs" / "images" / "screens"
SHOWN = ROOT / "docs" / "screens" / "README.md"
PORT = 26900
#: Where the menus and the parts of a module stand.
LINKS = "nav a[href]"
#: Colours of a picture: enough for a page, a quarter of the bytes. Half are those that are seen most, as they are.
COLOURS = 64
HEIGHTS = {1280: 800, 390: 844}


@dataclass(frozen=True, slots=True)
class Portal:
    """Who looks at which portal: at all of it in one width, at its first page in the other."""

    name: str
    title: str
    person: str
    width: int
    other: int


@dataclass(frozen=True, slots=True)
class Picture:
    """One page at one width."""

    portal: Portal
    title: str
    file: str


PORTALS = (
    Portal("console", "街道控制台 Street console", "jiedao", 1280, 390),
    Portal("admin", "社区管理 Community admin portal", "shequ", 1280, 390),
    Portal("resident", "居民门户 Resident portal", "jumin", 390, 1280),
)


def main() -> int:
    if why := why_no_browser():
        print(why, file=sys.stderr)
        return 1
    # The browser's own words: on a day that is not chosen yet, on a file that is not chosen yet.
    os.environ["LANGUAGE"] = "zh_CN"
    shutil.rmtree(SCREENS, ignore_errors=True)
    SCREENS.mkdir(parents=True)
    with open_folder("linli-screens-") as folder, running_demo(folder / "data", PORT) as demo, chromium() as browser:
        pictures = [each for portal in PORTALS for each in _pictures(browser, demo, portal)]
    SHOWN.parent.mkdir(exist_ok=True)
    SHOWN.write_text(_page(pictures), encoding="utf-8")
    print(f"{len(pictures)} pictures, {sum(each.stat().st_size for each in SCREENS.iterdir()) // 1000} KB")
    return 0


def _pictures(browser: Any, demo: Demo, portal: Portal) -> Iterator[Picture]:
    """Take what one person sees."""
    page = _signed_in(browser, demo, portal.person, max(portal.width, portal.other))
    pages = _main_pages(page)
    page.context.close()
    for width, taken in ((portal.width, pages), (portal.other, pages[:1])):
        page = _signed_in(browser, demo, portal.person, width)
        seen: set[str] = set()
        for address in taken:
            page.goto(address)
            page.wait_for_load_state("networkidle")
            # An address may only lead to another one, or show what another one shows.
            same = {page.url, page.locator("main").inner_text()}
            if same & seen:
                continue
            seen |= same
            name = f"{portal.name}-{_slug(address, pages[0])}{'-phone' if width < 600 else ''}.png"
            _write(page.screenshot(), SCREENS / name)
            yield Picture(portal, page.title().split(" · ")[0], name)
        page.context.close()


def _signed_in(browser: Any, demo: Demo, person: str, width: int) -> Any:
    size = {"width": width, "height": HEIGHTS[width]}
    page = browser.new_context(viewport=size, locale="zh-CN", base_url=demo.base).new_page()
    page.goto("/account/sign-in")
    page.get_by_label("用户名或手机号").fill(person)
    page.get_by_label("密码").fill(demo.people[person][0])
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(re.compile(r"/s/"))
    return page


def _main_pages(page: Any) -> list[str]:
    """The first page, what its menus lead to within the portal, and the parts that those show at their tops."""
    first = page.url.split("?")[0].rstrip("/")
    found = [first]
    for address in _links(page, first):
        found.append(address)
        page.goto(address)
        found += _links(page, address)
    return list(dict.fromkeys(found))


def _links(page: Any, below: str) -> list[str]:
    hrefs = page.eval_on_selector_all(LINKS, "all => all.map(each => each.href)")
    return [
        each for each in dict.fromkeys(hrefs) if each.startswith(f"{below}/") and "?" not in each and "#" not in each
    ]


def _slug(address: str, first: str) -> str:
    return address.removeprefix(first).strip("/").replace("/", "-").replace("_", "-") or "home"


def _write(png: bytes, path: Path) -> None:
    with Image.open(io.BytesIO(png)) as opened:
        picture = opened.convert("RGB")
    counted: list[Any] = picture.getcolors(picture.width * picture.height) or []
    most = [colour for _times, colour in sorted(counted, reverse=True)[: COLOURS // 2]]
    spread = picture.quantize(COLOURS - len(most), method=Image.Quantize.MAXCOVERAGE).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette([value for colour in most for value in colour] + spread[: 3 * (COLOURS - len(most))])
    picture.quantize(palette=palette, dither=Image.Dither.NONE).save(path, optimize=True)


def _page(pictures: list[Picture]) -> str:
    """The page of the handbook that shows them all."""
    lines = [
        "# 看看各个页面 The pages in pictures",
        "",
        "演示数据里的主要页面，由 `make screenshots` 生成。",
        "The main pages with the demo's data, made by `make screenshots`.",
    ]
    for portal in PORTALS:
        lines += ["", f"## {portal.title}"]
        for each in (each for each in pictures if each.portal == portal):
            lines += ["", f"![{each.title}](../images/screens/{each.file})"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
