"""Messages for programs: one's own inbox and preferences, the street's words, and what became of sending."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from msgspec import UnsetType

from linli.db.session import ScopedSession
from linli.house import House
from linli.kit.actor import Actor
from linli.kit.cursor import PAGE, After, Limit
from linli.kit.text import gettext as _
from linli.notifications.choosable import choosable_channels, choosable_kinds
from linli.notifications.inbox import Message, get_message, list_messages, mark_all_read, mark_read, unread_count
from linli.notifications.kinds import kinds_on, names_of
from linli.notifications.log import DeliveryRow, State, counts, list_deliveries, resend, resend_failed
from linli.notifications.preferences import choose, confirm_email, reachability, remove_email, request_email, set_rest
from linli.notifications.quiet import read_hour
from linli.notifications.rendering import Words
from linli.notifications.schemas import (
    ChannelName,
    ChoiceOut,
    DeliveryCounts,
    DeliveryOut,
    InboxCounts,
    KindOut,
    MailboxCode,
    MailboxIn,
    MarkedOut,
    MessageOut,
    PreferencesOut,
    PreferencesPatch,
    PreviewOut,
    ResentOut,
    TemplateIn,
    TemplateOut,
)
from linli.notifications.templates import (
    Template,
    clear_template,
    get_template,
    preview,
    rewritten,
    set_template,
)
from linli.plugins.gate import is_on
from linli.web.results import Page, page_of
from linli.web.routing import delete, get, patch, post, put
from linli.web.visit import Visit

_TAGS = ("notifications",)


@get("/inbox", signed_in=True, tags=_TAGS)
def list_inbox(
    session: ScopedSession, actor: Actor, unread: bool = False, after: After = "", limit: Limit = PAGE
) -> Page[MessageOut]:
    """The caller's own messages here, newest first."""
    messages, following = list_messages(session, actor, unread=unread, after=after, limit=limit)
    return Page(items=[_message(each) for each in messages], next=following)


@get("/inbox/counts", signed_in=True, tags=_TAGS)
def count_inbox(session: ScopedSession, actor: Actor) -> InboxCounts:
    """How many of the caller's own messages wait here."""
    return InboxCounts(unread=unread_count(session, actor))


@get("/inbox/{message_id:uuid}", signed_in=True, tags=_TAGS)
def get_inbox_message(session: ScopedSession, actor: Actor, message_id: UUID) -> MessageOut:
    """One of the caller's own messages; asking does not mark it as read."""
    return _message(get_message(session, actor, message_id))


@post("/inbox/{message_id:uuid}/read", signed_in=True, status=200, tags=_TAGS)
def read_inbox_message(session: ScopedSession, actor: Actor, message_id: UUID) -> MessageOut:
    """Mark a message as read; a second time changes nothing."""
    return _message(mark_read(session, actor, message_id))


@post("/inbox/read-all", signed_in=True, status=200, tags=_TAGS)
def read_whole_inbox(session: ScopedSession, actor: Actor) -> MarkedOut:
    """Mark every message here as read."""
    return MarkedOut(marked=mark_all_read(session, actor))


def _message(message: Message) -> MessageOut:
    return MessageOut(**{name: getattr(message, name) for name in MessageOut.__struct_fields__})


@get("/notification-preferences", signed_in=True, tags=_TAGS)
def get_preferences(session: ScopedSession, actor: Actor, visit: Visit) -> PreferencesOut:
    """How the caller is reached here."""
    kinds = choosable_kinds(actor, visit.plugins)
    mine = reachability(session, actor, kinds, choosable_channels(session.info["channels"]))
    return PreferencesOut(
        choices=[
            ChoiceOut(
                kind=each.kind.name,
                kind_title=_(each.kind.title),
                channel=each.channel,  # type: ignore[arg-type]
                is_on=each.is_on,
                is_fixed=each.is_fixed,
            )
            for each in mine.choices
        ],
        rest_from=f"{mine.rest[0]:%H:%M}" if mine.rest else "",
        rest_until=f"{mine.rest[1]:%H:%M}" if mine.rest else "",
        usual_rest_from=f"{mine.usual_rest[0]:%H:%M}",
        usual_rest_until=f"{mine.usual_rest[1]:%H:%M}",
        email_mask=mine.email_mask,
        pending_email_mask=mine.pending_mask,
    )


@patch("/notification-preferences", signed_in=True, tags=_TAGS)
def update_preferences(session: ScopedSession, actor: Actor, visit: Visit, data: PreferencesPatch) -> PreferencesOut:
    """Change some of the caller's choices; they hold in the whole street."""
    if not isinstance(data.choices, UnsetType):
        wanted = {(each.kind, each.channel): each.is_on for each in data.choices}
        choose(session, actor, wanted, choosable_kinds(actor, visit.plugins))  # type: ignore[arg-type]
    if not isinstance(data.rest, UnsetType):
        set_rest(session, actor, (read_hour(data.rest.begin), read_hour(data.rest.end)) if data.rest else None)
    return get_preferences.call(session, actor, visit)


@post("/notification-preferences/email", signed_in=True, status=202, tags=_TAGS)
def request_mailbox(
    house: House, session: ScopedSession, actor: Actor, visit: Visit, data: MailboxIn
) -> PreferencesOut:
    """Have a code written to a mailbox; it is used once the code comes back."""
    request_email(house, session, actor, data.email)
    return get_preferences.call(session, actor, visit)


