"""What browsers are told, and what they are kept from: headers, cookies, addresses, the way out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path

import httpx
import pytest
from litestar import Litestar
from litestar.testing import TestClient

import linli
from linli.house import House
from linli.testing.databases import MASTER, clone_of
from linli.testing.houses import open_test_house
from linli.testing.site import Route, routes_of
from linli.testing.web import Api, Browser, serving
from linli.testing.world import WORLD
from linli.web.cookies import cookie_name

OWN = WORLD.here.communities[0]
ADMIN = f"/s/{OWN.street_code}/c/{OWN.code}/admin"
API = f"/api/v1/s/{OWN.street_code}/c/{OWN.code}"
#: Addresses of every kind: pages, the API, files, health, what does not exist and what is refused.
PATHS = (
    "/", "/account/sign-in", "/account", ADMIN + "/", ADMIN + "/residents", f"/s/{OWN.street_code}",
    f"/s/{OWN.street_code}/c/{OWN.code}/", f"{API}/residents", "/api/v1/openapi.json", "/health/live", "/nowhere",
    "/static/own/nowhere.css", f"{API}/nowhere",
)  # fmt: skip
TEMPLATES = Path(linli.__file__).parent / "web" / "templates"
STATIC = Path(linli.__file__).parent / "web" / "static"


@pytest.fixture(scope="module")
def secure_house(superuser_url: str, template: str) -> Iterator[House]:
    """As in production: HTTPS is on."""
    with clone_of(superuser_url, template) as url:
        house = open_test_house(url, MASTER, LINLI_HTTPS="on", LINLI_BASE_URL="https://linli.test")
        yield house
        house.close()


@pytest.fixture(scope="module")
def secure(secure_house: House) -> Iterator[TestClient[Litestar]]:
    with serving(secure_house, works=False) as client:
        yield client


@pytest.fixture
def answers(secure: TestClient[Litestar], secure_house: House) -> list[httpx.Response]:
    """What all of them answer, to nobody and to somebody who is signed in."""
    browser = Browser(secure, secure_house).sign_in_as(OWN.administrator)
    known = {"cookie": f"{cookie_name('sid', https=True)}={browser._token}"}
    secure.cookies.clear()
    found = [secure.get(path, headers=headers, follow_redirects=False) for path in PATHS for headers in ({}, known)]
    assert {200, 303, 401, 404} <= {each.status_code for each in found}, "control: all kinds of answers"
    return found


@pytest.mark.asvs("V3.4.1")
def test_every_answer_asks_for_https_for_a_year(answers) -> None:
    for each in answers:
        found = re.fullmatch(r"max-age=(\d+); includeSubDomains", each.headers["strict-transport-security"])
        assert found, each.url
        assert int(found[1]) >= 365 * 24 * 3600


@pytest.mark.asvs("V3.4.2")
def test_no_other_origin_may_read_an_answer(secure: TestClient[Litestar]) -> None:
    asked = {"origin": "https://evil.test", "access-control-request-method": "GET"}
    for path in PATHS:
        for method in ("GET", "OPTIONS"):
            answer = secure.request(method, path, headers=asked, follow_redirects=False)
            assert not [name for name in answer.headers if name.startswith("access-control-")], path


@pytest.mark.asvs("V3.4.3", "V3.4.6", "V14.2.3")
def test_pages_load_and_send_nothing_elsewhere_and_stand_in_no_frame(answers) -> None:
    for each in answers:
        told = dict(part.strip().partition(" ")[::2] for part in each.headers["content-security-policy"].split(";"))
        assert told["default-src"] == "'none'"
        assert told["base-uri"] == "'none'"
        assert told["frame-ancestors"] == "'none'"
        assert "object-src" not in told
        assert {source for value in told.values() for source in value.split()} <= {"'none'", "'self'", "data:"}
        assert told["script-src"] == "'self'"


@pytest.mark.asvs("V3.4.4", "V3.4.5")
def test_content_is_what_it_says_and_addresses_are_not_passed_on(answers) -> None:
    for each in answers:
        assert each.headers["x-content-type-options"] == "nosniff"
        assert each.headers["referrer-policy"] == "same-origin"


@pytest.mark.asvs("V3.5.8", "V14.2.2")
def test_what_is_somebodys_is_neither_kept_nor_shown_elsewhere(answers) -> None:
    for each in answers:
        assert each.headers["cross-origin-resource-policy"] == "same-origin"
        if "/static/" not in str(each.url):
            assert each.headers["cache-control"] in ("no-store", "private, no-cache"), each.url


@pytest.mark.asvs("V14.2.5")
@pytest.mark.parametrize("end", ["/x.css", ".css", ";x.css", "%2Fx.css", "%00.css"])
def test_a_page_under_the_name_of_a_style_is_no_page(secure, secure_house, end) -> None:
    browser = Browser(secure, secure_house).sign_in_as(OWN.administrator)
    known = {"cookie": f"{cookie_name('sid', https=True)}={browser._token}"}
    secure.cookies.clear()
    answer = secure.get(f"{ADMIN}/residents{end}", headers=known, follow_redirects=False)
    assert answer.status_code == 404
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.asvs("V3.3.1", "V3.3.2", "V3.3.3", "V3.3.4")
def test_every_cookie_is_bound_to_this_host_and_to_https(secure, secure_house) -> None:
    browser = Browser(secure, secure_house).sign_in_as(OWN.administrator)
    secure.cookies.clear()
    headers = {"cookie": f"{cookie_name('sid', https=True)}={browser._token}"}
    form = {"_csrf": browser.csrf, "name": "饼干院", "kind": "commodity"}
    given = [
        secure.get("/language/en", follow_redirects=False),
        secure.get("/type/large", follow_redirects=False),
        secure.post(f"{ADMIN}/compounds", data=form, headers=headers, follow_redirects=False),
        secure.post("/account/profile", data={"_csrf": browser.csrf, "locale": "en"}, headers=headers),
        secure.post("/account/sign-out", data={"_csrf": browser.csrf}, headers=headers, follow_redirects=False),
    ]
    lines = [line for answer in given for line in answer.headers.get_list("set-cookie")]
    names = set()
    for line in lines:
        for name, cookie in SimpleCookie(line).items():
            names.add(name)
            assert name.startswith("__Host-"), line
            assert cookie["secure"], line
            assert cookie["httponly"], line
            assert cookie["samesite"] == "lax", line
            assert (cookie["path"], cookie["domain"]) == ("/", ""), line
    assert names >= {"__Host-sid", "__Host-flash", "__Host-lang"}, f"control: {names}"


@pytest.mark.asvs("V3.5.2")
def test_a_browsers_session_opens_nothing_in_the_api(secure, secure_house) -> None:
    browser = Browser(secure, secure_house).sign_in_as(OWN.administrator)
    known = {"cookie": f"{cookie_name('sid', https=True)}={browser._token}"}
    secure.cookies.clear()
    assert secure.get(f"{ADMIN}/residents", headers=known).status_code == 200, "control: it opens the portal"
    assert secure.get(f"{API}/residents", headers=known).status_code == 401
    body = {"name": "外来院"}
    # A form of another site could send such a body without asking first.
    plain = {**known, "content-type": "text/plain"}
    assert secure.post(f"{API}/compounds", json=body, headers=known).status_code == 401
    assert secure.post(f"{API}/compounds", content=b'{"name": "x"}', headers=plain).status_code == 401


@pytest.mark.asvs("V14.2.1")
def test_a_token_in_an_address_opens_nothing(secure, secure_house) -> None:
    api = Api(secure, secure_house).token_for(OWN.administrator, OWN.tenant_id)
    token = api.headers["authorization"].split()[1]
    session = Browser(secure, secure_house).sign_in_as(OWN.administrator)._token
    secure.cookies.clear()
    assert api.get(f"{API}/residents").status_code == 200, "control"
    for name in ("token", "access_token", "api_key", "authorization", "sid", "__Host-sid", "session"):
        assert secure.get(f"{API}/residents", params={name: token}).status_code in (401, 422)
        answer = secure.get(f"{ADMIN}/residents", params={name: session}, follow_redirects=False)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/account/sign-in")


@pytest.mark.asvs("V7.4.4")
def test_every_page_for_somebody_signed_in_shows_the_way_out(secure, secure_house) -> None:
    browser = Browser(secure, secure_house)
    seen = 0
    for route in (each for each in routes_of(secure.app) if _is_page(each)):
        browser.sign_in_as(route.account(route.home))
        known = {"cookie": f"{cookie_name('sid', https=True)}={browser._token}"}
        secure.cookies.clear()
        answer = secure.get(route.url(route.home), headers=known, follow_redirects=False)
        # A part of a page for scripts has no head of its own.
        if answer.status_code == 200 and answer.text.startswith("<!doctype html>"):
            seen += 1
            assert 'action="/account/sign-out"' in answer.text, route.name
    assert seen > 30, "control: there were pages"


def _is_page(route: Route) -> bool:
    """A page without ids that asks who is there."""
    is_closed = not route.handler.public and not route.portal.is_api
    return route.handler.is_read and route.portal.has_street and is_closed and not route.parameters


@pytest.mark.asvs("V6.2.6", "V6.2.7")
def test_passwords_are_typed_hidden_and_may_be_pasted_and_kept_by_a_program() -> None:
    fields = [
        (path.name, line)
        for path in TEMPLATES.rglob("*.html")
        for line in path.read_text("utf-8").splitlines()
        if re.search(r'ui\.field\("\w*password\w*"', line)
    ]
    assert len(fields) >= 5, "control"
    for name, line in fields:
        assert 'type="password"' in line, name
        assert re.search(r'"autocomplete": "(current|new)-password"', line), name
    scripts = "".join(path.read_text("utf-8") for path in STATIC.rglob("*.js") if "htmx" not in path.name)
    written = scripts + "".join(path.read_text("utf-8") for path in TEMPLATES.rglob("*.html"))
    # The sheet filled in from paper spreads what is pasted; it holds no password, and nothing else listens.
    listening = re.findall(r"onpaste|(\w+)\.addEventListener\(\s*[\"']paste", written)
    assert len(listening) == 1
    grids = [text for path in TEMPLATES.rglob("*.html") if "data-grid" in (text := path.read_text("utf-8"))]
    assert grids, "control"
    assert not [text for text in grids if "password" in text]
