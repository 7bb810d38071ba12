"""A browser and an API client for tests: the whole application in this process, on a database of the test's own."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy.orm import Session

from linli.app import create_app
from linli.config import Settings
from linli.house import House
from linli.identity.models import ApiToken, SignInSession
from linli.kit.clock import now
from linli.kit.crypto import token_digest
from linli.plugins import discovery
from linli.plugins.discovery import Candidate
from linli.plugins.registry import Plugins
from linli.testing.houses import activate_plugins
from linli.web.csrf import FIELD, csrf_token

__all__ = ["Api", "Browser", "serving"]

#: Applications that are not in use, by what they were built for.
_IDLE: dict[tuple[Settings, bool, tuple[Candidate, ...]], Litestar] = {}


class Browser:
    """Speaks to the application as a person's browser does: keeps cookies, follows no redirects, sends form tokens."""

    def __init__(self, client: TestClient[Litestar], house: House) -> None:
        self.client = client
        self.house = house
        self._token: str | None = None

    def sign_in_as(self, account_id: UUID) -> Browser:
        """Open a session for the account, as if it had just signed in with every factor."""
        self._token = secrets.token_urlsafe(32)
        with Session(self.house.owner.engine) as session, session.begin():
            session.add(
                SignInSession(
                    token_hash=token_digest(self._token),
                    account_id=account_id,
                    expires_at=now() + timedelta(hours=8),
                    totp_at=now(),
                )
            )
        self.client.cookies.set("sid", self._token)
        return self

    def sign_out(self) -> None:
        """Forget the session's cookie."""
        self._token = None
        self.client.cookies.delete("sid")

    @property
    def csrf(self) -> str:
        """The token that this session's forms carry."""
        site = self.client.app.state.site
        return csrf_token(site.csrf_key, token_digest(self._token)) if self._token else ""

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.client.get(path, follow_redirects=False, **options)

    def post(self, path: str, data: Mapping[str, Any] | None = None, **options: Any) -> httpx.Response:
        """Send a form with the session's token."""
        return self.client.post(path, data={FIELD: self.csrf, **(data or {})}, follow_redirects=False, **options)


class Api:
    """Speaks to the JSON API with a bearer token of one account and street."""

    def __init__(self, client: TestClient[Litestar], house: House) -> None:
        self.client = client
        self.house = house
        self.headers: dict[str, str] = {}

    def token_for(self, account_id: UUID, tenant_id: UUID, *scopes: str) -> Api:
        """Use a new token of the account, limited to these permissions; to all of them when none is named."""
        token = f"linli_{secrets.token_urlsafe(32)}"
        site = self.client.app.state.site
        every = sorted({permission for names in site.roles.values() for permission in names})
        with Session(self.house.owner.engine) as session, session.begin():
            session.add(
                ApiToken(
                    token_hash=token_digest(token),
                    hint=token[:10],
                    account_id=account_id,
                    tenant_id=tenant_id,
                    name="test",
                    scopes=list(scopes) or every,
                    expires_at=now() + timedelta(days=1),
                )
            )
        self.headers = {"authorization": f"Bearer {token}"}
        return self

    def request(self, method: str, path: str, json: Any = None, **options: Any) -> httpx.Response:
        body = {} if json is None else {"json": json}
        return self.client.request(method, path, headers=self.headers, **body, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> httpx.Response:
        return self.request("POST", path, json, **options)

    def patch(self, path: str, json: Any = None, **options: Any) -> httpx.Response:
        return self.request("PATCH", path, json, **options)


@contextmanager
def serving(house: House, plugins: Plugins | None = None, *, works: bool = True) -> Iterator[TestClient[Litestar]]:
    """The application, started and stopped as in production, without a network.

    Args:
        house: on whose database it runs.
        plugins: those to serve; the installed ones where none are given.
        works: does the work that waits, too; without, rows change by requests alone.
    """
    try:
        with _application(house, plugins, works=works) as app, TestClient(app, base_url="http://linli.test") as client:
            yield client
    finally:
        if plugins is not None:
            # What they declared holds for the process: whatever is tested next finds the installed ones again.
            activate_plugins()


@contextmanager
def _application(house: House, plugins: Plugins | None, *, works: bool) -> Iterator[Litestar]:
    """Building one takes a second: where nothing differs but the database, the one that was used before moves there."""
    settings = replace(house.settings, database_url=None, database_owner_url=None, database_superuser_url=None)
    key = (settings, works, tuple(discovery.candidates()))
    app = _IDLE.pop(key, None) if plugins is None else None
    if app is None:
        app = create_app(house, plugins, works=works)
    else:
        site = app.state.site
        site.__init__(house, site.plugins, site.templates)
        # As at every start: what another test declared meanwhile holds no longer.
        site.plugins.activate()
    yield app
    if plugins is None:
        _IDLE[key] = app
