"""Sessions of signed-in browsers: opened, known again, prolonged, listed, ended. Always shown by their token's hash."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection, text

from linli.db.scope import ScopeSigner
from linli.db.session import Database
from linli.identity.limits import IDLE_SESSION, MOST_SESSIONS, RESIDENT_SESSION, TOUCH_EVERY, WAITING_SESSION
from linli.kit.clock import now
from linli.kit.crypto import token_digest
from linli.kit.errors import NotFound, Unauthenticated

log = structlog.get_logger("linli.security")

_OPEN = text("SELECT core.open_session(:ticket, :token, :ends, :idle, :ip, :user_agent, :most)")
_WHO = text("SELECT * FROM core.account_of_session(:token)")
_TOUCH = text("SELECT core.touch_session(:token, :idle)")
_TOUCH_TOKEN = text("SELECT core.touch_token(:token)")
_ROTATE = text("SELECT core.rotate_session(:token, :new)")
_CLOSE = text("SELECT core.close_session(:token)")
_LIST = text("SELECT * FROM core.sessions_of(:token)")
_CLOSE_OTHERS = text("SELECT core.close_other_sessions(:token, :session)")

#: What a row of ``core.resolve_request`` says beside the account; empty where no street is named.
_NO_PLACE: dict[str, Any] = {
    "token_id": None,
    "token_scopes": None,
    "grants": None,
    "resident_ids": None,
    "household_ids": None,
    "plugins": (),
    "separate_duties": None,
    "broken": (),
    "app_id": None,
    "app_rate": None,
}


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh session.

    Attributes:
        token: for the browser's cookie; nobody else ever sees it.
        waits_for_totp: nothing is open yet but the page that asks for the second factor.
    """

    token: str
    account_id: UUID
    waits_for_totp: bool = False


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session as its owner sees it in the list."""

    id: UUID
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    ip: str
    user_agent: str
    is_own: bool


def make_token() -> str:
    """256 random bits for a cookie or a link."""
    return secrets.token_urlsafe(32)


def open_session(
    connection: Connection,
    signer: ScopeSigner,
    account_id: UUID,
    *,
    waits_for_totp: bool,
    ip: str,
    user_agent: str,
    replaces: bytes | None = None,
) -> SignedIn:
    """Sign an account in, always under a new token; what the browser sent before opens nothing afterwards.

    Raises:
        Unauthenticated: the account was disabled meanwhile.
    """
    if replaces is not None:
        connection.execute(_CLOSE, {"token": replaces})
    token = make_token()
    made = connection.execute(
        _OPEN,
        {
            "ticket": signer.ticket(str(account_id), "open-session"),
            "token": token_digest(token),
            "ends": WAITING_SESSION if waits_for_totp else RESIDENT_SESSION,
            "idle": WAITING_SESSION if waits_for_totp else IDLE_SESSION,
            "ip": ip,
            "user_agent": user_agent,
            "most": MOST_SESSIONS,
        },
    ).scalar_one()
    if made is None:
        raise Unauthenticated
    log.info("signed in", account=str(account_id), waits_for_totp=waits_for_totp, ip=ip)
    return SignedIn(token, account_id, waits_for_totp)


def who_is(connection: Connection, digest: bytes | None, kind: str) -> Any:
    """Who shows this token, where no street is named: the columns of ``core.resolve_request`` without rights.

    Adds ``user_name``, ``phone_mask``, ``recovery_left`` and ``password_set_at``. API tokens open no such page.
    """
    row = connection.execute(_WHO, {"token": digest}).one_or_none() if digest and kind == "session" else None
    if row is None:
        return NOBODY
    return SimpleNamespace(**row._mapping, **_NO_PLACE)


#: The row of somebody who shows nothing, or nothing that lives.
NOBODY = SimpleNamespace(
    account_id=None,
    display_name=None,
    user_name=None,
    phone_mask=None,
    locale=None,
    large_type=None,
    is_platform_operator=None,
    must_change_password=None,
    totp_enrolled=None,
    recovery_left=None,
    password_set_at=None,
    session_id=None,
    totp_at=None,
    seen_at=None,
    session_started_at=None,
    **_NO_PLACE,
)


def is_due(seen_at: datetime | None) -> bool:
    """Whether a session's or token's use is to be written down again: five minutes after the last time."""
    return seen_at is None or now() - seen_at >= timedelta(seconds=TOUCH_EVERY)


def touch(database: Database, digest: bytes, kind: str) -> None:
    """Note that a session or an API token is in use; prolongs the session, never beyond its end."""
    with database.open_transaction() as connection:
        if kind == "session":
            connection.execute(_TOUCH, {"token": digest, "idle": IDLE_SESSION})
        else:
            connection.execute(_TOUCH_TOKEN, {"token": digest})


def rotate_session(connection: Connection, digest: bytes) -> str:
    """A new token for the same session, after its rights changed; the old one is dead at once.

    Raises:
        Unauthenticated: there is no such session any more.
    """
    token = make_token()
    if not connection.execute(_ROTATE, {"token": digest, "new": token_digest(token)}).scalar_one():
        raise Unauthenticated
    return token


def close_session(connection: Connection, digest: bytes) -> None:
    """Sign out; nothing happens where the session is over already."""
    connection.execute(_CLOSE, {"token": digest})


def list_sessions(connection: Connection, digest: bytes) -> list[OpenSession]:
    """The living sessions of this session's account, the last used first."""
    return [OpenSession(**row._mapping) for row in connection.execute(_LIST, {"token": digest})]


def close_one(connection: Connection, digest: bytes, session_id: UUID) -> None:
    """End one session of one's own.

    Raises:
        NotFound: it is over, or somebody else's.
    """
    if not connection.execute(_CLOSE_OTHERS, {"token": digest, "session": session_id}).scalar_one():
        raise NotFound


def close_others(connection: Connection, digest: bytes) -> int:
    """End every session of one's own but this one; how many that were."""
    return connection.execute(_CLOSE_OTHERS, {"token": digest, "session": None}).scalar_one()
