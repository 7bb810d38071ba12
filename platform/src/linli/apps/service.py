"""Registering an app, changing what it may do, stopping it. What stands here holds from its next request on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from linli.access.permissions import permission_titles
from linli.apps.models import App, AppCommunity
from linli.apps.permissions import MANAGE, NEVER, SHOW
from linli.apps.repository import app_here, find_app
from linli.apps.schemas import AppHere, AppIn, AppTerms, AppUpdate
from linli.apps.secrets import check_days, end_tokens, issue_token, rotate_secret
from linli.audit import record
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import now
from linli.kit.errors import Conflict, FieldError, Forbidden, Invalid, Stale
from linli.kit.ids import new_id
from linli.kit.text import gettext as _
from linli.kit.text import listed
from linli.outward import Outward, Refused, read_address
from linli.outward.addresses import REASONS
from linli.plugins.events import known_events
from linli.plugins.gate import CORE
from linli.plugins.registry import Plugins
from linli.plugins.repository import allowed_plugins
from linli.tenancy.models import Community

_TOLD = (
    "title",
    "contact",
    "purpose",
    "permissions",
    "whole_street",
    "event_types",
    "webhook_url",
    "panel_url",
    "rate",
)


@dataclass(frozen=True, slots=True)
class Registered:
    """A new app with what is shown once."""

    app: App
    token: str
    secret: str


@dataclass(frozen=True, slots=True)
class Ground:
    """What judges an app's terms.

    Attributes:
        plugins: those that run here.
        outward: which addresses may be called.
        own: where this site itself lives: no panel comes from there.
    """

    plugins: Plugins
    outward: Outward
    own: str


def grantable(session: ScopedSession, actor: Actor, plugins: Plugins) -> dict[str, str]:
    """Permission to title of all that this person may give to an app: held here, of what the street allows."""
    allowed = {CORE, *allowed_plugins(session)}
    return {
        name: title
        for name, title in permission_titles(plugins).items()
        if name not in NEVER and name.partition(".")[0] in allowed and actor.can(name)
    }


def told_events(session: ScopedSession, plugins: Plugins) -> dict[str, str]:
    """Event to title of all that an app may be told of here."""
    allowed = {CORE, *allowed_plugins(session)} & {CORE, *(each.name for each in plugins.plugins)}
    return {name: kind.TITLE or name for name, kind in known_events().items() if name.partition(".")[0] in allowed}


def register_app(session: ScopedSession, actor: Actor, ground: Ground, data: AppIn) -> Registered:
    """A new app, with its first token and its signing secret.

    Raises:
        Invalid: naming every field at fault: an unheld permission, an unknown event or community, an address inside.
        Forbidden: the actor does not hold ``core.app.manage`` for the street.
    """
    _require(actor)
    _check(session, actor, ground, data, before=None)
    check_days(session, data.days)
    if session.scalar(select(App.id).where(App.name == data.name)) is not None:
        raise Invalid.one("name", _("这个名称已经有应用在用"), _("请换一个名称"))
    app = App(id=new_id(), name=data.name, **_terms(data))
    session.add(app)
    session.flush()
    _let_in(session, app, data.communities)
    record(session, "core.app.create", ("app", app.id), after={"name": app.name, **_told(app, data.communities)})
    secret = rotate_secret(session, app, overlap_hours=0)
    return Registered(app, issue_token(session, app, days=data.days, overlap_hours=0), secret)


def update_app(session: ScopedSession, actor: Actor, ground: Ground, app_id: UUID, data: AppUpdate) -> App:
    """Change an app's terms; what it had already may stay although the actor does not hold it.

    Raises:
        NotFound: there is no such app.
        Conflict: it is revoked, or somebody else was quicker.
        Invalid: as for ``register_app``.
        Forbidden: the actor does not hold ``core.app.manage`` for the street.
    """
    app = _changeable(session, actor, app_id)
    if app.version != data.version:
        raise Stale
    _check(session, actor, ground, data, before=app)
    were = communities_of(session, app)
    before = _told(app, were)
    moved = app.webhook_url != data.webhook_url.strip()
    for name, value in _terms(data).items():
        setattr(app, name, value)
    if moved:
        # Another address has failed at nothing yet.
        app.failing_since, app.off_since = None, None
    _let_in(session, app, data.communities)
    session.flush()
    after = _told(app, data.communities)
    changed = [name for name in after if after[name] != before[name]]
    if changed:
        record(
            session,
            "core.app.update",
            ("app", app.id),
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed},
        )
    return app


def suspend_app(session: ScopedSession, actor: Actor, app_id: UUID, *, reason: str) -> App:
    """Stop an app for the time being: its tokens open nothing, nothing is sent, its page is shown nowhere.

    Raises:
        NotFound: there is no such app.
        Conflict: it is not active.
        Forbidden: the actor does not hold ``core.app.manage`` for the street.
    """
    app = _changeable(session, actor, app_id)
    if app.state != "active":
        raise Conflict(_("这个应用已经暂停"))
    return _moved(session, app, "suspended", "core.app.pause", reason)


def resume_app(session: ScopedSession, actor: Actor, app_id: UUID) -> App:
    """Let a suspended app go on; what happened meanwhile it is not told.

    Raises:
        NotFound: there is no such app.
        Conflict: it is not suspended.
        Forbidden: the actor does not hold ``core.app.manage`` for the street.
    """
    app = _changeable(session, actor, app_id)
    if app.state != "suspended":
        raise Conflict(_("这个应用没有暂停"))
    return _moved(session, app, "active", "core.app.resume", "")


def revoke_app(session: ScopedSession, actor: Actor, app_id: UUID, *, reason: str) -> App:
    """End an app for good and at once: tokens and secrets are gone; the record keeps what it did.

    Raises:
        NotFound: there is no such app.
        Conflict: it is revoked already.
        Forbidden: the actor does not hold ``core.app.manage`` for the street.
    """
    app = _changeable(session, actor, app_id)
    end_tokens(session, app.id)
    app.secret_ct, app.old_secret_ct, app.old_secret_until = None, None, None
    return _moved(session, app, "revoked", "core.app.revoke", reason)


def show_panel(session: ScopedSession, actor: Actor, community_id: UUID, app_id: UUID, *, on: bool) -> AppHere:
    """Show an app's page in a community, or no longer.

    Raises:
        NotFound: no such app reaches the community.
        Conflict: the app has no page, or is not active.
        Forbidden: the actor does not hold ``core.app.show`` there.
    """
    if not actor.can(SHOW, community_id=community_id):
        raise Forbidden
    here = app_here(session, community_id, app_id)
    if on and (not here.has_panel or here.state != "active"):
        raise Conflict(_("这个应用现在没有可以显示的页面"))
    if here.shows_panel == on:
        return here
    row = session.scalar(
        select(AppCommunity).where(AppCommunity.app_id == app_id, AppCommunity.community_id == community_id)
    )
    if row is None:
        row = AppCommunity(app_id=app_id, community_id=community_id)
        session.add(row)
    row.shows_panel = on
    session.flush()
    action = "core.app_panel.enable" if on else "core.app_panel.disable"
    record(session, action, ("app", app_id), community_id=community_id, after={"name": here.name})
    return app_here(session, community_id, app_id)


def communities_of(session: ScopedSession, app: App) -> list[UUID]:
    """Where an app is let in by name."""
    statement = select(AppCommunity.community_id).where(AppCommunity.app_id == app.id, AppCommunity.is_let_in)
    return list(session.scalars(statement.order_by(AppCommunity.community_id)))


def _require(actor: Actor) -> None:
    if not actor.can(MANAGE):
        raise Forbidden


def _changeable(session: ScopedSession, actor: Actor, app_id: UUID) -> App:
    """An app that is not revoked, locked, for somebody who may change it."""
    _require(actor)
    app = find_app(session, app_id, for_change=True)
    _require_living(app)
    return app


def _require_living(app: App) -> None:
    if app.state == "revoked":
        raise Conflict(_("这个应用已经撤销"))


def _moved(session: ScopedSession, app: App, state: str, action: str, reason: str) -> App:
    reason = reason.strip()
    if state != "active" and not reason:
        raise Invalid.one("reason", _("必须填写"))
    moment: datetime = now()
    app.state, app.state_reason, app.state_changed_at = state, reason, moment
    session.flush()
    record(session, action, ("app", app.id), after={"name": app.name}, reason=reason)
    return app


def _terms(data: AppTerms) -> dict[str, Any]:
    return {
        "title": data.title.strip(),
        "contact": data.contact.strip(),
        "purpose": data.purpose.strip(),
        "permissions": sorted(set(data.permissions)),
        "whole_street": data.whole_street,
        "event_types": sorted(set(data.event_types)),
        "webhook_url": data.webhook_url.strip(),
        "panel_url": data.panel_url.strip(),
        "rate": data.rate,
    }


def _told(app: App, communities: Iterable[UUID]) -> dict[str, Any]:
    told = {name: getattr(app, name) for name in _TOLD}
    return {**told, "communities": sorted(str(each) for each in ([] if app.whole_street else communities))}


def _let_in(session: ScopedSession, app: App, communities: Sequence[UUID]) -> None:
    wanted = frozenset() if app.whole_street else frozenset(communities)
    mine = AppCommunity.app_id == app.id
    shut = update(AppCommunity).where(mine, AppCommunity.is_let_in, AppCommunity.community_id.not_in(wanted))
    session.execute(shut.values(is_let_in=False))
    session.execute(update(AppCommunity).where(mine, AppCommunity.community_id.in_(wanted)).values(is_let_in=True))
    there = set(session.scalars(select(AppCommunity.community_id).where(mine)))
    session.add_all(
        AppCommunity(app_id=app.id, community_id=each, is_let_in=True) for each in sorted(wanted - there, key=str)
    )
    session.flush()


def _check(session: ScopedSession, actor: Actor, ground: Ground, data: AppTerms, *, before: App | None) -> None:
    texts = {"title": data.title, "contact": data.contact, "purpose": data.purpose}
    faults = [FieldError(name, _("必须填写")) for name, value in texts.items() if not value.strip()]
    had = set(before.permissions) - NEVER if before is not None else set()
    titles = permission_titles(ground.plugins)
    if beyond := sorted(set(data.permissions) - grantable(session, actor, ground.plugins).keys() - had):
        names = listed([_(titles[each]) if each in titles else each for each in beyond])
        faults.append(
            FieldError("permissions", _("不能给应用这些权限：{names}").format(names=names), _("您自己有的权限"))
        )
    heard = set(before.event_types) if before is not None else set()
    if unknown := sorted(set(data.event_types) - told_events(session, ground.plugins).keys() - heard):
        faults.append(FieldError("event_types", _("没有这些事件：{names}").format(names=listed(unknown))))
    if not data.whole_street:
        wanted = set(data.communities)
        found = set(session.scalars(select(Community.id).where(Community.id.in_(wanted)))) if wanted else set()
        if not wanted:
            faults.append(FieldError("communities", _("请选择至少一个社区，或者选择全街道")))
        elif wanted - found:
            faults.append(FieldError("communities", _("找不到这个社区")))
    if data.event_types and not data.webhook_url.strip():
        faults.append(FieldError("webhook_url", _("选了事件，就要填写推送网址")))
    faults += _address_faults(ground, "webhook_url", data.webhook_url.strip())
    faults += _address_faults(ground, "panel_url", data.panel_url.strip())
    if faults:
        raise Invalid(errors=faults)


def _address_faults(ground: Ground, field: str, url: str) -> list[FieldError]:
    if not url:
        return []
    try:
        address = read_address(url)
        ground.outward.check(address)
    except Refused as refused:
        return [FieldError(field, _(REASONS[refused.reason]), "https://app.example.cn/linli")]
    if field == "panel_url" and ground.own and address.origin == read_address(ground.own).origin:
        return [FieldError(field, _("页面不能来自本网站自己的地址"), "https://app.example.cn/panel")]
    return []
