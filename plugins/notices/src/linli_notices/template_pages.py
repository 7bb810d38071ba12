"""Pages of templates: looked at by those who draft, kept by those who manage them."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec

from linli.sdk import Actor, Form, Place, Redirect, ScopedSession, View, get, post
from linli.sdk import gettext as _
from linli_notices import notice_templates, service
from linli_notices.body import make_body
from linli_notices.categories import category_titles
from linli_notices.choices import community_of
from linli_notices.forms import TemplateForm
from linli_notices.permissions import CREATE, MANAGE_TEMPLATES, READ
from linli_notices.schemas import TemplateOut, TemplateWrite

Words = Annotated[str, msgspec.Meta(max_length=100)]

OWNERS = {"built_in": "平台自带", "street": "街道", "community": "本社区"}


@get("/templates", needs=CREATE)
def list_templates(session: ScopedSession, actor: Actor, place: Place, status: str = "") -> View:
    """The templates that this place may use, or those that it has put away."""
    community_id = community_of(place)
    return View(
        "notices/templates.html",
        {
            "templates": notice_templates.list_templates(session, community_id, archived=status == "archived"),
            "names": category_titles(session, archived=True),
            "owners": {key: _(name) for key, name in OWNERS.items()},
            "archived": status == "archived",
            "may_manage": actor.can(MANAGE_TEMPLATES, community_id=community_id),
        },
    )


@get("/templates/new", needs=MANAGE_TEMPLATES)
def new_template(
    session: ScopedSession, actor: Actor, place: Place, notice: UUID | None = None, template: Words = ""
) -> View:
    """The form of a new template: empty, or begun with a notice or another template."""
    start: dict[str, Any] = {"name": "", "title": "", "body": "", "category": "", "example": "", "version": 0}
    if notice is not None:
        found = service.find_managed(session, actor, READ, community_of(place), notice)
        start |= {"title": found.title, "body": found.body, "category": found.category, "name": found.title[:40]}
    elif template:
        chosen = notice_templates.get_template(session, community_of(place), template)
        start = msgspec.structs.asdict(chosen) | {"version": 0}
    return View("notices/template_form.html", {"template": None, "start": start, **_context(session)})


@post("/templates/new", needs=MANAGE_TEMPLATES, retry=new_template)
def create_template(session: ScopedSession, actor: Actor, place: Place, data: TemplateForm) -> Redirect:
    """Keep a new template."""
    made = notice_templates.save_template(session, actor, community_of(place), "", _written(data))
    return Redirect(f"/notices/templates/{made.id}", _("模板已保存"))


@get("/templates/{template_id:str}", needs=CREATE)
def show_template(session: ScopedSession, actor: Actor, place: Place, template_id: str) -> View:
    """A template, and the same text filled in."""
    community_id = community_of(place)
    found = notice_templates.get_template(session, community_id, template_id)
    is_ours = _is_ours(found, community_id)
    return View(
        "notices/template.html",
        {
            "template": found,
            "owner": _(OWNERS[found.owner]),
            "category": category_titles(session, archived=True).get(found.category, ""),
            "body_html": make_body(found.body).html,
            "example_html": make_body(found.example).html if found.example else "",
            "may_edit": is_ours and actor.can(MANAGE_TEMPLATES, community_id=community_id),
            "may_copy": not is_ours and actor.can(MANAGE_TEMPLATES, community_id=community_id),
        },
    )


@get("/templates/{template_id:str}/edit", needs=MANAGE_TEMPLATES)
def edit_template(session: ScopedSession, place: Place, template_id: str) -> View:
    """The form of a template."""
    found = notice_templates.get_template(session, community_of(place), template_id)
    context = _context(session)
    return View("notices/template_form.html", {"template": found, "start": msgspec.structs.asdict(found), **context})


@post("/templates/{template_id:str}/edit", needs=MANAGE_TEMPLATES, retry=edit_template)
def update_template(
    session: ScopedSession, actor: Actor, place: Place, template_id: str, data: TemplateForm
) -> Redirect:
    """Change a template."""
    notice_templates.save_template(session, actor, community_of(place), template_id, _written(data))
    return Redirect(f"/notices/templates/{template_id}", _("模板已保存"))


@post("/templates/{template_id:str}/archive", needs=MANAGE_TEMPLATES)
def archive_template(session: ScopedSession, actor: Actor, place: Place, template_id: str, form: Form) -> Redirect:
    """Offer a template no longer, or again."""
    archived = form.value("archived") != "0"
    notice_templates.archive_template(session, actor, community_of(place), template_id, archived=archived)
    return Redirect(f"/notices/templates/{template_id}", _("模板已停用") if archived else _("模板已恢复"))


def _context(session: ScopedSession) -> dict[str, Any]:
    return {"categories": category_titles(session, archived=True)}


def _written(data: TemplateForm) -> TemplateWrite:
    return TemplateWrite(**msgspec.structs.asdict(data))


def _is_ours(found: TemplateOut, community_id: UUID | None) -> bool:
    return found.owner == ("community" if community_id else "street")


managing = (
    list_templates,
    new_template,
    create_template,
    show_template,
    edit_template,
    update_template,
    archive_template,
)
