"""What the pages' forms about objections hold."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from linli.sdk import Form, Invalid
from linli.sdk import gettext as _
from linli_notices.objections.answering import ObjectionFilter
from linli_notices.objections.filing import FILE_LIMIT, MOST_FILES, Upload
from linli_notices.objections.schemas import Answer, ObjectionKind, Outcome, Words

#: A form with as many files as it may have.
LARGEST_FORM = MOST_FILES * FILE_LIMIT + 1024 * 1024


class ObjectionForm(msgspec.Struct, kw_only=True):
    """What a resident says."""

    body: Words
    kind: ObjectionKind = "comment"
    shows_name: bool = False
    version: int = 0


class PaperForm(ObjectionForm, kw_only=True):
    """What a resident handed in on paper."""

    resident_id: UUID


class AnswerForm(msgspec.Struct, kw_only=True):
    """The answer of the staff."""

    version: int
    answer: Answer
    outcome: Outcome
    merged_into: UUID | None = None


class RevealForm(msgspec.Struct, kw_only=True):
    """Why somebody needs to know who it was."""

    reason: Annotated[str, Meta(min_length=1, max_length=200)]


def uploads_of(form: Form) -> list[Upload]:
    """The files of a form, in the order of its fields; empty fields are none."""
    names = [f"file{n}" for n in range(1, MOST_FILES + 1)]
    return [
        (form.uploads[name], form.files[name].filename, form.files[name].content_type or "")
        for name in names
        if form.uploads.get(name)
    ]


def objection_filter(q: str, state: str, kind: str, overdue: str, notice: str) -> ObjectionFilter:
    """What a list is narrowed by; blank texts narrow nothing. Raises ``Invalid``."""
    try:
        notice_id = UUID(notice) if notice else None
    except ValueError as error:
        raise Invalid.one("notice", _("没有找到这则公告")) from error
    return ObjectionFilter(notice_id, state, kind, overdue == "1", q.strip())
