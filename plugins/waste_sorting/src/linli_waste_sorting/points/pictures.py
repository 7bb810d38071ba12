"""The photo of a thing of the catalogue: everybody who may redeem or hand it over may look at it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import cast
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from linli.sdk import Actor, Photo, ScopedSession, StoredFile, file_reader, is_enabled, record
from linli_waste_sorting.keeping import require
from linli_waste_sorting.photos import drop_photos, keep_photos, kept_photos
from linli_waste_sorting.points.catalogue import get_item
from linli_waste_sorting.points.models import Item
from linli_waste_sorting.points.permissions import HAND_OVER, MANAGE_REDEMPTION, READ_POINTS, VIEW_POINTS

ITEM = "points_item"


def set_photo(session: ScopedSession, actor: Actor, community_id: UUID, item_id: UUID, photos: Sequence[Photo]) -> Item:
    """Give a thing a photo in place of the one it has; none takes it away.

    Raises:
        Forbidden: the actor may not.
        NotFound: there is no such thing.
        Invalid: it is no picture, too large or damaged.
    """
    require(actor, MANAGE_REDEMPTION, community_id)
    item = get_item(session, community_id, item_id, lock=True)
    drop_photos(session, actor, ITEM, [item.id])
    keep_photos(session, actor, (ITEM, item.id), community_id, photos, most=1, field="photo")
    record(session, "waste_sorting.item.photo", (ITEM, item.id), community_id=community_id)
    return item


def photo_of(session: ScopedSession, item_id: UUID) -> StoredFile | None:
    """The photo of a thing; ``None`` where it has none."""
    return photos_by_item(session, [item_id]).get(item_id)


def photos_by_item(session: ScopedSession, item_ids: Collection[UUID]) -> dict[UUID, StoredFile]:
    """Thing to its photo; one query."""
    return {key: files[0] for key, files in kept_photos(session, ITEM, item_ids).items()}


@file_reader("waste_sorting", ITEM)
def may_see_item(unit: Session, actor: Actor, file: StoredFile) -> bool:
    """Who has points in the community, and who works with them."""
    session = cast(ScopedSession, unit)
    found = session.scalar(select(Item.community_id).where(Item.id == file.subject_id)) if file.subject_id else None
    if found is None or not is_enabled(session, "waste_sorting", community_id=found):
        return False
    named = (VIEW_POINTS, READ_POINTS, HAND_OVER, MANAGE_REDEMPTION)
    return any(
        actor.system or any(each.community_id in (None, found) for each in actor.grants_for(name)) for name in named
    )
