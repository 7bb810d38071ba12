"""A form that somebody else overtook: what was typed stays, and the page says who changed what meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from linli.audit.models import AuditEntry
from linli.db.session import ScopedSession
from linli.kit.errors import Conflict, Invalid
from linli.kit.text import gettext as _
from linli.web.forms import Form

#: Changes shown at most; older ones are in the audit trail.
_MOST = 5


@dataclass(frozen=True, slots=True)
class Change:
    """One field that somebody else changed: its title, and the value before and after."""

    title: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """One act of somebody else since the form was opened."""

    who: str
    at: datetime
    changes: tuple[Change, ...]


@contextmanager
def kept_in_form() -> Iterator[None]:
    """Turn a conflict into a fault of the form, so that the page comes back with what was typed."""
    try:
        yield
    except Conflict as error:
        # "Refresh and try again" would cost what was typed; the page shows the changes instead.
        is_overtaken = error.message == Conflict().message
        raise Invalid(_("还没有保存，请先看上面的说明") if is_overtaken else error.message) from error


def sent_version(form: Form) -> int:
    """The version that the form was opened with.

    Raises:
        Invalid: the form does not say.
    """
    text = form.value("version")
    if not text.isdecimal() or len(text) > 9:
        raise Invalid(_("页面已过期，请刷新后重试"))
    return int(text)


def changed_meanwhile(
    session: ScopedSession, form: Form, subject: tuple[str, UUID], version: int, titles: Mapping[str, str]
) -> list[Meanwhile]:
    """What others did to a row since the form that came back was opened; empty when it was not overtaken.

    Args:
        session: the unit of work.
        form: what was sent.
        subject: type and id as the audit trail names them.
        version: the row's version now.
        titles: the fields that the form shows, each with its title; others are left out.
    """
    sent = form.value("version")
    if not form.is_sent or not sent.isdecimal() or int(sent[:9]) >= version:
        return []
    missed = min(version - int(sent[:9]), _MOST)
    entries = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.subject_type == subject[0], AuditEntry.subject_id == str(subject[1]))
        .order_by(AuditEntry.n.desc())
        .limit(missed)
    ).all()
    return [Meanwhile(each.actor_name, each.at, _changes(each, titles)) for each in entries]


def _changes(entry: AuditEntry, titles: Mapping[str, str]) -> tuple[Change, ...]:
    before, after = entry.before or {}, entry.after or {}
    return tuple(
        Change(title, _shown(before.get(name)), _shown(after.get(name)))
        for name, title in titles.items()
        if name in before or name in after
    )


def _shown(value: Any) -> str:
    if value is None or value == "":
        return _("未填写")
    if isinstance(value, bool):
        return _("是") if value else _("否")
    return str(value)
