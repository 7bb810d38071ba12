"""The resident portal as an app: manifest, icons, worker and the page without a network, which know nobody."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from PIL import Image

from linli.portals.drawing import ICONS, icon
from linli.settings.core import THEMES
from linli.web.middleware import CONTENT_SECURITY
from linli.web.themes import COLOURS

_TOKENS = Path(__file__).parents[2] / "platform/src/linli/web/styles/10-tokens.css"
WECHAT = "Mozilla/5.0 (Linux; Android 14) " + "x" * 200 + " MicroMessenger/8.0.50 Safari/537.36"


def test_the_manifest_names_this_community_and_keeps_to_its_portal(browser, portal, here) -> None:
    answer = browser.get(f"{portal}/app.webmanifest")
    assert answer.headers["content-type"].startswith("application/manifest+json")
    manifest = answer.json()
    assert here.name in manifest["name"]
    assert manifest["start_url"] == manifest["scope"] == manifest["id"] == portal
    assert manifest["display"] == "standalone"
    assert manifest["theme_color"] == COLOURS["teal"]
    sizes = {(each["sizes"], each["purpose"]) for each in manifest["icons"]}
    assert {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")} <= sizes
    for each in manifest["icons"]:
        picture = Image.open(io.BytesIO(browser.get(each["src"]).content))
        assert f"{picture.width}x{picture.height}" == each["sizes"]


def test_icons_are_drawn_for_each_theme_and_no_other(browser) -> None:
    assert set(COLOURS) == set(THEMES)
    assert len({icon(theme, "192.png") for theme in THEMES}) == len(THEMES)
    for path in ("/app-icons/pink/192.png", "/app-icons/teal/64.png", "/app-icons/teal/..%2f192.png"):
        assert browser.get(path).status_code == 404
    masked = Image.open(io.BytesIO(icon("teal", "512-masked.png")))
    assert masked.getpixel((0, 0))[3] == 255, "a masked icon fills its square"
    assert set(ICONS) == {"180.png", "192.png", "512.png", "512-masked.png"}


def test_the_colours_are_those_of_the_style_sheet() -> None:
    light = _TOKENS.read_text(encoding="utf-8").partition("@media")[0]
    found = dict(re.findall(r"\.theme-(\w+) \{\s*--brand: (#\w+);", light))
    found["teal"] = re.search(r":root \{.*?--brand: (#\w+);", light, re.DOTALL)[1]
    assert found == COLOURS


def test_the_worker_may_look_after_this_portal_and_nothing_else(browser, portal) -> None:
    answer = browser.get(f"{portal}/worker.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["service-worker-allowed"] == portal
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY
    assert f'"root": "{portal}"' in answer.text


def test_another_look_makes_another_worker(browser, portal, world) -> None:
    other = world.here.communities[1]
    versions = [
        re.search(r'"version": "(\w+)"', browser.get(f"{each}/worker.js").text)[1]
        for each in (portal, f"/s/{other.street_code}/c/{other.code}")
    ]
    assert versions[0] != versions[1]


def test_nothing_that_is_kept_depends_on_who_asks(browser, portal, here) -> None:
    paths = ("/offline", "/worker.js", "/app.webmanifest", "/share.png")
    as_stranger = [browser.get(portal + path).content for path in paths]
    browser.sign_in_as(here.resident_account)
    assert [browser.get(portal + path).content for path in paths] == as_stranger
    offline = browser.get(f"{portal}/offline").text
    assert "测试居民" not in offline
    assert "csrf" not in offline
    assert "没有网络" in offline
    assert "No network" in offline


def test_pages_of_a_person_forbid_every_cache(browser, portal, here) -> None:
    browser.sign_in_as(here.resident_account)
    for path in ("", "/my-home", "/my-data", "/more", "/whose", "/inbox"):
        assert browser.get(portal + path).headers["cache-control"] == "no-store", path


def test_the_policy_of_pages_is_as_strict_as_before(browser, portal) -> None:
    policy = browser.get(portal).headers["content-security-policy"]
    assert policy == CONTENT_SECURITY
    assert "unsafe" not in policy
    assert "script-src 'self';" in policy


@pytest.mark.parametrize("path", ["", "/more", "/share?page=/notices"])
def test_each_page_of_residents_leads_to_the_app(browser, portal, path) -> None:
    text = browser.get(portal + path).text
    assert (
        f'<link rel="manifest" href="{portal}/app.webmanifest"'.replace("/", "&#x2f;")
        in text.replace(f"{portal}/", f"{portal}/".replace("/", "&#x2f;"))
        or 'rel="manifest"' in text
    )
    assert "<script>" not in text
    assert " style=" not in text


def test_wechat_is_told_to_open_the_browser_and_given_no_worker(browser, read, portal, here) -> None:
    browser.sign_in_as(here.resident_account)
    text = read(portal, headers={"user-agent": WECHAT})
    assert "在浏览器打开" in text
    assert "worker.js" not in text
    assert "在浏览器打开" not in read(portal)


def test_the_hint_is_put_away_for_good(browser, read, portal, here) -> None:
    browser.sign_in_as(here.resident_account)
    assert "data-install" in read(portal)
    answer = browser.get(f"/install-hint?next={portal}")
    assert answer.headers["location"].endswith(portal)
    assert "data-install" not in read(portal)
    browser.client.cookies.delete("install")


def test_the_hint_leads_nowhere_else(browser) -> None:
    assert browser.get("/install-hint?next=https://example.org/").headers["location"].endswith("/")
    assert "example" not in browser.get("/install-hint?next=//example.org").headers["location"]
