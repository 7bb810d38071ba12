"""An app's page inside a portal: framed, kept apart, and told by a signed word whom it is shown to."""

from __future__ import annotations

import base64
import secrets
from uuid import UUID

from linli.apps.models import App
from linli.apps.secrets import signing_keys
from linli.apps.signing import PANEL_LIVES, panel_context
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import now
from linli.outward import read_address

#: What the framed page may do: run its own scripts and send its own forms, as a page of nobody's origin.
SANDBOX = "allow-scripts allow-forms"


def subject_of(session: ScopedSession, app: App, account_id: UUID) -> str:
    """The name by which one app knows one person: the same every time, and another one for every other app."""
    named = session.vault.blind_index(session, "app-subject", f"{app.id}|{account_id}")
    return base64.b32encode(named).decode().rstrip("=").lower()


def context_for(
    session: ScopedSession, app: App, actor: Actor, *, street: str, community: str, portal: str, locale: str
) -> str:
    """The signed word for this person, at this place, now: no name, no number, nothing that opens anything.

    Args:
        session: of the community, or of the street for its own portal.
        app: whose page.
        actor: who looks; signed in.
        street: its slug.
        community: its slug; empty for the whole street.
        portal: ``console``, ``admin`` or ``resident``.
        locale: in which the page is read.
    """
    if actor.account_id is None:
        raise ValueError("a panel is shown to somebody who is signed in")
    moment = now()
    claims = {
        "v": 1,
        "aud": str(app.id),
        "sub": subject_of(session, app, actor.account_id),
        "roles": sorted({grant.role for grant in actor.grants if grant.reaches(session.scope.community_id)}),
        "street": street,
        "community": community,
        "portal": portal,
        "locale": locale,
        "iat": int(moment.timestamp()),
        "exp": int((moment + PANEL_LIVES).timestamp()),
        "nonce": secrets.token_urlsafe(12),
    }
    return panel_context(signing_keys(session, app), claims)


def content_security(app: App, usual: str) -> str:
    """The page's policy: the usual one, but that it may frame this app's origin, and send the signed word there."""
    origin = read_address(app.panel_url).origin
    return usual.replace("form-action 'self'", f"form-action 'self' {origin}") + f"; frame-src {origin}"
