"""Outside apps in the street's console: what each may do, what was sent to it, and how it is stopped."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar import Request
from msgspec import Meta, Struct

from linli.access.permissions import permission_titles
from linli.apps import webhooks
from linli.apps.choices import app_words
from linli.apps.permissions import MANAGE, READ
from linli.apps.portal.framed import AppName, framed
from linli.apps.repository import (
    AppFilter,
    AttemptFilter,
    find_app,
    list_apps,
    list_attempts,
    panel_of_street,
    show_app,
)
from linli.apps.schemas import (
    USUAL_OVERLAP,
    USUAL_RATE,
    AppIn,
    AppUpdate,
    Communities,
    Contact,
    EventTypes,
    Hours,
    Name,
    Permissions,
    Purpose,
    Rate,
    Reason,
    Title,
    Url,
)
from linli.apps.secrets import end_token, issue_token, longest_days, rotate_secret
from linli.apps.service import (
    Ground,
    grantable,
    register_app,
    resume_app,
    revoke_app,
    suspend_app,
    told_events,
    update_app,
)
from linli.db.session import ScopedSession
from linli.events.wording import event_title
from linli.house import House
from linli.kit.actor import Actor
from linli.kit.text import gettext as _
from linli.outward import Outward
from linli.plugins.registry import Plugins
from linli.tenancy.admin_portal.meanwhile import kept_in_form
from linli.tenancy.overview import community_names
from linli.web.place import Place
from linli.web.results import Redirect, View
from linli.web.routing import get, post
from linli.web.tables import DataTable, TableColumn, TableState, table_pages
from linli.web.visit import Visit

#: Whoever sees the street's first page.
WORKS_HERE = "core.community.read"


class TermsForm(Struct, kw_only=True):
    title: Title
    contact: Contact
    purpose: Purpose
    permissions: Permissions = []
    whole_street: bool = False
    communities: Communities = []
    event_types: EventTypes = []
    webhook_url: Url = ""
    panel_url: Url = ""
    rate: Rate = USUAL_RATE


class NewForm(TermsForm, kw_only=True):
    name: Name
    days: Annotated[int, Meta(ge=1, le=365)] = 90


class ChangeForm(TermsForm, kw_only=True):
    version: int


class TokenForm(Struct, kw_only=True):
    days: Annotated[int, Meta(ge=1, le=365)] = 90
    overlap_hours: Hours = USUAL_OVERLAP


class SecretForm(Struct, kw_only=True):
    overlap_hours: Hours = USUAL_OVERLAP


class ReasonForm(Struct, kw_only=True):
    reason: Reason


#: Where a faulty form brings the page back: without filters.
_EVERYTHING = AttemptFilter()


def ground_of(house: House, request: Request) -> Ground:
    """What an app's terms are judged by in this process."""
    outward: Outward = house.database.info.get("outward") or Outward()
    return Ground(request.app.state.site.plugins, outward, house.settings.base_url)


APPS = DataTable(
    name="apps",
    columns=(
        TableColumn("title", "应用", sort="title", is_fixed=True),
        TableColumn("range", "范围"),
        TableColumn("state", "状态"),
        TableColumn("webhook", "推送"),
        TableColumn("created_at", "登记时间", sort="created_at", falls=True, is_shown=False),
    ),
    sort="title",
    filters=("search", "state"),
)


@get("/apps", needs=READ, table=APPS)
def show_apps(session: ScopedSession, table: TableState, query: AppFilter, after: str = "") -> View:
    """Every app of the street."""
    found, following = list_apps(session, query, sort=table.sort, after=after)
    context = {
        "apps": found,
        "next": following,
        "communities": community_names(session),
        "is_filtered": bool(query.state or query.search),
        **app_words(),
    }
    return View("apps/list.html", context, fragment="apps/_list.html")


@get("/apps/new", needs=MANAGE)
def new_app(session: ScopedSession, actor: Actor, request: Request) -> View:
    """The form of a new app."""
    context = {"app": None, "longest": longest_days(session), "usual_rate": USUAL_RATE}
    return View("apps/form.html", {**context, **_offered(session, actor, _plugins(request))})


