"""What goes in and out of the guide, with the limits of each field."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from linli_waste_sorting.schemas import Category

#: Other names of one thing, and own things of one community.
MOST_ALIASES, MOST_OWN = 12, 300

ItemName = Annotated[str, Meta(min_length=1, max_length=20)]
Aliases = Annotated[str, Meta(max_length=200, description="other names, parted by `、`")]
Hint = Annotated[str, Meta(max_length=40, description="where people hesitate, in a few words")]


class GuideItemWrite(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a community settles for its own place; ``version`` is the one that was read."""

    name: ItemName
    aliases: Aliases = ""
    category: Category
    hint: Hint = ""
    version: int | None = None


class GuideItemOut(msgspec.Struct, kw_only=True):
    """What a community has settled for its own place."""

    id: UUID
    community_id: UUID
    name: str
    aliases: str
    category: str
    hint: str
    version: int


class GuideEntry(msgspec.Struct, kw_only=True):
    """Something to throw away, and where it goes."""

    name: str
    english: Annotated[str, Meta(description="empty where a community named it")]
    aliases: list[str]
    category: str
    category_title: Annotated[str, Meta(description="what that kind is called in this place")]
    hint: Annotated[str, Meta(description="in the language of the request; empty where nobody hesitates")]
    is_own: Annotated[bool, Meta(description="settled by the community itself")]
