"""Facts about rankings that other plugins and apps may want to hear of."""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from uuid import UUID

from linli.sdk import Event


class RankingPublished(Event, frozen=True, kw_only=True):
    """A month's ranking can be read by residents.

    Attributes:
        ranking_id: of the ranking.
        community_id: ``None`` where the street ranked its communities.
        subject: ``communities``, ``compounds`` or ``buildings``.
        month: its first day.
        replaces_id: the withdrawn ranking that it puts right; ``None`` for a first one.
    """

    NAME: ClassVar[str] = "waste_sorting.RankingPublished"
    TITLE: ClassVar[str] = "垃圾分类排名公布"

    ranking_id: UUID
    community_id: UUID | None
    subject: str
    month: date
    replaces_id: UUID | None = None


class RankingWithdrawn(Event, frozen=True, kw_only=True):
    """A published ranking was taken back; its reason stands with it."""

    NAME: ClassVar[str] = "waste_sorting.RankingWithdrawn"
    TITLE: ClassVar[str] = "垃圾分类排名撤回"

    ranking_id: UUID
    community_id: UUID | None
    subject: str
    month: date
