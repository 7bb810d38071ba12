"""What somebody typed into a long form and has not sent: kept for them alone, sealed, for some days.

A draft is read by nobody but the form that it was typed into, and writes nothing: it is gone when the form is sent.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from uuid import UUID

import msgspec
from sqlalchemy import delete, select

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import now
from linli.kit.errors import Invalid
from linli.kit.text import gettext as _
from linli.web.models import FormDraft

#: Bytes of one draft, and drafts of one person in one portal's scope; the oldest gives way.
MOST_BYTES = 64 * 1024
MOST_DRAFTS = 20
_LONGEST_PATH = 300


@dataclass(frozen=True, slots=True)
class Draft:
    """What was kept of a form.

    Attributes:
        id: made of street, community, person and form: nobody comes to another's.
        kept_at: when it was last typed into.
        values: by field; only where it was opened.
    """

    id: UUID
    kept_at: datetime
    values: Mapping[str, list[str]] = field(default_factory=dict)


def draft_id(key: bytes, session: ScopedSession, actor: Actor, form: str) -> UUID:
    """The id of this person's draft of the form that is sent to a path."""
    parts = (str(session.scope.tenant_id), str(session.scope.community_id or ""), str(actor.account_id), form)
    return UUID(bytes=hmac.new(key, "\n".join(parts).encode(), sha256).digest()[:16])


def find_draft(key: bytes, session: ScopedSession, actor: Actor, form: str) -> Draft | None:
    """When this person kept a draft of this form; ``None`` when they have none."""
    if actor.account_id is None:
        return None
    kept_at = session.scalar(
        select(FormDraft.updated_at).where(
            FormDraft.id == draft_id(key, session, actor, form), FormDraft.account_id == actor.account_id
        )
    )
    return None if kept_at is None else Draft(draft_id(key, session, actor, form), kept_at)


def open_draft(session: ScopedSession, actor: Actor, row_id: UUID) -> Draft | None:
    """This person's draft with what they typed; ``None`` for anybody else's and for one that is gone."""
    if actor.account_id is None:
        return None
    row = session.scalars(
        select(FormDraft).where(FormDraft.id == row_id, FormDraft.account_id == actor.account_id)
    ).one_or_none()
    if row is None or row.community_id != session.scope.community_id:
        return None
    plain = session.vault.decrypt(session, "form_draft", "values", row.id, row.values_ct)
    return Draft(row.id, row.updated_at, msgspec.json.decode(plain, type=dict[str, list[str]]))


def keep_draft(
    key: bytes, session: ScopedSession, actor: Actor, form: str, values: Mapping[str, list[str]]
) -> Draft | None:
    """Keep what was typed in place of what was kept before; nothing is kept of an empty form.

    Raises:
        Invalid: more than ``MOST_BYTES``.
    """
    if actor.account_id is None or not any(text.strip() for texts in values.values() for text in texts):
        return None
    plain = msgspec.json.encode(values)
    if len(plain) > MOST_BYTES or len(form) > _LONGEST_PATH:
        raise Invalid(_("内容太长，草稿没有保存，请尽快提交（草稿最多 {n} KB）").format(n=MOST_BYTES // 1024))
    row_id = draft_id(key, session, actor, form)
    row = session.get(FormDraft, (session.scope.tenant_id, row_id))
    if row is None:
        _make_room(session, actor)
        row = FormDraft(id=row_id, community_id=session.scope.community_id, account_id=actor.account_id, form=form)
        session.add(row)
    row.values_ct = session.vault.encrypt(session, "form_draft", "values", row_id, plain.decode())
    row.updated_at = now()
    session.flush()
    return Draft(row_id, row.updated_at, values)


def _make_room(session: ScopedSession, actor: Actor) -> None:
    mine = [FormDraft.account_id == actor.account_id, FormDraft.community_id.is_not_distinct_from(_here(session))]
    kept = select(FormDraft.id).where(*mine).order_by(FormDraft.updated_at.desc(), FormDraft.id).limit(MOST_DRAFTS - 1)
    session.execute(
        delete(FormDraft).where(*mine, FormDraft.id.not_in(kept)), execution_options={"synchronize_session": False}
    )


def _here(session: ScopedSession) -> UUID | None:
    return session.scope.community_id


def drop_draft(key: bytes, session: ScopedSession, actor: Actor, form: str) -> None:
    """Forget what was kept of a form: it was sent, or its writer does not want it."""
    if actor.account_id is None:
        return
    row_id = draft_id(key, session, actor, form)
    session.execute(
        delete(FormDraft).where(FormDraft.id == row_id, FormDraft.account_id == actor.account_id),
        execution_options={"synchronize_session": False},
    )
