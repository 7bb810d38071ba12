"""What is said about apps in the API and in forms."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct, field

Name = Annotated[
    str, Meta(pattern="^[a-z][a-z0-9-]{1,38}$", description="stands in addresses; small letters, digits, hyphens")
]
Title = Annotated[str, Meta(min_length=1, max_length=40)]
Contact = Annotated[str, Meta(min_length=1, max_length=200, description="an office with its number, no private one")]
Purpose = Annotated[str, Meta(min_length=1, max_length=500)]
Permissions = Annotated[list[str], Meta(max_length=200, description="each held by whoever registers it")]
Communities = Annotated[list[UUID], Meta(max_length=500, description="where it is let in, unless everywhere")]
EventTypes = Annotated[list[str], Meta(max_length=200, description="the events that it is told of")]
Url = Annotated[str, Meta(max_length=500)]
#: Requests of the API in a minute.
Rate = Annotated[int, Meta(ge=1, le=6000)]
Hours = Annotated[int, Meta(ge=0, le=168, description="how long the one before goes on beside it")]
Reason = Annotated[str, Meta(min_length=1, max_length=500)]
USUAL_RATE = 120
USUAL_OVERLAP = 24


class AppTerms(Struct, kw_only=True, forbid_unknown_fields=True):
    """What an app is for, and what it may do."""

    title: Title
    contact: Contact
    purpose: Purpose
    permissions: Permissions = []
    whole_street: Annotated[bool, Meta(description="let in everywhere, in communities that come later too")] = False
    communities: Communities = []
    event_types: EventTypes = []
    webhook_url: Url = ""
    panel_url: Url = ""
    rate: Rate = USUAL_RATE


class AppIn(AppTerms, kw_only=True, forbid_unknown_fields=True):
    """A new app; its name stays."""

    name: Name
    days: Annotated[int, Meta(ge=1, le=365, description="until its first token expires")] = 90


class AppUpdate(AppTerms, kw_only=True, forbid_unknown_fields=True):
    """All of an app's terms, as they shall be; ``version`` is the one that was read."""

    version: int


class TokenIn(Struct, kw_only=True, forbid_unknown_fields=True):
    """A new token; those before it go on for some hours."""

    days: Annotated[int, Meta(ge=1, le=365)] = 90
    overlap_hours: Hours = USUAL_OVERLAP


class SecretIn(Struct, kw_only=True, forbid_unknown_fields=True):
    """A new signing secret; the one before signs beside it for some hours."""

    overlap_hours: Hours = USUAL_OVERLAP


class ReasonIn(Struct, kw_only=True, forbid_unknown_fields=True):
    """Why."""

    reason: Reason


class PanelSwitch(Struct, kw_only=True, forbid_unknown_fields=True):
    """Whether the app's page is shown in this community."""

    shows_panel: bool


class AppTokenOut(Struct, kw_only=True):
    """A token as it is listed; ``hint`` is how it begins."""

    id: UUID
    hint: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


class AppOut(Struct, kw_only=True):
    """An app of the street.

    ``state`` is active, suspended or revoked; ``webhook`` is none, on, failing or off.
    """

    id: UUID
    version: int
    name: str
    title: str
    contact: str
    purpose: str
    state: str
    state_reason: str
    permissions: list[str]
    whole_street: bool
    communities: list[UUID]
    event_types: list[str]
    webhook_url: str
    webhook: str
    panel_url: str
    rate: int
    created_at: datetime
    last_used_at: Annotated[datetime | None, Meta(description="when one of its tokens was used, to five minutes")] = (
        None
    )
    old_secret_until: datetime | None = None
    tokens: Annotated[list[AppTokenOut], Meta(max_length=20, description="the newest")] = field(default_factory=list)


class AppSecrets(Struct, kw_only=True):
    """What is told once and never again; what is empty was not made anew."""

    app: AppOut
    token: str = ""
    secret: str = ""


class AppHere(Struct, kw_only=True):
    """An app that reaches a community, as the community sees it."""

    id: UUID
    name: str
    title: str
    contact: str
    purpose: str
    state: str
    permissions: list[str]
    event_types: list[str]
    has_panel: bool
    shows_panel: bool


class AttemptOut(Struct, kw_only=True):
    """One try at sending something to an app; ``fault`` says why nothing came back."""

    id: UUID
    message_id: str
    event_id: UUID | None
    event: str
    community_id: UUID | None
    attempt: int
    status: int | None
    ms: int | None
    fault: str
    answer: Annotated[str, Meta(description="how the answer began")]
    created_at: datetime


class TestSent(Struct, kw_only=True):
    """A message that is on its way; its attempts bear this id."""

    message_id: str
    job_id: UUID
