"""The street's page of categories, in the console alone."""

from __future__ import annotations

from typing import Any

import msgspec

from linli.sdk import Actor, Form, NotFound, Redirect, ScopedSession, View, get, post
from linli.sdk import gettext as _
from linli_notices.categories import archive_category, categories, length_words, save_category
from linli_notices.choices import translated
from linli_notices.forms import CategoryForm
from linli_notices.permissions import MANAGE_CATEGORIES
from linli_notices.schemas import IDENTITY_RULES, KINDS, UNITS, CategoryWrite


@get("/categories", needs=MANAGE_CATEGORIES)
def list_categories(session: ScopedSession) -> View:
    """All categories, those that are no longer offered last."""
    found = [
        {"category": each, "length": length_words(each), "source": each.source}
        for each in categories(session, archived=True).values()
    ]
    found.sort(key=lambda each: each["category"].is_archived)
    return View("notices/categories.html", {"categories": found, "kinds": translated(KINDS)})


@get("/categories/new", needs=MANAGE_CATEGORIES)
def new_category() -> View:
    """An empty form."""
    return View("notices/category_form.html", {"category": None, "title": "", "source": "", **_words()})


@post("/categories/new", needs=MANAGE_CATEGORIES, retry=new_category)
def create_category(session: ScopedSession, actor: Actor, data: CategoryForm) -> Redirect:
    """Add a category of the street's own."""
    save_category(session, actor, "", _written(data))
    return Redirect("/notices/categories", _("类别已保存"))


@get("/categories/{key:str}/edit", needs=MANAGE_CATEGORIES)
def edit_category(session: ScopedSession, key: str) -> View:
    """The form of a category."""
    found = categories(session, archived=True).get(key)
    if found is None:
        raise NotFound(_("没有找到这个类别"))
    context = {"category": found, "title": found.title, "source": found.source}
    return View("notices/category_form.html", {**context, **_words()})


@post("/categories/{key:str}/edit", needs=MANAGE_CATEGORIES, retry=edit_category)
def update_category(session: ScopedSession, actor: Actor, key: str, data: CategoryForm) -> Redirect:
    """Change a category; notices that have been drafted keep their own values."""
    save_category(session, actor, key, _written(data))
    return Redirect("/notices/categories", _("类别已保存"))


@post("/categories/{key:str}/archive", needs=MANAGE_CATEGORIES)
def set_category_archived(session: ScopedSession, actor: Actor, key: str, form: Form) -> Redirect:
    """Offer a category no longer, or again."""
    archived = form.value("archived") != "0"
    archive_category(session, actor, key, archived=archived)
    return Redirect("/notices/categories", _("类别已停用") if archived else _("类别已恢复"))


def _words() -> dict[str, Any]:
    return {
        "kinds": translated(KINDS),
        "units": translated(UNITS),
        "identity_rules": translated(IDENTITY_RULES),
    }


def _written(data: CategoryForm) -> CategoryWrite:
    return CategoryWrite(**msgspec.structs.asdict(data))


console = (list_categories, new_category, create_category, edit_category, update_category, set_category_archived)
