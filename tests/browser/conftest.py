"""A real browser in front of a real demo."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from linli.kit.text import gettext_for, load_catalogue, speaking
from linli.testing.chromium import FLAGS, find_chromium
from linli.testing.demos import Demo, running_demo
from linli.testing.folders import open_folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium; installed with the system's packages where we are root on Debian."""
    found = find_chromium()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "-y", "-q", "chromium", "fonts-wqy-microhei"]):
            subprocess.run(["apt-get", "-q", *command], env=environ, capture_output=True, check=False, timeout=900)
        found = find_chromium()
    if found is None:
        pytest.skip("NO BROWSER: install chromium and a Chinese font to run the browser tests")
    return found


@pytest.fixture(scope="package")
def demo() -> Iterator[Demo]:
    """A demo for the browser tests of this process, started as `make demo` starts it."""
    with open_folder("linli-browser-") as folder, running_demo(folder / "data", 26000 + os.getpid() % 5000) as demo:
        yield demo


@pytest.fixture(scope="module")
def engine(chromium: str) -> Iterator[Any]:
    """One browser process for a module's tests; its event loop must have ended before other tests run theirs."""
    from playwright.sync_api import expect, sync_playwright

    # On two busy cores an answer that takes a tenth of a second may be seen seconds later.
    expect.set_options(timeout=15_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def signed_in() -> dict[str, tuple[list[Any], str]]:
    """Who has signed in: their cookies, and where they came to. A journey that is not about it need not do it again."""
    return {}


@pytest.fixture
def open_page(engine: Any, demo: Demo, signed_in: dict[str, tuple[list[Any], str]]) -> Iterator[Callable[..., Any]]:
    """Opens a page: ``open_page("shequ", width=390, scripts=False)``; what the console complains of fails the test.

    Whoever signs out of it asks for a session of their own: ``afresh=True``.
    """
    contexts: list[Any] = []
    complaints: list[str] = []

    def open_one(
        person: str | None = None,
        *,
        width: int = 1280,
        scripts: bool = True,
        locale: str = "zh-CN",
        afresh: bool = False,
    ) -> Any:
        context = engine.new_context(
            viewport={"width": width, "height": 844}, java_script_enabled=scripts, locale=locale, base_url=demo.base
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        if person is not None and (afresh or person not in signed_in):
            page.goto("/account/sign-in")
            page.get_by_label("用户名或手机号").fill(person)
            page.get_by_label("密码").fill(demo.people[person][0])
            page.get_by_role("button", name="登录").click()
            page.wait_for_url(re.compile(r"/s/"))
            if not afresh:
                signed_in[person] = (context.cookies(), page.url)
        elif person is not None:
            cookies, address = signed_in[person]
            context.add_cookies(cookies)
            page.goto(address)
        return page

    yield open_one
    for context in contexts:
        context.close()
    # Refusals and cut connections are asked for; a search under way ends when its page is left, as htmx mentions.
    expected = re.compile(r"status of 4\d\d|ERR_INTERNET_DISCONNECTED|htmx:(afterRequest|sendError|sendAbort)")
    assert [each for each in complaints if not expected.search(each)] == []


@pytest.fixture(scope="session")
def say() -> Callable[..., str]:
    """What waste sorting says in a language, and what it leaves to the core: ``say("en", "{n} 分", n=3)``."""
    for package, owner in (("linli", ""), ("linli_notices", "notices"), ("linli_waste_sorting", "waste_sorting")):
        spec = find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        load_catalogue(Path(spec.origin).parent / "locale", package, owner)

    def one(locale: str, message: str, **values: object) -> str:
        with speaking(locale):
            said = gettext_for("waste_sorting", message)
            return said.format(**values) if values else said

    return one


@pytest.fixture
def enter(open_page: Callable[..., Any], demo: Demo, say: Callable[..., str]) -> Callable[..., Any]:
    """Opens a person's portal in a language: ``enter("jumin", 390, "en")``; the page and its words."""

    def one(person: str, width: int, locale: str) -> tuple[Any, Callable[..., str]]:
        page = open_page(person, width=width)
        page.goto(f"/language/{locale}?next={demo.people[person][1].removeprefix(demo.base)}")
        return page, lambda message, **values: say(locale, message, **values)

    return one


@pytest.fixture
def go() -> Callable[..., None]:
    """Presses links one after the other, as people find them: ``go(page, "垃圾分类", "积分")``."""
    return _go


def _go(page: Any, *titles: str) -> None:
    from playwright.sync_api import expect

    for title in titles:
        link = page.get_by_role("link", name=title, exact=True).first
        # The rarer parts of a module stand behind one word; on a phone the menu is shut.
        for shut in (".sections details:not([open]) > summary", ".phone-menu:not([open]) > summary"):
            if not link.is_visible() and page.locator(shut).is_visible():
                page.locator(shut).click()
        expect(link).to_be_visible()
        address = link.evaluate("each => each.href")
        link.click()
        page.wait_for_url(address)
