"""What telling people keeps about them: their messages, their mailbox, what they want to hear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, or_, select

from linli.db.session import ScopedSession
from linli.notifications.models import Contact, Notification, Preference
from linli.plugins.contributions import DataClass, Erased, Person, PersonalData


def _theirs(person: Person) -> Any:
    return or_(Notification.resident_id.in_(person.resident_ids), Notification.account_id == person.account_id)


def _export_messages(session: ScopedSession, person: Person) -> Sequence[Mapping[str, Any]]:
    rows = session.scalars(select(Notification).where(_theirs(person)).order_by(Notification.id.desc()))
    return [{"at": each.created_at, "kind": each.kind, "read_at": each.read_at} for each in rows]


def _erase_messages(session: ScopedSession, person: Person) -> Erased:
    here = session.scope.communities
    gone = delete(Notification).where(_theirs(person))
    if here is not None:
        gone = gone.where(Notification.community_id.in_(here))
    return Erased(len(session.scalars(gone.returning(Notification.id)).all()))


def _export_contact(session: ScopedSession, person: Person) -> Sequence[Mapping[str, Any]]:
    if person.account_id is None:
        return []
    contact = session.scalar(select(Contact).where(Contact.account_id == person.account_id))
    wanted = session.scalars(select(Preference).where(Preference.account_id == person.account_id))
    rows: list[dict[str, Any]] = [{"kind": each.kind, "channel": each.channel, "is_on": each.is_on} for each in wanted]
    if contact is not None:
        email = (
            session.vault.decrypt(session, "notification_contact", "email", contact.id, contact.email_ct)
            if contact.email_ct
            else ""
        )
        rows.insert(0, {"email": email, "quiet_from": contact.quiet_from, "quiet_until": contact.quiet_until})
    return rows


def _erase_contact(session: ScopedSession, person: Person) -> Erased:  # noqa: ARG001 the session is of a community
    # They belong to the account, which the street forgets as the last step of an erasure.
    return Erased(0)


def forget_contact(session: ScopedSession, account_id: UUID) -> None:
    """Remove the mailbox and the wishes of an account that the street has forgotten."""
    for table in (Preference, Contact):
        session.execute(delete(table).where(table.account_id == account_id))


def _purge_messages(session: ScopedSession, before: datetime, limit: int, held: frozenset[UUID]) -> Sequence[UUID]:
    old = (
        select(Notification.id)
        .where(
            Notification.created_at < before,
            func.coalesce(Notification.resident_id.not_in(held), True),
            func.coalesce(Notification.account_id.not_in(held), True),
            func.coalesce(Notification.community_id.not_in(held), True),
        )
        .limit(limit)
    )
    return session.scalars(delete(Notification).where(Notification.id.in_(old)).returning(Notification.id)).all()


PERSONAL_DATA = (
    PersonalData(
        title="收到的消息",
        purpose="把与您有关的事告诉您。",
        basis="履行法定职责（个人信息保护法 第十三条）",
        export=_export_messages,
        erase=_erase_messages,
        tables=("core.notification",),
    ),
    PersonalData(
        title="通知方式",
        purpose="按您的选择，用邮件、短信或微信通知您。",
        basis="本人的选择（个人信息保护法 第十三条）",
        export=_export_contact,
        erase=_erase_contact,
        tables=("core.notification_contact", "core.notification_preference"),
    ),
)
DATA_CLASSES = (
    DataClass(
        name="core.notifications",
        title="收到的消息",
        days=730,
        source="看过即达到目的，保留两年便于查找（个人信息保护法 第十九条）",
        purge=_purge_messages,
    ),
)
