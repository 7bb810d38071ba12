"""The table of the guide: what a community has settled for its own place."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from linli.sdk import CommunityRow, Versioned
from linli_waste_sorting.models import CATEGORIES, Base

_CATEGORIES = ", ".join(f"'{each}'" for each in CATEGORIES)


class GuideItem(Base, CommunityRow, Versioned):
    """Something that the list does not name, or that goes elsewhere in this community 本社区规定."""

    __tablename__ = "guide_item"
    __keys__ = (
        CheckConstraint(f"category IN ({_CATEGORIES})", name="category"),
        UniqueConstraint("tenant_id", "community_id", "name"),
        Index("ix_guide_item_list", "tenant_id", "community_id", "id"),
    )

    name: Mapped[str]
    #: Other names, parted by 、; none of them stands in another row of the community.
    aliases: Mapped[str] = mapped_column(server_default="")
    category: Mapped[str]
    hint: Mapped[str] = mapped_column(server_default="")
