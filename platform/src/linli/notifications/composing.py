"""Making a batch ready to be sent: each message in its reader's language, from its own row and its own street alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select

from linli.channels import ChatMessage, Letter, TextMessage
from linli.db.session import ScopedSession
from linli.kit.text import speaking
from linli.notifications.kinds import find_kind
from linli.notifications.models import Delivery, MessageTemplate, Notification
from linli.notifications.reach import Readers
from linli.notifications.rendering import (
    MessagePlace,
    Overrides,
    Words,
    as_letter_html,
    as_letter_text,
    as_text_message,
    render,
    values_of,
)
from linli.tenancy.models import Community, Tenant


@dataclass(frozen=True, slots=True)
class Composed:
    """A message on the threshold."""

    delivery_id: UUID
    message: Letter | TextMessage | ChatMessage = field(repr=False)


def compose(
    session: ScopedSession, due: Sequence[tuple[Delivery, Notification, str]], readers: Readers, base_url: str
) -> list[Composed]:
    """The messages of deliveries that were found fit to be sent, each with its address."""
    if not due:
        return []
    places = places_of(session, {told.community_id for _row, told, _address in due})
    overrides = overrides_of(session, {told.kind for _row, told, _address in due})
    return [
        Composed(row.id, _message(row, told, address, readers, places[told.community_id], overrides, base_url))
        for row, told, address in due
    ]


def places_of(session: ScopedSession, communities: Collection[UUID | None]) -> dict[UUID | None, MessagePlace]:
    """The places of messages: of each of these communities, and of the street itself under ``None``."""
    street = session.execute(select(Tenant.name, Tenant.slug).where(Tenant.id == session.scope.tenant_id)).one()
    found: dict[UUID | None, MessagePlace] = {None: MessagePlace(street.name, "", f"/s/{street.slug}/console")}
    ids = [each for each in communities if each is not None]
    rows = session.execute(select(Community.id, Community.name, Community.slug).where(Community.id.in_(ids)))
    for row in rows if ids else ():
        found[row.id] = MessagePlace(street.name, row.name, f"/s/{street.slug}/c/{row.slug}")
    return found


def overrides_of(session: ScopedSession, kinds: Collection[str]) -> Overrides:
    """The street's own templates for these kinds."""
    rows = session.scalars(select(MessageTemplate).where(MessageTemplate.kind.in_(kinds)))
    return {(row.kind, row.locale, row.channel): Words(row.subject, row.body) for row in rows}


def _message(
    row: Delivery,
    told: Notification,
    address: str,
    readers: Readers,
    place: MessagePlace,
    overrides: Overrides,
    base_url: str,
) -> Letter | TextMessage | ChatMessage:
    locale = readers.locale_of(told.account_id)
    kind = find_kind(told.kind)
    words = render(kind, told.context, place, locale=locale, channel=row.channel, overrides=overrides)
    url = f"{base_url}{told.link}" if told.link else ""
    with speaking(locale):
        if row.channel == "email":
            preferences = f"{base_url}{place.root}/inbox/preferences"
            return Letter(
                id=str(row.id),
                to=address,
                sender_name=place.street,
                subject=words.subject,
                text=as_letter_text(words, place, url, preferences),
                html=as_letter_html(words, place, url, preferences, locale),
            )
        values = values_of(told.context, place)
        if row.channel == "sms":
            return TextMessage(address, told.kind, values, as_text_message(words, place), locale)
        return ChatMessage(UUID(address), told.kind, values, f"{words.subject}\n{words.body}", url, locale)
