"""The pages of residents: what one has to say about a notice, and what became of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from linli.sdk import Actor, Form, NotFound, Place, Redirect, ScopedSession, View, get, post
from linli.sdk import gettext as _
from linli_notices import board, repository
from linli_notices.choices import required_community, translated
from linli_notices.objections import answering, filing, view
from linli_notices.objections.forms import LARGEST_FORM, ObjectionForm, uploads_of
from linli_notices.objections.models import Objection
from linli_notices.objections.schemas import (
    OBJECTION_KINDS,
    OBJECTION_STATES,
    OUTCOMES,
    ObjectionCreate,
    ObjectionUpdate,
)
from linli_notices.schemas import IDENTITY_RULES


@get("/{notice_id:uuid}/objections/new", signed_in=True)
def new_objection(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID) -> View:
    """The form for what a resident wants to say."""
    notice = board.readable_notice(session, actor, required_community(place), notice_id)
    found = view.objection_board(session, actor, required_community(place), notice)
    return View(
        "notices/own_objection_form.html",
        {
            "notice": {"id": notice.id, "title": notice.title, "identity_rule": notice.identity_rule},
            "board": found,
            "rule": _(IDENTITY_RULES[notice.identity_rule]),
            "objection": None,
            **words(),
        },
    )


@post("/{notice_id:uuid}/objections/new", signed_in=True, retry=new_objection, max_body=LARGEST_FORM)
def file_objection(
    session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, form: Form, data: ObjectionForm
) -> Redirect:
    """File it."""
    given = ObjectionCreate(body=data.body, kind=data.kind, shows_name=data.shows_name)
    row = filing.file_objection(session, actor, required_community(place), notice_id, given, uploads_of(form))
    return Redirect(f"/notices/{notice_id}/objections/{row.id}", _("已提出，答复后会通知您"))


@get("/{notice_id:uuid}/objections/{objection_id:uuid}", signed_in=True)
def show_own(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, objection_id: UUID) -> View:
    """One's own objection, its answer, and what can still be done with it."""
    row = _mine(session, actor, place, notice_id, objection_id)
    return View("notices/own_objection.html", _own(session, row))


@get("/{notice_id:uuid}/objections/{objection_id:uuid}/edit", signed_in=True)
def edit_own(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, objection_id: UUID) -> View:
    """The form to say something else instead."""
    row = _mine(session, actor, place, notice_id, objection_id)
    shown = _own(session, row)
    return View("notices/own_objection_form.html", shown | {"board": None})


@post("/{notice_id:uuid}/objections/{objection_id:uuid}/edit", signed_in=True, retry=edit_own, max_body=LARGEST_FORM)
def update_own(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    notice_id: UUID,
    objection_id: UUID,
    form: Form,
    data: ObjectionForm,
) -> Redirect:
    """Say something else instead; files that are sent are added."""
    community_id = required_community(place)
    filing.edit_objection(session, actor, community_id, objection_id, ObjectionUpdate(**msgspec.structs.asdict(data)))
    for upload in uploads_of(form):
        filing.add_file(session, actor, community_id, objection_id, upload)
    return Redirect(f"/notices/{notice_id}/objections/{objection_id}", _("已保存"))


@post("/{notice_id:uuid}/objections/{objection_id:uuid}/withdraw", signed_in=True, retry=show_own)
def withdraw_own(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, objection_id: UUID) -> Redirect:
    """Take it back."""
    filing.withdraw_objection(session, actor, required_community(place), objection_id)
    return Redirect(f"/notices/{notice_id}/objections/{objection_id}", _("已撤销"))


@post("/{notice_id:uuid}/objections/{objection_id:uuid}/files/{file_id:uuid}/remove", signed_in=True, retry=show_own)
def drop_own_file(
    session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, objection_id: UUID, file_id: UUID
) -> Redirect:
    """Take a file off it."""
    filing.drop_file(session, actor, required_community(place), objection_id, file_id)
    return Redirect(f"/notices/{notice_id}/objections/{objection_id}", _("附件已移除"))


def words() -> dict[str, Any]:
    """What kinds, states and outcomes are called."""
    return {
        "objection_kinds": translated(OBJECTION_KINDS),
        "objection_states": translated(OBJECTION_STATES),
        "outcomes": translated(OUTCOMES),
    }


def _mine(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, objection_id: UUID) -> Objection:
    row = filing.own_objection(session, actor, required_community(place), objection_id)
    if row.notice_id != notice_id:
        raise NotFound(_("没有找到这条意见"))
    return row


def _own(session: ScopedSession, row: Objection) -> dict[str, Any]:
    notice = repository.find(session, row.notice_id)
    files, answer_files = answering.files_of(session, row)
    rule = notice.identity_rule if notice else "masked"
    return {
        "notice": {"id": row.notice_id, "title": notice.title if notice else "", "identity_rule": rule},
        "rule": _(IDENTITY_RULES[rule]),
        "objection": {
            "id": row.id,
            "kind": row.kind,
            "body": row.body,
            "state": row.state,
            "shows_name": row.shows_name,
            "filed_at": row.filed_at,
            "edited_at": row.edited_at,
            "is_on_paper": row.is_on_paper,
            "filed_by_name": row.filed_by_name,
            "outcome": row.outcome,
            "answer": row.answer,
            "answer_due_on": row.answer_due_on,
            "answered_at": row.answered_at,
            "answered_by_name": row.answered_by_name,
            "version": row.version,
        },
        "files": files,
        "answer_files": answer_files,
        "may_change": notice is not None and view.may_change(session, notice, row),
        **words(),
    }


resident = (new_objection, file_objection, show_own, edit_own, update_own, withdraw_own, drop_own_file)
