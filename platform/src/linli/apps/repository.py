"""Reading apps: of the street, of a community, and what was sent to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct
from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, tuple_
from sqlalchemy.orm import Session

from linli.apps.models import App, AppAttempt, AppCommunity
from linli.apps.schemas import AppHere, AppOut, AttemptOut
from linli.apps.secrets import list_tokens
from linli.db.paging import Order, sorted_rows
from linli.db.session import ScopedSession
from linli.kit.cursor import PAGE, decode_moment, encode_moment
from linli.kit.errors import NotFound
from linli.kit.text import gettext as _


class AppFilter(Struct, kw_only=True):
    """Which apps are wanted; what is left out does not narrow."""

    state: Literal["", "active", "suspended", "revoked"] = ""
    search: Annotated[str, Meta(max_length=60, description="part of its name or title")] = ""


class AttemptFilter(Struct, kw_only=True):
    """Which attempts are wanted; what is left out does not narrow."""

    outcome: Annotated[Literal["", "delivered", "failed"], Meta(description="`delivered` was answered with 2xx")] = ""
    event: Annotated[str, Meta(max_length=100)] = ""


def find_app(session: ScopedSession, app_id: UUID, *, for_change: bool = False) -> App:
    """One app of the street; raises ``NotFound``."""
    statement = select(App).where(App.id == app_id)
    app = session.scalar(statement.with_for_update() if for_change else statement)
    if app is None:
        raise NotFound(_("没有找到这个应用"))
    return app


#: The orders of the list.
APPS = {
    "title": Order(App.title, lambda row: row[0].title),
    "created_at": Order(App.created_at, lambda row: row[0].created_at),
}


def list_apps(
    session: ScopedSession, query: AppFilter, *, sort: str = "title", after: str = "", limit: int = PAGE
) -> tuple[list[AppOut], str | None]:
    """Apps of the street, by title where nothing else is said, the revoked ones among them.

    Raises:
        Invalid: the list has no such order, or ``after`` was not made here.
    """
    statement = select(App)
    if query.state:
        statement = statement.where(App.state == query.state)
    if query.search:
        part = query.search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        statement = statement.where(or_(App.title.ilike(f"%{part}%"), App.name.ilike(f"%{part}%")))
    shown, following = sorted_rows(session, statement, App.id, APPS, sort, after=after, limit=limit)
    places = _communities(session, [each.id for each in shown])
    return [app_out(each, places.get(each.id, [])) for each in shown], following


def show_app(session: ScopedSession, app_id: UUID) -> AppOut:
    """One app with its tokens; raises ``NotFound``."""
    app = find_app(session, app_id)
    out = app_out(app, _communities(session, [app.id]).get(app.id, []))
    out.tokens = list_tokens(session, app.id)
    out.last_used_at = max((each.used_at for each in out.tokens if each.used_at), default=None)
    return out


def app_out(app: App, communities: Sequence[UUID]) -> AppOut:
    """An app as it is told."""
    webhook = "none"
    if app.webhook_url:
        webhook = "off" if app.off_since else "failing" if app.failing_since else "on"
    return AppOut(
        id=app.id,
        version=app.version,
        name=app.name,
        title=app.title,
        contact=app.contact,
        purpose=app.purpose,
        state=app.state,
        state_reason=app.state_reason,
        permissions=list(app.permissions),
        whole_street=app.whole_street,
        communities=list(communities),
        event_types=list(app.event_types),
        webhook_url=app.webhook_url,
        webhook=webhook,
        panel_url=app.panel_url,
        rate=app.rate,
        created_at=app.created_at,
        old_secret_until=app.old_secret_until,
    )


def reaching(community_id: UUID | None) -> ColumnElement[bool]:
    """The condition that an app is let in at a place; the street itself is reached by those that are in everywhere."""
    if community_id is None:
        return App.whole_street.is_(True)
    here = exists().where(
        AppCommunity.app_id == App.id, AppCommunity.community_id == community_id, AppCommunity.is_let_in
    )
    return or_(App.whole_street, here)


def apps_here(
    session: ScopedSession, community_id: UUID, *, after: UUID | None = None, limit: int = PAGE
) -> tuple[list[AppHere], UUID | None]:
    """The apps that reach a community and are not revoked, and the next page's ``after``."""
    statement = _here(community_id).where(App.state != "revoked").order_by(App.id).limit(limit + 1)
    if after is not None:
        statement = statement.where(App.id > after)
    rows = session.execute(statement).all()
    return [_app_here(*row) for row in rows[:limit]], rows[limit - 1][0].id if len(rows) > limit else None


