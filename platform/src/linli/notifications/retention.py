"""What telling people keeps about them: their messages, their mailbox, what they want to hear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from linli.db.session import ScopedSession
from linli.kit.text import current_locale
from linli.notifications.composing import places_of
from linli.notifications.forgetting import forget_messages, messages_of, old_messages
from linli.notifications.kinds import find_kind
from linli.notifications.models import Contact, Notification, Preference
from linli.notifications.reach import opened_email
from linli.notifications.rendering import render
from linli.plugins.contributions import DataClass, Erased, Person, PersonalData


def _export_messages(session: ScopedSession, person: Person) -> Sequence[Mapping[str, Any]]:
    statement = select(Notification).where(messages_of(person.account_id, person.resident_ids))
    rows = list(session.scalars(statement.order_by(Notification.id.desc())))
    places = places_of(session, {row.community_id for row in rows})
    found = []
    for row in rows:
        words = render(find_kind(row.kind), row.context, places[row.community_id], locale=current_locale())
        found.append(
            {
                "at": row.created_at.isoformat(),
                "kind": row.kind,
                "subject": words.subject,
                "body": words.body,
                "read_at": row.read_at.isoformat() if row.read_at else None,
            }
        )
    return found


def _erase_messages(session: ScopedSession, person: Person) -> Erased:
    which = select(Notification.id).where(messages_of(person.account_id, person.resident_ids))
    if (here := session.scope.communities) is not None:
        # The street's own rows are not a community's to delete.
        which = which.where(Notification.community_id.in_(here))
    return Erased(len(forget_messages(session, which)))


def _export_contact(session: ScopedSession, person: Person) -> Sequence[Mapping[str, Any]]:
    if person.account_id is None:
        return []
    contact = session.scalar(select(Contact).where(Contact.account_id == person.account_id))
    wanted = session.scalars(
        select(Preference).where(Preference.account_id == person.account_id).order_by(Preference.kind)
    )
    rows: list[dict[str, Any]] = [{"kind": each.kind, "channel": each.channel, "is_on": each.is_on} for each in wanted]
    if contact is not None:
        hours = [each and f"{each:%H:%M}" for each in (contact.quiet_from, contact.quiet_until)]
        rows.insert(0, {"email": opened_email(session, contact), "rest_from": hours[0], "rest_until": hours[1]})
    return rows


def _erase_contact(session: ScopedSession, person: Person) -> Erased:
    if person.account_id is None:
        return Erased(0)
    return Erased(forget_contact(session, person.account_id))


def forget_contact(session: ScopedSession, account_id: UUID) -> int:
    """Remove the mailbox and the choices of an account; how many rows that were."""
    return sum(
        len(session.execute(delete(table).where(table.account_id == account_id).returning(table.id)).all())
        for table in (Preference, Contact)
    )


def _purge_messages(session: ScopedSession, before: datetime, limit: int, held: frozenset[UUID]) -> Sequence[UUID]:
    return forget_messages(session, old_messages(before, limit, held))


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
