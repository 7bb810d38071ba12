"""Telling people: rows in their inboxes and the ways through channels, in the transaction of what they are told about.

Nothing is sent from here: the deliveries wait for ``core.deliver_notifications``, which begins after the commit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from linli.db.session import before_commit
from linli.kit.clock import now
from linli.kit.ids import new_id
from linli.notifications.context import stored
from linli.notifications.kinds import asked_of_context, find_kind
from linli.notifications.models import Notification
from linli.notifications.recipients import Recipient, each_once
from linli.plugins.contributions import CHANNELS, NotificationType
from linli.tasks.service import enqueue

#: The job that carries messages through the channels.
DELIVER = "core.deliver_notifications"

#: Recipients in one statement; a street of a hundred thousand is ten of them.
_AT_ONCE = 10_000

_TELL = text(
    """
    INSERT INTO core.notification (id, community_id, account_id, resident_id, person_id, building_id,
                                   kind, context, subject_type, subject_id, link, created_at)
    SELECT u.id, coalesce(CAST(:community AS uuid), r.community_id), u.account_id, u.resident_id,
           coalesce(u.resident_id, u.account_id), u.building_id,
           :kind, CAST(:context AS jsonb), :subject_type, CAST(:subject_id AS uuid), :link, :at
      FROM unnest(CAST(:ids AS uuid[]), CAST(:accounts AS uuid[]), CAST(:residents AS uuid[]),
                  CAST(:buildings AS uuid[])) AS u (id, account_id, resident_id, building_id)
      -- Only where the community is theirs: it need not be looked up for each of thousands otherwise.
      LEFT JOIN core.resident r ON CAST(:community AS uuid) IS NULL
           AND r.tenant_id = (SELECT sec.tenant_id()) AND r.id = u.resident_id
     WHERE NOT EXISTS (
       -- Told before under their account alone, as staff, or under an entry that lay in another hand.
       SELECT 1 FROM core.notification n
        WHERE n.tenant_id = (SELECT sec.tenant_id()) AND n.subject_id = CAST(:subject_id AS uuid) AND n.kind = :kind
          AND n.subject_type = :subject_type AND n.account_id = u.account_id
          AND n.community_id IS NOT DISTINCT FROM coalesce(CAST(:community AS uuid), r.community_id))
    ON CONFLICT DO NOTHING
    RETURNING id
    """
)

# A mailbox needs its proof, a text message a phone, and WeChat an account; who has none of them reads the inbox.
_SEND = text(
    """
    INSERT INTO core.notification_delivery (community_id, notification_id, channel, due_at, created_at)
    SELECT n.community_id, n.id, c.channel, :at, :at
      FROM core.notification n
     CROSS JOIN unnest(CAST(:channels AS text[])) AS c (channel)
      LEFT JOIN core.notification_preference p ON p.tenant_id = n.tenant_id AND p.account_id = n.account_id
           AND p.kind = n.kind AND p.channel = c.channel
      LEFT JOIN core.notification_contact k ON k.tenant_id = n.tenant_id AND k.account_id = n.account_id
      LEFT JOIN core.resident r ON r.tenant_id = n.tenant_id AND r.id = n.resident_id
     WHERE n.tenant_id = (SELECT sec.tenant_id()) AND n.id = ANY (CAST(:told AS uuid[]))
       AND CASE WHEN c.channel = ANY (CAST(:usual AS text[])) THEN :is_urgent OR coalesce(p.is_on, true)
                ELSE coalesce(p.is_on, false) END
       AND CASE c.channel WHEN 'email' THEN k.email_ct IS NOT NULL
                          WHEN 'sms' THEN n.account_id IS NOT NULL OR r.phone_ct IS NOT NULL
                          ELSE n.account_id IS NOT NULL END
    """
)


def notify(
    session: Session,
    kind: str,
    recipients: Iterable[Recipient],
    context: Mapping[str, Any],
    *,
    subject: tuple[str, UUID] | None = None,
    link: str = "",
    community_id: UUID | None = None,
) -> int:
    """Tell people something; after the commit it also goes out through the channels that each of them chose.

    Args:
        session: the unit of work of what they are told about: a rollback tells nobody.
        kind: the name of a declared ``NotificationType``.
        recipients: whom; each person is told once, however often they are named. See ``recipients_in``.
        context: what the names in the kind's texts stand for: texts, numbers, days, moments and ``Term``s. No more
            personal data than the text needs.
        subject: type and id of what it is about; who was told of the same kind and subject before is not told again.
        link: a path of this site that the message leads to.
        community_id: the community it belongs to; the scope's only one unless named. In a street's scope a resident's
            message belongs to their own community, and that of staff to the street.

    Returns:
        How many were told now.

    Raises:
        ValueError: nobody declared the kind, the context lacks a name of its texts, or the link leads elsewhere.
        TypeError: a value of the context cannot be shown.
    """
    declared = find_kind(kind)
    if declared is None:
        raise ValueError(f"nobody declared the notification {kind}")
    if missing := asked_of_context(declared) - context.keys():
        raise ValueError(f"notification {kind} needs {', '.join(sorted(missing))}")
    if link and not _is_own_path(link):
        raise ValueError(f"notification {kind}: {link!r} is no path of this site")
    told = each_once(recipients)
    values = {
        "community": community_id or session.info["scope"].community_id,
        "kind": kind,
        "context": msgspec.json.encode(stored(context)).decode(),
        "subject_type": subject[0] if subject else "",
        "subject_id": subject[1] if subject else None,
        "link": link,
        "at": now(),
    }
    return sum(_tell(session, declared, values, told[n : n + _AT_ONCE]) for n in range(0, len(told), _AT_ONCE))


def notified_by_building(session: Session, kind: str, subject: tuple[str, UUID]) -> dict[UUID | None, int]:
    """How many were told of a subject, by the building they lived in then; ``None`` for those told without a home."""
    rows = session.execute(
        select(Notification.building_id, func.count())
        .where(
            Notification.kind == kind,
            Notification.subject_type == subject[0],
            Notification.subject_id == subject[1],
        )
        .group_by(Notification.building_id)
    )
    return {row[0]: row[1] for row in rows}


def deliver_soon(session: Session, community_id: UUID | None) -> None:
    """Have what waits in this place sent after the commit; one job for each transaction, however much it tells."""
    # Asked for at the very end, so that a rolled-back savepoint cannot take the job of its neighbours along.
    session.info.setdefault("deliver_in", set()).add(community_id)
    before_commit(session, "deliver", _ask_for_delivery)


def _tell(session: Session, kind: NotificationType, values: dict[str, Any], people: list[Recipient]) -> int:
    columns = {
        "ids": [new_id() for _ in people],
        "accounts": [each.account_id for each in people],
        "residents": [each.resident_id for each in people],
        "buildings": [each.building_id for each in people],
    }
    told = list(session.scalars(_TELL, {**values, **columns}))
    if told:
        sent = session.connection().execute(
            _SEND,
            {
                "told": told,
                "at": values["at"],
                "channels": list(CHANNELS),
                "usual": list(kind.channels),
                "is_urgent": kind.is_urgent,
            },
        )
        if sent.rowcount:
            deliver_soon(session, values["community"])
    return len(told)


def _ask_for_delivery(session: Session) -> None:
    for community_id in session.info.pop("deliver_in", ()):
        enqueue(session, DELIVER, community_id=community_id)


def _is_own_path(link: str) -> bool:
    return re.fullmatch(r"/(?![/\\])[^\s\\]*", link) is not None and len(link) <= 500