@post("/apps", needs=MANAGE, retry=new_app)
def save_app(session: ScopedSession, actor: Actor, house: House, request: Request, data: NewForm) -> View:
    """Register an app; its token and secret are shown now and never again."""
    wanted = AppIn(**{name: getattr(data, name) for name in data.__struct_fields__})
    made = register_app(session, actor, ground_of(house, request), wanted)
    context = {"app": show_app(session, made.app.id), "token": made.token, "secret": made.secret}
    return View("apps/secrets.html", context)


@get("/apps/pages/{app_name:str}", needs=WORKS_HERE)
def show_street_panel(session: ScopedSession, actor: Actor, place: Place, visit: Visit, app_name: AppName) -> View:
    """The page of an app that is let in everywhere, framed, for those who work in the street office."""
    return framed(session, actor, place, visit, panel_of_street(session, app_name))


@get("/apps/{app_id:uuid}", needs=READ)
def show_one_app(
    session: ScopedSession, request: Request, app_id: UUID, query: AttemptFilter = _EVERYTHING, after: str = ""
) -> View:
    """One app: what it may do in plain words, its tokens, and what was sent to it."""
    app = show_app(session, app_id)
    attempts, following = list_attempts(session, app_id, query, after=after)
    names = community_names(session)
    titles = permission_titles(_plugins(request))
    context = {
        "app": app,
        "permissions": [_(titles[each]) if each in titles else each for each in app.permissions],
        "events": {each: _title_of(each) for each in app.event_types},
        "attempt_events": {each.event: _title_of(each.event) for each in attempts},
        "places": _("全街道") if app.whole_street else _("、").join(names.get(each, "") for each in app.communities),
        "communities": names,
        "attempts": attempts,
        "next": following,
        "is_filtered": bool(query.outcome or query.event),
        "longest": longest_days(session),
        "consumer": webhooks.consumer_of(app_id),
        **app_words(),
    }
    return View("apps/detail.html", context, fragment="apps/_attempts.html")


@get("/apps/{app_id:uuid}/edit", needs=MANAGE)
def edit_app(session: ScopedSession, actor: Actor, request: Request, app_id: UUID) -> View:
    """The form to change what an app may do."""
    app = show_app(session, app_id)
    offered = _offered(session, actor, _plugins(request), app.permissions, app.event_types)
    return View("apps/form.html", {"app": app, "usual_rate": app.rate, **offered})


@post("/apps/{app_id:uuid}", needs=MANAGE, retry=edit_app)
def save_app_terms(
    session: ScopedSession, actor: Actor, house: House, request: Request, app_id: UUID, data: ChangeForm
) -> Redirect:
    """Change what an app may do, from its next request on."""
    wanted = AppUpdate(**{name: getattr(data, name) for name in data.__struct_fields__})
    with kept_in_form():
        update_app(session, actor, ground_of(house, request), app_id, wanted)
    return Redirect(f"/apps/{app_id}", _("已保存，立即生效"))


@post("/apps/{app_id:uuid}/suspend", needs=MANAGE, retry=show_one_app)
def stop_app(session: ScopedSession, actor: Actor, app_id: UUID, data: ReasonForm) -> Redirect:
    """Stop an app for the time being."""
    suspend_app(session, actor, app_id, reason=data.reason)
    return Redirect(f"/apps/{app_id}", _("已暂停，立即生效"))


@post("/apps/{app_id:uuid}/resume", needs=MANAGE)
def let_app_go_on(session: ScopedSession, actor: Actor, app_id: UUID) -> Redirect:
    """Let a suspended app go on."""
    resume_app(session, actor, app_id)
    return Redirect(f"/apps/{app_id}", _("已恢复使用"))


@post("/apps/{app_id:uuid}/revoke", needs=MANAGE, retry=show_one_app)
def take_app_away(session: ScopedSession, actor: Actor, app_id: UUID, data: ReasonForm) -> Redirect:
    """End an app for good."""
    revoke_app(session, actor, app_id, reason=data.reason)
    return Redirect(f"/apps/{app_id}", _("已撤销，令牌、推送和页面都已停止"))