def app_here(session: ScopedSession, community_id: UUID, app_id: UUID) -> AppHere:
    """One app that reaches a community; raises ``NotFound``."""
    row = session.execute(_here(community_id).where(App.id == app_id)).one_or_none()
    if row is None:
        raise NotFound(_("没有找到这个应用"))
    return _app_here(*row)


def panel_here(session: ScopedSession, community_id: UUID, name: str) -> App:
    """The app whose page is shown in a community; raises ``NotFound`` where it is not on, or the app is not active."""
    row = session.execute(
        _here(community_id).where(App.name == name, App.state == "active", App.panel_url != "")
    ).one_or_none()
    if row is None or not row[1]:
        raise NotFound(_("没有找到这个应用"))
    found: App = row[0]
    return found


def panels_here(session: Session, community_id: UUID) -> list[App]:
    """The apps whose pages are shown in a community, twenty at most."""
    statement = _here(community_id).where(App.state == "active", App.panel_url != "", AppCommunity.shows_panel)
    return [row[0] for row in session.execute(statement.order_by(App.title, App.id).limit(20))]


def panel_of_street(session: ScopedSession, name: str) -> App:
    """The app whose page the street's own portal shows; raises ``NotFound`` where it is not let in everywhere."""
    found = session.scalar(_shown_by_street().where(App.name == name))
    if found is None:
        raise NotFound(_("没有找到这个应用"))
    return found


def panels_of_street(session: Session) -> list[App]:
    """The apps whose pages the street's own portal shows, twenty at most: active and let in everywhere."""
    return list(session.scalars(_shown_by_street().order_by(App.title, App.id).limit(20)))


def _shown_by_street() -> Select[App]:
    return select(App).where(App.state == "active", App.panel_url != "", App.whole_street)


def list_attempts(
    session: ScopedSession, app_id: UUID, query: AttemptFilter, *, after: str = "", limit: int = PAGE
) -> tuple[list[AttemptOut], str | None]:
    """What was sent to an app, the newest first.

    Raises:
        Invalid: ``after`` was not made here.
    """
    statement = select(AppAttempt).where(AppAttempt.app_id == app_id)
    delivered = and_(AppAttempt.status.is_not(None), AppAttempt.status.between(200, 299))
    if query.outcome:
        statement = statement.where(delivered if query.outcome == "delivered" else ~delivered)
    if query.event:
        statement = statement.where(AppAttempt.event == query.event)
    if after:
        statement = statement.where(tuple_(AppAttempt.created_at, AppAttempt.id) < decode_moment(after))
    rows = session.scalars(
        statement.order_by(AppAttempt.created_at.desc(), AppAttempt.id.desc()).limit(limit + 1)
    ).all()
    shown = rows[:limit]
    following = encode_moment(shown[-1].created_at, shown[-1].id) if len(rows) > limit else None
    return [_attempt(each) for each in shown], following


def find_attempt(session: ScopedSession, app_id: UUID, attempt_id: UUID) -> AppAttempt:
    """One attempt; raises ``NotFound``."""
    row = session.scalar(select(AppAttempt).where(AppAttempt.id == attempt_id, AppAttempt.app_id == app_id))
    if row is None:
        raise NotFound(_("没有找到这次投递"))
    return row


def _here(community_id: UUID) -> Select[App, bool]:
    on_it = and_(AppCommunity.app_id == App.id, AppCommunity.community_id == community_id)
    return (
        select(App, AppCommunity.shows_panel)
        .join(AppCommunity, on_it, isouter=True)
        .where(or_(App.whole_street, AppCommunity.is_let_in))
    )


def _app_here(app: App, shows_panel: bool | None) -> AppHere:
    return AppHere(
        id=app.id,
        name=app.name,
        title=app.title,
        contact=app.contact,
        purpose=app.purpose,
        state=app.state,
        permissions=list(app.permissions),
        event_types=list(app.event_types),
        has_panel=bool(app.panel_url),
        shows_panel=bool(shows_panel) and bool(app.panel_url),
    )


def _communities(session: ScopedSession, apps: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    statement = select(AppCommunity.app_id, AppCommunity.community_id).where(
        AppCommunity.app_id.in_(apps), AppCommunity.is_let_in
    )
    found: dict[UUID, list[UUID]] = {}
    for app_id, community_id in session.execute(statement.order_by(AppCommunity.community_id)):
        found.setdefault(app_id, []).append(community_id)
    return found


def _attempt(row: AppAttempt) -> AttemptOut:
    return AttemptOut(
        id=row.id,
        message_id=row.message_id,
        event_id=row.event_id,
        event=row.event,
        community_id=row.community_id,
        attempt=row.attempt,
        status=row.status,
        ms=row.ms,
        fault=row.fault,
        answer=row.answer,
        created_at=row.created_at,
    )
