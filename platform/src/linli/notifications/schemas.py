"""What the API tells and takes of messages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

ChannelName = Literal["email", "sms", "wechat"]
Hour = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):00$", description="a full hour, Asia/Shanghai")]


class MessageOut(Struct, kw_only=True):
    """A message in the inbox, in the caller's language."""

    id: UUID
    kind: str
    kind_title: str
    subject: str
    body: str
    link: Annotated[str, Meta(description="a path of this site; empty when it leads nowhere")]
    community: Annotated[str, Meta(description="empty for the street's own")]
    is_urgent: bool
    created_at: datetime
    read_at: datetime | None


class InboxCounts(Struct, kw_only=True):
    """What waits in the inbox."""

    unread: Annotated[int, Meta(description="at most 100")]


class MarkedOut(Struct, kw_only=True):
    """How many messages were marked as read."""

    marked: int


class ChoiceOut(Struct, kw_only=True):
    """One kind of message through one channel."""

    kind: str
    kind_title: str
    channel: ChannelName
    is_on: bool
    is_fixed: Annotated[bool, Meta(description="urgent: cannot be switched off")]


class PreferencesOut(Struct, kw_only=True):
    """How the caller is reached here."""

    choices: list[ChoiceOut]
    rest_from: Annotated[str, Meta(description="empty while the street's hours hold")]
    rest_until: str
    usual_rest_from: str
    usual_rest_until: str
    email_mask: Annotated[str, Meta(description="the confirmed mailbox; empty without one")]
    pending_email_mask: Annotated[str, Meta(description="a mailbox that waits for its code")]


class ChoiceIn(Struct, kw_only=True, forbid_unknown_fields=True):
    """One choice."""

    kind: Annotated[str, Meta(max_length=100)]
    channel: ChannelName
    is_on: bool


class RestIn(Struct, kw_only=True, forbid_unknown_fields=True):
    """Hours of rest; equal hours mean none at all."""

    begin: Hour
    end: Hour


class PreferencesPatch(Struct, kw_only=True, forbid_unknown_fields=True):
    """What to change; the rest stays as it is."""

    choices: Annotated[list[ChoiceIn], Meta(max_length=500)] | UnsetType = UNSET
    rest: RestIn | UnsetType | None = UNSET


class MailboxIn(Struct, kw_only=True, forbid_unknown_fields=True):
    """A mailbox to be confirmed by the code that is sent to it."""

    email: Annotated[str, Meta(min_length=3, max_length=254)]


class MailboxCode(Struct, kw_only=True, forbid_unknown_fields=True):
    """The code that came to the mailbox."""

    code: Annotated[str, Meta(min_length=1, max_length=20)]


class KindOut(Struct, kw_only=True):
    """A kind of message."""

    name: str
    title: str
    is_urgent: bool
    channels: list[str]
    names: Annotated[list[str], Meta(description="what its texts may mention, as {name}")]
    rewritten: Annotated[list[str], Meta(description="<locale>/<channel> with the street's own words")]


class TemplateOut(Struct, kw_only=True):
    """The words of one kind in one language and channel."""

    kind: str
    locale: str
    channel: str
    subject: str
    body: str
    is_own: Annotated[bool, Meta(description="the street's own words, not those that came with the kind")]
    names: list[str]
    version: Annotated[int, Meta(description="0 without words of the street's own")]


class TemplateIn(Struct, kw_only=True, forbid_unknown_fields=True):
    """The street's own words."""

    subject: Annotated[str, Meta(min_length=1, max_length=100)]
    body: Annotated[str, Meta(min_length=1, max_length=2000)]
    version: Annotated[int | None, Meta(description="refused when another one holds")] = None


class PreviewOut(Struct, kw_only=True):
    """A message made from words that are not kept yet."""

    subject: str
    body: str


class DeliveryOut(Struct, kw_only=True):
    """One message's way through one channel; tells of no address and no text."""

    id: UUID
    kind: str
    community_id: UUID | None
    channel: ChannelName
    state: Literal["queued", "held", "sent", "failed", "suppressed"]
    attempts: int
    error: str
    created_at: datetime
    due_at: datetime
    sent_at: datetime | None


class DeliveryCounts(Struct, kw_only=True):
    """Channel to state to number, of the last thirty days."""

    channels: dict[str, dict[str, int]]


class ResentOut(Struct, kw_only=True):
    """How many deliveries are tried anew."""

    resent: int
