"""Apps in the API: of the street with their tokens, secrets and attempts, and as a community sees them."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from litestar import Request
from msgspec import Meta

from linli.apps import webhooks
from linli.apps.permissions import MANAGE, READ, SHOW
from linli.apps.portal.console import ground_of
from linli.apps.repository import (
    AppFilter,
    AttemptFilter,
    app_here,
    apps_here,
    find_app,
    list_apps,
    list_attempts,
    show_app,
)
from linli.apps.schemas import (
    AppHere,
    AppIn,
    AppOut,
    AppSecrets,
    AppUpdate,
    AttemptOut,
    PanelSwitch,
    ReasonIn,
    SecretIn,
    TestSent,
    TokenIn,
)
from linli.apps.secrets import end_token, issue_token, rotate_secret
from linli.apps.service import register_app, resume_app, revoke_app, show_panel, suspend_app, update_app
from linli.db.session import ScopedSession
from linli.house import House
from linli.kit.actor import Actor
from linli.kit.cursor import PAGE, After, Limit
from linli.tenancy.admin_portal.places import community_of
from linli.web.place import Place
from linli.web.results import Page
from linli.web.routing import get, post, put

TAGS = ["apps"]
AfterRow = Annotated[UUID | None, Meta(description="`next` of the page before")]


@get("/apps", needs=READ, tags=TAGS)
def list_street_apps(
    session: ScopedSession,
    query: AppFilter,
    sort: Literal["title", "-title", "created_at", "-created_at"] = "title",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[AppOut]:
    """The street's outside apps"""
    items, following = list_apps(session, query, sort=sort, after=after, limit=limit)
    return Page(items=items, next=following)


@post("/apps", needs=MANAGE, tags=TAGS)
def add_app(session: ScopedSession, actor: Actor, house: House, request: Request, data: AppIn) -> AppSecrets:
    """Register an app; its token and secret are told once"""
    made = register_app(session, actor, ground_of(house, request), data)
    return AppSecrets(app=show_app(session, made.app.id), token=made.token, secret=made.secret)


@get("/apps/{app_id:uuid}", needs=READ, tags=TAGS)
def show_street_app(session: ScopedSession, app_id: UUID) -> AppOut:
    """One app, its terms and its tokens"""
    return show_app(session, app_id)


@put("/apps/{app_id:uuid}", needs=MANAGE, tags=TAGS)
def change_app(
    session: ScopedSession, actor: Actor, house: House, request: Request, app_id: UUID, data: AppUpdate
) -> AppOut:
    """Change what an app may do and where it is let in, from its next request on"""
    update_app(session, actor, ground_of(house, request), app_id, data)
    return show_app(session, app_id)


@post("/apps/{app_id:uuid}/suspend", needs=MANAGE, status=200, tags=TAGS)
def pause_app(session: ScopedSession, actor: Actor, app_id: UUID, data: ReasonIn) -> AppOut:
    """Stop an app for the time being"""
    suspend_app(session, actor, app_id, reason=data.reason)
    return show_app(session, app_id)


@post("/apps/{app_id:uuid}/resume", needs=MANAGE, status=200, tags=TAGS)
def continue_app(session: ScopedSession, actor: Actor, app_id: UUID) -> AppOut:
    """Let a suspended app go on"""
    resume_app(session, actor, app_id)
    return show_app(session, app_id)


@post("/apps/{app_id:uuid}/revoke", needs=MANAGE, status=200, tags=TAGS)
def end_app(session: ScopedSession, actor: Actor, app_id: UUID, data: ReasonIn) -> AppOut:
    """End an app for good and at once"""
    revoke_app(session, actor, app_id, reason=data.reason)
    return show_app(session, app_id)


@post("/apps/{app_id:uuid}/tokens", needs=MANAGE, tags=TAGS)
def add_app_token(session: ScopedSession, app_id: UUID, data: TokenIn) -> AppSecrets:
    """Make a new token; those before it go on for some hours"""
    app = find_app(session, app_id, for_change=True)
    token = issue_token(session, app, days=data.days, overlap_hours=data.overlap_hours)
    return AppSecrets(app=show_app(session, app_id), token=token)