@post("/apps/{app_id:uuid}/tokens", needs=MANAGE, retry=show_one_app)
def make_app_token(session: ScopedSession, app_id: UUID, data: TokenForm) -> View:
    """A new token, shown now and never again."""
    app = find_app(session, app_id, for_change=True)
    token = issue_token(session, app, days=data.days, overlap_hours=data.overlap_hours)
    return View("apps/secrets.html", {"app": show_app(session, app_id), "token": token, "secret": ""})


@post("/apps/{app_id:uuid}/tokens/{token_id:uuid}/revoke", needs=MANAGE)
def stop_app_token(session: ScopedSession, app_id: UUID, token_id: UUID) -> Redirect:
    """End one token at once."""
    end_token(session, find_app(session, app_id, for_change=True), token_id)
    return Redirect(f"/apps/{app_id}", _("令牌已撤销，立即失效"))


@post("/apps/{app_id:uuid}/secret", needs=MANAGE, retry=show_one_app)
def make_app_secret(session: ScopedSession, app_id: UUID, data: SecretForm) -> View:
    """A new signing secret, shown now and never again."""
    app = find_app(session, app_id, for_change=True)
    secret = rotate_secret(session, app, overlap_hours=data.overlap_hours)
    return View("apps/secrets.html", {"app": show_app(session, app_id), "token": "", "secret": secret})


@post("/apps/{app_id:uuid}/test", needs=MANAGE)
def try_app(session: ScopedSession, app_id: UUID) -> Redirect:
    """Send an app a message that says nothing."""
    webhooks.send_test(session, find_app(session, app_id, for_change=True))
    return Redirect(f"/apps/{app_id}", _("已发出测试，几秒后刷新页面，看下面的投递记录"))


@post("/apps/{app_id:uuid}/attempts/{app_attempt_id:uuid}/resend", needs=MANAGE)
def send_to_app_again(session: ScopedSession, app_id: UUID, app_attempt_id: UUID) -> Redirect:
    """Send once more what an attempt was about."""
    webhooks.resend(session, find_app(session, app_id, for_change=True), app_attempt_id)
    return Redirect(f"/apps/{app_id}", _("已重新发送，几秒后刷新页面，看下面的投递记录"))


@post("/apps/{app_id:uuid}/webhook", needs=MANAGE)
def send_to_app_from_now_on(session: ScopedSession, actor: Actor, app_id: UUID) -> Redirect:
    """Send to an app again after its address had failed for days."""
    count = webhooks.turn_on(session, actor, find_app(session, app_id, for_change=True))
    return Redirect(f"/apps/{app_id}", _("已恢复推送，没有送到的 {n} 件重新投递").format(n=count))


def _plugins(request: Request) -> Plugins:
    plugins: Plugins = request.app.state.site.plugins
    return plugins


def _title_of(event: str) -> str:
    return _("测试") if event == webhooks.TEST else event_title(event)


def _offered(
    session: ScopedSession, actor: Actor, plugins: Plugins, had: list[str] | None = None, heard: list[str] | None = None
) -> dict[str, Any]:
    titles = permission_titles(plugins)
    offered = grantable(session, actor, plugins)
    offered |= {each: titles[each] for each in had or [] if each in titles}
    events = told_events(session, plugins) | {each: event_title(each) for each in heard or []}
    return {
        "offered": [(name, _(offered[name])) for name in titles if name in offered],
        "events": {name: _(title) for name, title in sorted(events.items())},
        "communities": {str(key): name for key, name in community_names(session).items()},
    }


pages = [
    show_apps,
    *table_pages(show_apps),
    show_street_panel,
    new_app,
    save_app,
    show_one_app,
    edit_app,
    save_app_terms,
    stop_app,
    let_app_go_on,
    take_app_away,
    make_app_token,
    stop_app_token,
    make_app_secret,
    try_app,
    send_to_app_again,
    send_to_app_from_now_on,
]
