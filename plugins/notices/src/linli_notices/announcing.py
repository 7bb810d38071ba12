"""Notices as the house's announcer: what another plugin wants announced becomes a notice."""

from __future__ import annotations

from uuid import UUID

from linli.sdk import Actor, Announcement, ScopedSession, announcer
from linli_notices.api import post_notice, take_notice_back


class Notices:
    """Posts and withdraws notices for others."""

    def publish(self, session: ScopedSession, actor: Actor, wanted: Announcement) -> UUID:
        """A published notice without a last day, against which nobody objects."""
        return post_notice(
            session,
            actor,
            title=wanted.title,
            body=wanted.body,
            community_id=wanted.community_id,
            is_public=wanted.is_public,
            allows_objections=False,
            source=wanted.source,
            corrects=wanted.corrects,
        )

    def withdraw(
        self, session: ScopedSession, actor: Actor, community_id: UUID | None, announcement_id: UUID, reason: str
    ) -> None:
        """The notice is withdrawn, and its record closed."""
        take_notice_back(session, actor, community_id, announcement_id, reason)


announcer("notices", Notices())