@post("/notification-preferences/email/confirm", signed_in=True, status=200, tags=_TAGS)
def confirm_mailbox(
    house: House, session: ScopedSession, actor: Actor, visit: Visit, data: MailboxCode
) -> PreferencesOut:
    """Take the mailbox into use whose code this is."""
    confirm_email(house, session, actor, data.code)
    return get_preferences.call(session, actor, visit)


@delete("/notification-preferences/email", signed_in=True, tags=_TAGS)
def remove_mailbox(session: ScopedSession, actor: Actor) -> None:
    """Forget the caller's mailbox."""
    remove_email(session, actor)


@get("/notification-kinds", needs="core.message.read", tags=_TAGS)
def list_kinds(session: ScopedSession, visit: Visit, after: After = "", limit: Limit = PAGE) -> Page[KindOut]:
    """Every kind of message that is sent in the street."""
    own = rewritten(session)
    kinds = [
        KindOut(
            name=kind.name,
            title=_(kind.title),
            is_urgent=kind.is_urgent,
            channels=list(kind.channels),
            names=sorted(names_of(kind)),
            rewritten=[f"{locale}/{channel}" for locale, channel in own.get(kind.name, [])],
        )
        for kind in kinds_on(lambda owner: is_on(owner, visit.plugins))
    ]
    return page_of(kinds, after, limit, key=lambda kind: kind.name)


_TEMPLATE = "/notification-kinds/{kind:str}/{locale:str}/{channel:str}"


@get(_TEMPLATE, needs="core.message.read", tags=_TAGS)
def get_words(session: ScopedSession, kind: str, locale: str, channel: str) -> TemplateOut:
    """The words of a kind: the street's own, or those that came with it."""
    return _template(get_template(session, kind, locale, channel))


@put(_TEMPLATE, needs="core.message.manage", tags=_TAGS)
def put_words(
    session: ScopedSession, actor: Actor, kind: str, locale: str, channel: str, data: TemplateIn
) -> TemplateOut:
    """Give a kind the street's own words."""
    template = get_template(session, kind, locale, channel)
    return _template(set_template(session, actor, template, Words(data.subject, data.body), version=data.version))


@post(f"{_TEMPLATE}/preview", needs="core.message.read", status=200, tags=_TAGS)
def preview_words(session: ScopedSession, kind: str, locale: str, channel: str, data: TemplateIn) -> PreviewOut:
    """A message made from these words, without keeping them."""
    shown = preview(session, get_template(session, kind, locale, channel), Words(data.subject, data.body))
    return PreviewOut(subject=shown.subject, body=shown.body)


@delete(_TEMPLATE, needs="core.message.manage", tags=_TAGS)
def delete_words(session: ScopedSession, kind: str, locale: str, channel: str) -> None:
    """Give up the street's own words; those that came with the kind hold again."""
    clear_template(session, get_template(session, kind, locale, channel))


def _template(template: Template) -> TemplateOut:
    return TemplateOut(
        kind=template.kind.name,
        locale=template.locale,
        channel=template.channel,
        subject=template.words.subject,
        body=template.words.body,
        is_own=template.own is not None,
        names=list(template.names),
        version=template.version,
    )


@get("/notification-deliveries", needs="core.message.read", tags=_TAGS)
def list_notification_deliveries(
    session: ScopedSession,
    state: State | Literal[""] = "",
    channel: ChannelName | Literal[""] = "",
    kind: str = "",
    sort: Literal["created_at", "-created_at", "attempts", "-attempts"] = "-created_at",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[DeliveryOut]:
    """Messages on their way through channels, newest first."""
    rows, following = list_deliveries(
        session, state=state, channel=channel, kind=kind, sort=sort, after=after, limit=limit
    )
    return Page(items=[_delivery(row) for row in rows], next=following)


@get("/notification-deliveries/counts", needs="core.message.read", tags=_TAGS)
def count_notification_deliveries(session: ScopedSession) -> DeliveryCounts:
    """What became of the messages of the last thirty days."""
    return DeliveryCounts(channels=counts(session))


@post("/notification-deliveries/{delivery_id:uuid}/resend", needs="core.message.manage", status=202, tags=_TAGS)
def resend_notification(session: ScopedSession, delivery_id: UUID) -> DeliveryOut:
    """Try a delivery anew."""
    return _delivery(resend(session, delivery_id))


@post("/notification-deliveries/resend-failed", needs="core.message.manage", status=202, tags=_TAGS)
def resend_failed_notifications(session: ScopedSession) -> ResentOut:
    """Try anew whatever failed in the last thirty days."""
    return ResentOut(resent=resend_failed(session))


def _delivery(row: DeliveryRow) -> DeliveryOut:
    return DeliveryOut(**{name: getattr(row, name) for name in DeliveryOut.__struct_fields__})


_own = [
    list_inbox,
    count_inbox,
    get_inbox_message,
    read_inbox_message,
    read_whole_inbox,
    get_preferences,
    update_preferences,
    request_mailbox,
    confirm_mailbox,
    remove_mailbox,
]
_deliveries = [
    list_notification_deliveries,
    count_notification_deliveries,
    resend_notification,
    resend_failed_notifications,
]
street_api = [*_own, list_kinds, get_words, put_words, preview_words, delete_words, *_deliveries]
community_api = [*_own, *_deliveries]
