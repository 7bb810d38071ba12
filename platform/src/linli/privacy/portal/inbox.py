"""Requests in the community's office, and over all communities in the street's console."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from msgspec import Struct

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.text import gettext as _
from linli.privacy import decisions
from linli.privacy.choices import ACCOUNT_OUTCOMES, STATES, IdentityCheck, privacy_words, words
from linli.privacy.inbox import RequestFilter, get_request, list_requests, load_by_community
from linli.privacy.permissions import HANDLE, READ
from linli.privacy.schemas import Decision, Reason
from linli.residents.choices import people_words
from linli.settings.catalogue import find_setting
from linli.tenancy.admin_portal.meanwhile import kept_in_form, sent_version
from linli.tenancy.admin_portal.places import community_of
from linli.web.forms import Form
from linli.web.place import Place
from linli.web.results import Redirect, View
from linli.web.routing import Portal, get, post
from linli.web.tables import DataTable, TableColumn, TableState, table_pages

REQUESTS = DataTable(
    name="privacy_requests",
    columns=(
        TableColumn("name", "居民", is_fixed=True),
        TableColumn("kind", "请求"),
        TableColumn("state", "状态"),
        TableColumn("asked_at", "提出", sort="asked_at", falls=True),
        TableColumn("due_on", "最迟答复", sort="due_on"),
    ),
    sort="-asked_at",
    filters=("kind", "state", "overdue"),
)


class DecisionForm(Struct, kw_only=True):
    """What the office decides."""

    decision: Literal["accept", "refuse"]
    reason: Reason
    identity_check: IdentityCheck | None = None


@get("/privacy", needs=READ, table=REQUESTS)
def show_inbox(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    table: TableState,
    kind: str = "",
    state: str = "",
    overdue: bool = False,
    after: str = "",
) -> View:
    """The community's requests."""
    wanted = RequestFilter(kind=kind, state=state, is_overdue=overdue)
    found, more = list_requests(session, actor, community_of(place).id, wanted, sort=table.sort, after=after)
    context = {
        "requests": found,
        "next": more,
        "kept_states": {name: title for name, title in words(STATES).items() if name != "waiting"},
        "overdue": overdue,
        "is_filtered": bool(kind or state or overdue),
        "due_source": _(find_setting("core", "privacy_request_days").source),
        **privacy_words(),
    }
    return View("privacy/inbox.html", context, fragment="privacy/_inbox.html")


@get("/privacy/{privacy_request_id:uuid}", needs=READ)
def show_request(session: ScopedSession, actor: Actor, privacy_request_id: UUID) -> View:
    """One request: what is asked, old and new side by side, and the decision."""
    request = get_request(session, actor, privacy_request_id)
    context = {"request": request, "may_handle": actor.holds(HANDLE), **privacy_words(), **people_words()}
    context["account_outcomes"] = words(ACCOUNT_OUTCOMES)
    context["due_source"] = _(find_setting("core", "privacy_request_days").source)
    return View("privacy/request.html", context)


@post("/privacy/{privacy_request_id:uuid}/decide", needs=HANDLE, retry=show_request)
def decide_request(
    session: ScopedSession, actor: Actor, form: Form, privacy_request_id: UUID, data: DecisionForm
) -> Redirect:
    """Accept or refuse."""
    wanted = Decision(
        accept=data.decision == "accept",
        reason=data.reason,
        version=sent_version(form),
        identity_check=data.identity_check,
    )
    with kept_in_form():
        decided = decisions.decide(session, actor, privacy_request_id, wanted)
    said = {
        "done": _("已同意并改正"),
        "refused": _("已答复：未同意"),
    }
    return Redirect(f"/privacy/{privacy_request_id}", said.get(decided.state, _("已同意，正在删除")))


@post("/privacy/{privacy_request_id:uuid}/again", needs=HANDLE, retry=show_request)
def erase_again(session: ScopedSession, actor: Actor, privacy_request_id: UUID) -> Redirect:
    """Try the failed parts of an erasure again."""
    with kept_in_form():
        decisions.erase_again(session, actor, privacy_request_id)
    return Redirect(f"/privacy/{privacy_request_id}", _("正在重试"))


@get("/privacy/{privacy_request_id:uuid}/certificate", needs=READ)
def show_certificate(session: ScopedSession, actor: Actor, place: Place, privacy_request_id: UUID) -> View:
    """The certificate of an erasure, to print and to hand over."""
    request = get_request(session, actor, privacy_request_id)
    context = {"request": request, "community": community_of(place), **privacy_words()}
    context["account_outcomes"] = words(ACCOUNT_OUTCOMES)
    return View("privacy/certificate.html", context)


@get("/privacy", needs=READ)
def show_street_overview(session: ScopedSession, place: Place) -> View:
    """How many requests wait in each community, and how many are overdue."""
    loads = load_by_community(session)
    addresses = {str(each.community_id): place.root_of(Portal.ADMIN, community=each.slug) for each in loads}
    totals = {"open": sum(each.open for each in loads), "overdue": sum(each.overdue for each in loads)}
    return View("privacy/overview.html", {"loads": loads, "addresses": addresses, "totals": totals})


pages = [show_inbox, *table_pages(show_inbox), show_request, decide_request, erase_again, show_certificate]
street_pages = [show_street_overview]
