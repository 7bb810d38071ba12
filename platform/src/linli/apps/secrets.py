"""An app's tokens and signing secrets: made, shown once, exchanged with an overlap, ended."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from linli.apps.models import App
from linli.apps.schemas import AppTokenOut
from linli.apps.signing import make_secret
from linli.audit import record
from linli.db.session import ScopedSession
from linli.identity.tokens import PREFIX
from linli.kit.clock import now
from linli.kit.crypto import token_digest
from linli.kit.errors import Conflict, Invalid, NotFound
from linli.kit.text import gettext as _
from linli.settings.service import get_setting

#: Tokens of one app that live at once: the present one, and those that are being exchanged.
MOST_TOKENS = 5

_MAKE = text("SELECT core.make_app_token(:ticket, :hash, :hint, :days, :overlap, :most)")
_LIST = text("SELECT * FROM core.tokens_of_app(:app)")
_REVOKE = text("SELECT core.revoke_app_tokens(:app, :id)")


def longest_days(session: ScopedSession) -> int:
    """For how many days a token may be made in this street."""
    days: int = get_setting(session, "core", "app_token_days")
    return days


def check_days(session: ScopedSession, days: int) -> None:
    """Refuse a token that would live longer than the street allows.

    Raises:
        Invalid: naming how long it may.
    """
    longest = longest_days(session)
    if not 1 <= days <= longest:
        raise Invalid.one("days", _("有效期不合要求"), _("1 到 {n} 天").format(n=longest))


def issue_token(session: ScopedSession, app: App, *, days: int, overlap_hours: int) -> str:
    """A new token of an app, never shown again; those before it end after the overlap at the latest.

    Raises:
        Invalid: it would live longer than the street allows.
        Conflict: the app is revoked, or has five living tokens.
    """
    if app.state == "revoked":
        raise Conflict(_("这个应用已经撤销"))
    check_days(session, days)
    token = PREFIX + secrets.token_urlsafe(32)
    session.flush()
    values: dict[str, Any] = {
        "ticket": session.info["signer"].ticket(str(app.id), "app-token"),
        "hash": token_digest(token),
        "hint": token[: len(PREFIX) + 4],
        "days": days,
        "overlap": overlap_hours,
        "most": MOST_TOKENS,
    }
    made = session.scalar(_MAKE, values)
    if made is None:
        raise Conflict(_("最多可以有 {n} 个有效令牌，请先撤销不用的").format(n=MOST_TOKENS))
    after = {"days": days, "overlap_hours": overlap_hours, "hint": values["hint"]}
    record(session, "core.app_token.issue", ("app", app.id), after=after)
    return token


def list_tokens(session: ScopedSession, app_id: UUID) -> list[AppTokenOut]:
    """The newest tokens of an app, twenty at most."""
    return [AppTokenOut(**row._mapping) for row in session.execute(_LIST, {"app": app_id})]


def end_tokens(session: ScopedSession, app_id: UUID, token_id: UUID | None = None) -> int:
    """End one token of an app, or all, at once; how many that were."""
    ended: int = session.scalar(_REVOKE, {"app": app_id, "id": token_id}) or 0
    return ended


def end_token(session: ScopedSession, app: App, token_id: UUID) -> None:
    """End one token at once.

    Raises:
        NotFound: it has ended, or is no token of this app.
    """
    if not end_tokens(session, app.id, token_id):
        raise NotFound(_("没有找到这个令牌，或者已经失效"))
    record(session, "core.app_token.end", ("app", app.id), after={"token": str(token_id)})


def rotate_secret(session: ScopedSession, app: App, *, overlap_hours: int) -> str:
    """A new signing secret, never shown again; the one before it signs beside it for the overlap.

    Raises:
        Conflict: the app is revoked.
    """
    if app.state == "revoked":
        raise Conflict(_("这个应用已经撤销"))
    before = signing_keys(session, app)
    secret = make_secret()
    app.secret_ct = session.vault.encrypt(session, "app", "secret", app.id, secret)
    app.old_secret_ct, app.old_secret_until = None, None
    if before and overlap_hours:
        app.old_secret_ct = session.vault.encrypt(session, "app", "old_secret", app.id, before[0])
        app.old_secret_until = now() + timedelta(hours=overlap_hours)
    session.flush()
    record(session, "core.app_secret.rotate", ("app", app.id), after={"overlap_hours": overlap_hours})
    return secret


def signing_keys(session: ScopedSession, app: App) -> list[str]:
    """The secrets in force, the newest first."""
    keys = []
    if app.secret_ct is not None:
        keys.append(session.vault.decrypt(session, "app", "secret", app.id, app.secret_ct))
    if app.old_secret_ct is not None and app.old_secret_until is not None and app.old_secret_until > now():
        keys.append(session.vault.decrypt(session, "app", "old_secret", app.id, app.old_secret_ct))
    return keys
