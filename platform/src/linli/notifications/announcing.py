"""A text that a plugin wants people to read, handed to the plugin that announces here, whichever that is.

Who wants something announced depends on nobody: where no announcer is on, nothing is announced, and its own pages show
what it has to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.plugins.gate import is_enabled


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What is to be announced.

    Attributes:
        title: at most 100 characters.
        body: paragraphs between blank lines; lines of cells parted by tabs are a table.
        community_id: to whom; ``None`` for everybody in the street.
        is_public: may be read without signing in.
        source: the plugin's name and the id of its thing: asked again for the same, it is the same announcement.
        corrects: the id of the announcement that this one puts right.
    """

    title: str
    body: str
    community_id: UUID | None
    is_public: bool = False
    source: tuple[str, UUID]
    corrects: UUID | None = None


class Announcer(Protocol):
    """A plugin that announces; registered with ``announcer``. What it raises reaches whoever wanted it announced."""

    def publish(self, session: ScopedSession, actor: Actor, wanted: Announcement) -> UUID:
        """Let people read it, and give the id under which it can be withdrawn."""
        ...

    def withdraw(
        self, session: ScopedSession, actor: Actor, community_id: UUID | None, announcement_id: UUID, reason: str
    ) -> None:
        """Take it back; a second call changes nothing."""
        ...


_announcers: dict[str, Announcer] = {}


def announcer(owner: str, given: Announcer) -> None:
    """Register the plugin that announces; called once, when the plugin's modules are imported."""
    _announcers[owner] = given


def announce(session: ScopedSession, actor: Actor, wanted: Announcement) -> UUID | None:
    """Have a text announced by the first announcer, by name, that is on at its place.

    Args:
        session: of the community, or of the street.
        actor: on whose behalf; must be allowed to publish with the announcer.
        wanted: the text.

    Returns:
        The id of the announcement; ``None`` where no announcer is on.

    Raises:
        Forbidden: the actor may not publish there.
        Invalid: the announcer does not take the text; names each field at fault.
    """
    for owner in sorted(_announcers):
        if is_enabled(session, owner, community_id=wanted.community_id):
            return _announcers[owner].publish(session, actor, wanted)
    return None


def withdraw_announcement(
    session: ScopedSession, actor: Actor, community_id: UUID | None, announcement_id: UUID, reason: str
) -> None:
    """Take an announcement back, with a reason that can be read; where its announcer is off nothing happens.

    Raises:
        Forbidden: the actor may not withdraw there.
        NotFound: there is no such announcement.
    """
    for owner in sorted(_announcers):
        if is_enabled(session, owner, community_id=community_id):
            _announcers[owner].withdraw(session, actor, community_id, announcement_id, reason)
            return
