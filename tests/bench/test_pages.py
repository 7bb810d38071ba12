"""What each main page of the demo street costs: how many statements, and how long this process works for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import event, text

from linli.house import House
from linli.manifests.demo import load_demo
from linli.manifests.reading import read_manifest
from linli.testing.houses import activate_plugins
from linli.testing.site import Route, routes_of
from linli.testing.web import Browser, serving
from linli.web.place import PREFIXES
from linli.web.routing import Portal

ROOT = Path(__file__).parents[2]
REPORT = ROOT / ".tmp" / "bench" / "pages.txt"
#: Statements of a page with its shell: the scope, who waits in the menu, the bell, and what it is about.
MOST = 25
#: First pages are made of the cards of all plugins, each with one or two statements of its own; what the register and
#: the plugins know of a person is read from every table that may have something, and cannot be less.
MORE = {
    "ADMIN /": 34,
    "RESIDENT /": 37,
    "RESIDENT /my-data": 80,
}
LONGER = {"RESIDENT /my-data": 80}
#: Milliseconds of this process alone, the best of some, at the pace of the yardstick: what the database and other
#: programs take is not in it.
BUSY = 50
TRIES = 5
#: Who opens the pages of a portal.
PEOPLE = {Portal.CONSOLE: "jiedao", Portal.ADMIN: "shequ", Portal.RESIDENT: "jumin"}

pytestmark = pytest.mark.nightly


@dataclass(frozen=True, slots=True)
class Cost:
    """A page's statements, milliseconds of work, and bytes."""

    name: str
    statements: int
    ms: float
    size: int

    @property
    def most(self) -> int:
        return MORE.get(self.name, MOST)

    @property
    def longest(self) -> int:
        return LONGER.get(self.name, BUSY)

    def __str__(self) -> str:
        return f"{self.statements:4} {self.ms:6.1f} ms {self.size // 1024:4} KB  {self.name}"


@pytest.fixture(scope="module")
def costs(module_house, slowness) -> list[Cost]:
    """Every page of the three portals whose address names no row, opened by whoever works or lives there."""
    manifest = read_manifest(ROOT / "tenants" / "jinsong.toml")
    portals = {each.user_name: each.portal for each in load_demo(module_house, activate_plugins(), manifest)}
    with module_house.owner.open_transaction() as connection:
        connection.execute(text("ANALYZE"))
        found = connection.execute(text("SELECT user_name, id FROM core.account WHERE user_name IS NOT NULL"))
        accounts = dict(found.all())
    costs: list[Cost] = []
    with serving(module_house, works=False) as client:
        for portal, person in PEOPLE.items():
            client.cookies.clear()
            browser = Browser(client, module_house).sign_in_as(accounts[person])
            for route in routes_of(client.app):
                if route.portal is portal and route.handler.is_read and not route.parameters and not _is_file(route):
                    below = route.path.removeprefix(PREFIXES[portal]) or "/"
                    costs += _cost(browser, module_house, f"{portal.name} {below}", portals[person] + below, slowness)
    costs.sort(key=lambda each: (-each.statements, -each.ms))
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text("\n".join(map(str, costs)) + "\n", encoding="utf-8")
    return costs


def _is_file(route: Route) -> bool:
    return route.handler.is_download


def _cost(browser: Browser, house: House, name: str, path: str, slowness: Callable[[], float]) -> list[Cost]:
    """The second visit, when what a process reads once is read; none for what is no page for this person."""
    path = path.removesuffix("/")
    if browser.get(path).status_code != 200:
        return []
    sent: list[str] = []

    def count(_connection, _cursor, statement, *_rest) -> None:
        sent.append(statement)

    event.listen(house.database.engine, "before_cursor_execute", count)
    try:
        page = browser.get(path)
    finally:
        event.remove(house.database.engine, "before_cursor_execute", count)
    took = []
    for _try in range(TRIES):
        slower, began = slowness(), time.process_time()
        browser.get(path)
        took.append((time.process_time() - began) * 1000 / slower)
    return [Cost(name, len(sent), min(took), len(page.content))]


def test_no_page_asks_the_database_more_than_it_has_to(costs) -> None:
    assert len(costs) > 120, "control: the pages of three portals were opened"
    print("\n" + "\n".join(map(str, costs[:25])))  # noqa: T201 the figures are what this is for
    assert [str(each) for each in costs if each.statements > each.most] == []
    assert {each.name for each in costs} >= set(MORE), "control: what is allowed more is still there"


def test_no_page_is_long_in_the_making(costs) -> None:
    print("\n" + "\n".join(map(str, sorted(costs, key=lambda each: -each.ms)[:10])))  # noqa: T201 as above
    assert [str(each) for each in costs if each.ms > each.longest] == []


def test_the_lists_are_not_allowed_more_than_they_need(costs) -> None:
    """A ceiling that has come to lie far above what it is for hides the next slip."""
    by_name = {each.name: each for each in costs}
    loose = {name: by_name[name].statements for name, most in MORE.items() if by_name[name].statements < most - 6}
    assert loose == {}
