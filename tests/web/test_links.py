"""Whoever holds a role can follow every link that their pages show."""

from __future__ import annotations

import html
import re
from collections import deque
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from linli.access.places import GrantPlace
from linli.access.roles import BUILT_IN_ROLES, Level
from linli.access.service import add_grant
from linli.identity.models import Account, AccountTenant
from linli.kit.clock import today

_LINK = re.compile(r'href="([^"]*)"')
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
#: What the pages of one role link to is at most so much of different shape.
_MOST = 150


def shape(link: str) -> str:
    """A link without ids and values: pages that differ in nothing else are looked at once."""
    parts = urlsplit(link)
    names = sorted(each.partition("=")[0] for each in parts.query.split("&") if each)
    return f"{_ID.sub('…', parts.path)}?{'&'.join(names)}"


def refusals(browser, start: str) -> tuple[int, list[str]]:
    """How many pages were looked at from ``start`` on, and the links that refused, each with the page it stands on."""
    waiting, seen, refused = deque([(start, "")]), {shape(start)}, []
    while waiting and len(seen) < _MOST:
        link, on = waiting.popleft()
        answer = browser.get(link)
        if answer.status_code >= 400:
            refused.append(f"{answer.status_code} {link} on {on}")
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        for found in map(html.unescape, _LINK.findall(answer.text)):
            is_page = found.startswith("/") and not found.startswith(("/static/", "/language/", "/large-type"))
            if is_page and shape(found) not in seen:
                seen.add(shape(found))
                waiting.append((found, link))
    return len(seen), refused


@pytest.mark.parametrize("role", [each for each in BUILT_IN_ROLES if each.levels], ids=lambda role: role.code)
def test_every_link_opens(module_house, browser, world, role) -> None:
    own, street = world.here.communities[0], world.here
    places = {
        Level.STREET: (GrantPlace(), f"/s/{street.code}/console"),
        Level.COMMUNITY: (GrantPlace(own.id), f"/s/{street.code}/c/{own.code}/admin"),
        Level.COMPOUND: (GrantPlace(own.id, own.compound), f"/s/{street.code}/c/{own.code}/admin"),
        Level.BUILDING: (GrantPlace(own.id, own.compound, own.building), f"/s/{street.code}/c/{own.code}/admin"),
    }
    place, start = places[next(level for level in places if level in role.levels)]
    account = uuid4()
    with module_house.owner.unit_of_work(street.scope) as session:
        session.add(Account(id=account, user_name=f"links-{role.code}", display_name="试点链接"))
        session.flush()
        session.add(AccountTenant(account_id=account, tenant_id=street.id))
        session.flush()
        add_grant(
            session,
            account_id=account,
            account_name="试点链接",
            role=role,
            place=place,
            place_name="",
            starts_on=today(),
            ends_on=today() + timedelta(days=30) if role.needs_end else None,
            granted_by=None,
            reason="试",
        )
    browser.sign_in_as(account)
    count, refused = refusals(browser, start)
    assert not refused, "\n".join(refused)
    assert count > 5, "control: pages were looked at"