@post("/apps/{app_id:uuid}/tokens/{token_id:uuid}/revoke", needs=MANAGE, status=200, tags=TAGS)
def end_app_token(session: ScopedSession, app_id: UUID, token_id: UUID) -> AppOut:
    """End one token at once"""
    end_token(session, find_app(session, app_id, for_change=True), token_id)
    return show_app(session, app_id)


@post("/apps/{app_id:uuid}/secret", needs=MANAGE, tags=TAGS)
def change_app_secret(session: ScopedSession, app_id: UUID, data: SecretIn) -> AppSecrets:
    """Make a new signing secret; the one before signs beside it for some hours"""
    app = find_app(session, app_id, for_change=True)
    secret = rotate_secret(session, app, overlap_hours=data.overlap_hours)
    return AppSecrets(app=show_app(session, app_id), secret=secret)


@get("/apps/{app_id:uuid}/attempts", needs=READ, tags=TAGS)
def list_app_attempts(
    session: ScopedSession, app_id: UUID, query: AttemptFilter, after: After = "", limit: Limit = PAGE
) -> Page[AttemptOut]:
    """What was sent to an app, the newest first"""
    find_app(session, app_id)
    items, following = list_attempts(session, app_id, query, after=after, limit=limit)
    return Page(items=items, next=following)


@post("/apps/{app_id:uuid}/attempts/{app_attempt_id:uuid}/resend", needs=MANAGE, tags=TAGS)
def resend_to_app(session: ScopedSession, app_id: UUID, app_attempt_id: UUID) -> TestSent:
    """Send once more what an attempt was about, under the same id"""
    return webhooks.resend(session, find_app(session, app_id, for_change=True), app_attempt_id)


@post("/apps/{app_id:uuid}/test", needs=MANAGE, tags=TAGS)
def test_app(session: ScopedSession, app_id: UUID) -> TestSent:
    """Send an app a message that says nothing"""
    return webhooks.send_test(session, find_app(session, app_id, for_change=True))


@post("/apps/{app_id:uuid}/webhook", needs=MANAGE, status=200, tags=TAGS)
def turn_on_webhook(session: ScopedSession, actor: Actor, app_id: UUID) -> AppOut:
    """Send to an app again after its address had failed for days, beginning with what waits"""
    webhooks.turn_on(session, actor, find_app(session, app_id, for_change=True))
    return show_app(session, app_id)


@get("/apps", needs=READ, tags=TAGS)
def list_apps_here(session: ScopedSession, place: Place, after: AfterRow = None, limit: Limit = PAGE) -> Page[AppHere]:
    """The outside apps that reach this community"""
    items, more = apps_here(session, community_of(place).id, after=after, limit=limit)
    return Page(items=items, next=str(more) if more else None)


@get("/apps/{app_id:uuid}", needs=READ, tags=TAGS)
def show_app_here(session: ScopedSession, place: Place, app_id: UUID) -> AppHere:
    """One app that reaches this community"""
    return app_here(session, community_of(place).id, app_id)


@put("/apps/{app_id:uuid}/panel", needs=SHOW, tags=TAGS)
def switch_panel(session: ScopedSession, actor: Actor, place: Place, app_id: UUID, data: PanelSwitch) -> AppHere:
    """Show an app's page in this community, or no longer"""
    return show_panel(session, actor, community_of(place).id, app_id, on=data.shows_panel)


street_api = [
    list_street_apps,
    add_app,
    show_street_app,
    change_app,
    pause_app,
    continue_app,
    end_app,
    add_app_token,
    end_app_token,
    change_app_secret,
    list_app_attempts,
    resend_to_app,
    test_app,
    turn_on_webhook,
]
community_api = [list_apps_here, show_app_here, switch_panel]
