"""The pages: of an empty and of a full community, in both languages, and as a real browser judges them."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import islice, product
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import text

from linli.kit.clock import today
from linli.kit.messages import LOCALES
from linli.kit.text import SOURCE_LOCALE, speaking
from linli.plugins.contributions import Todo
from linli.testing.chromium import AXE, chromium
from linli.testing.contract.stage import Stage, community_of
from linli.testing.planted import PLACES, Place
from linli.testing.site import Route
from linli.testing.world import WORLD
from linli.web.place import Place as WebPlace
from linli.web.routing import Portal

#: Rows of each table that a page with an id is tried with.
_TRIES = 4
_HAN = re.compile(r"[\u3400-\u9fff]{2,}")
#: What the test world calls its places, in any language.
_NAMES = re.compile("|".join(each.name for street in WORLD.streets for each in (street, *street.communities)))
_SEVERE = ("serious", "critical")
#: Rules of WCAG 2.2 A and AA.
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
#: Of a desk and of a phone.
_WIDTHS = (1280, 390)


def pages_of(stage: Stage) -> list[Route]:
    """The pages that people look at."""
    return [
        each
        for each in stage.routes
        if each.handler.is_read and not each.portal.is_api and not each.handler.is_download
    ]


def faults_when_empty(stage: Stage, in_chinese: Mapping[str, str]) -> list[str]:
    """Pages that fail, or show Chinese to who reads English, where the plugin has no rows at all.

    Args:
        stage: where.
        in_chinese: names of routes that show texts which are Chinese for everybody, each with its reason.
    """
    faults = []
    for route in (each for each in pages_of(stage) if not each.parameters):
        place = PLACES["there1"] if route.portal.has_community else PLACES["there0"]
        for locale in (SOURCE_LOCALE, *LOCALES):
            status, page = _look(stage, route, place, locale, {})
            judged = "" if route.name in in_chinese else locale
            faults += _faults_of_page(stage, f"{route.name} (empty, {locale})", status, page, judged, {200, 303})
    return faults + _faults_of_cards(stage, PLACES["there1"], PLACES["there0"], "empty")


def faults_when_full(stage: Stage, excused: Mapping[str, str]) -> list[str]:
    """Pages that fail where the plugin has its demo rows, or that no demo row can show.

    Args:
        stage: where.
        excused: names of routes that demo rows cannot show, each with its reason.
    """
    _rows = stage.filled
    faults = []
    for route in pages_of(stage):
        shown = list(_shown(stage, route))
        name = f"{route.name} (full)"
        if failed := [status for _ids, status in shown if status >= 500]:
            faults.append(f"{name}: {failed[0]}")
        elif not any(status in (200, 303) for _ids, status in shown) and route.name not in excused:
            faults.append(f"{name}: no demo row can be shown there; extend the demo data, or excuse it with a reason")
        ids = next((ids for ids, status in shown if status == 200), None)
        if ids is not None:
            for locale in LOCALES:
                status, page = _look(stage, route, route.home, locale, ids)
                faults += _faults_of_page(stage, f"{name}, {locale}", status, page, "", {200})
    gone = set(excused) - {route.name for route in pages_of(stage)}
    faults += [f"not_shown names {each}, which is no page any more" for each in sorted(gone)]
    return faults + _faults_of_cards(stage, PLACES["here1"], PLACES["here0"], "full")


def _shown(stage: Stage, route: Route) -> Iterator[tuple[dict[str, str], int]]:
    for ids in islice(_demo_ids(stage, route), 12):
        status, _page = _look(stage, route, route.home, SOURCE_LOCALE, ids)
        yield ids, status
        if status == 200:
            return


def _demo_ids(stage: Stage, route: Route) -> Iterator[dict[str, str]]:
    tables = stage.planted.tables
    found = []
    for name in route.ids:
        table = route.table_of(name, tables)
        assert table in tables, f"{route.name}: say in PluginFacts.tables which table {name} names"
        found.append(_ids_in(stage, str(table), route.home))
    for ids in product(*found):
        yield dict(zip(route.ids, ids, strict=True))


def _ids_in(stage: Stage, table: str, place: Place) -> list[str]:
    with stage.house.database.unit_of_work(place.scope, read_only=True) as session:
        facts = stage.planted.tables[table]
        # The street looks at its own rows; where a table holds none of the street's, at those of its communities.
        narrowed = facts.is_communitys and (place.community_id is not None or facts.may_be_streets)
        own = " WHERE community_id IS NOT DISTINCT FROM :c" if narrowed else ""
        statement = text(f"SELECT id::text FROM {table}{own} ORDER BY id LIMIT {_TRIES}")
        return list(session.scalars(statement, {"c": place.community_id} if narrowed else {}))


def _look(stage: Stage, route: Route, place: Place, locale: str, ids: Mapping[str, str]) -> tuple[int, str]:
    browser = stage.browser()
    account = stage.holder(route, place)
    if account is not None and not (route.handler.public and route.portal is Portal.RESIDENT and not ids):
        browser.sign_in_as(account)
    browser.client.cookies.set("lang", locale)
    answer = browser.get(route.url(place, **ids))
    return answer.status_code, answer.text


def _faults_of_page(stage: Stage, where: str, status: int, page: str, locale: str, allowed: set[int]) -> list[str]:
    if status not in allowed:
        return [f"{where}: {status}"]
    if locale in ("", SOURCE_LOCALE) or status != 200:
        return []
    main = _NAMES.sub(" ", _main_of(page))
    left = sorted(set(_HAN.findall(main)) & stage.messages)
    return [f"{where}: {', '.join(left[:5])} is not translated there; give it to _()"] if left else []


def _main_of(page: str) -> str:
    found = re.search(r"<main\b.*?</main>", page, re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", " ", found[0] if found else page))


def _faults_of_cards(stage: Stage, community: Place, street: Place, what: str) -> list[str]:
    faults = []
    site = stage.client.app.state.site
    for card in stage.own("cards"):
        place = street if card.portal == "console" else community
        for locale in (SOURCE_LOCALE, *LOCALES):
            entry = _web_place(site, Portal(card.portal), place)
            actor = _actor(stage, place)
            try:
                with speaking(locale), stage.house.database.unit_of_work(place.scope, actor) as session:
                    data = card.data(session, actor)
                    if data is not None:
                        site.templates.render(card.template, {"place": entry, "actor": actor, **data})
                    if card.todo is not None:
                        _read_todo(list(card.todo(session, actor, today(), today() + timedelta(days=6))))
            except Exception as error:
                faults.append(f"card {card.title} of {card.portal} ({what}, {locale}): {type(error).__name__}: {error}")
    return faults


def _read_todo(lines: list[Any]) -> None:
    for each in lines:
        if not isinstance(each, Todo) or not each.title.strip():
            raise TypeError(f"todo returns lines of Todo, each with a title, not {each!r}")


def _web_place(site: Any, portal: Portal, place: Place) -> WebPlace:
    world = community_of(place)
    street = site.directory.street(world.street_code)
    community = site.directory.community(street, world.code) if place.community_id else None
    return WebPlace(portal, street, community)


def _actor(stage: Stage, place: Place) -> Any:
    from linli.kit.actor import Actor, Grant

    world = community_of(place)
    role, account = (
        ("community_administrator", world.administrator)
        if place.community_id
        else ("street_administrator", WORLD.there.administrator)
    )
    grant = Grant(role, community_id=place.community_id)
    return Actor(account_id=account, display_name="测试", grants=(grant,), permissions=dict(stage.roles))


def faults_of_axe(stage: Stage, excused: Mapping[str, str], *, everywhere: bool = True) -> list[str]:
    """What a real browser and axe find on the empty and the full pages, at the width of a phone and of a desk.

    Args:
        stage: where.
        excused: names of routes that are left out, each with its reason.
        everywhere: each page in both states at both widths; else full at one width and empty at the other, in turn.
    """
    _rows = stage.filled
    faults = []
    with chromium() as browser:
        context = browser.new_context(bypass_csp=True)
        context.add_init_script(path=AXE)
        page = context.new_page()
        kept: dict[str, dict[str, Any]] = {}
        page.route("**/*", lambda route: _fulfil(stage, route, kept))
        for n, route in enumerate(each for each in pages_of(stage) if each.name not in excused):
            widths = (_WIDTHS, _WIDTHS) if everywhere else (_WIDTHS[n % 2 :][:1], _WIDTHS[(n + 1) % 2 :][:1])
            shown = next((ids for ids, status in _shown(stage, route) if status == 200), None)
            if shown is not None:
                faults += _judge(stage, page, route, route.home, shown, "full", widths[0])
            if not route.parameters:
                empty = PLACES["there1"] if route.portal.has_community else PLACES["there0"]
                faults += _judge(stage, page, route, empty, {}, "empty", widths[1])
        context.close()
    return list(dict.fromkeys(faults))


def _fulfil(stage: Stage, route: Any, kept: dict[str, dict[str, Any]]) -> None:
    """Answer the browser by the application; what never changes is asked for once, since the browser keeps nothing."""
    parts = urlsplit(route.request.url)
    if parts.hostname != "linli.test":
        route.abort()
        return
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    if path not in kept:
        got = stage.client.get(path, follow_redirects=True)
        headers = {name: value for name, value in got.headers.items() if name == "content-type"}
        answer = {"status": got.status_code, "headers": headers, "body": got.content}
        if "immutable" not in got.headers.get("cache-control", ""):
            route.fulfill(**answer)
            return
        kept[path] = answer
    route.fulfill(**kept[path])


def _judge(
    stage: Stage, page: Any, route: Route, place: Place, ids: Mapping[str, str], state: str, widths: tuple[int, ...]
) -> list[str]:
    browser = stage.browser()
    if (account := stage.holder(route, place)) is not None:
        browser.sign_in_as(account)
    page.set_viewport_size({"width": widths[0], "height": 844})
    page.goto(f"http://linli.test{route.url(place, **ids)}", wait_until="load")
    options = {
        "runOnly": {"type": "tag", "values": _RULES},
        "resultTypes": ["violations"],
        # Only the rule that is off by default reads style sheets anew.
        "preload": {"assets": ["media"]},
    }
    faults = []
    for width in widths:
        where = f"{route.name} ({state}, {width} px)"
        page.set_viewport_size({"width": width, "height": 844})
        found = page.evaluate(f"axe.run(document, {json.dumps(options)})")
        faults += [
            f"{where}: {each['id']}: {each['help']}: {each['nodes'][0]['html'][:160]}"
            for each in found["violations"]
            if each["impact"] in _SEVERE
        ]
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"):
            faults.append(f"{where}: wider than the window; people must not scroll sideways")
    return faults
