"""What the managing pages offer to choose from: places within the person's reach, categories, and their words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from linli.sdk import (
    Actor,
    CompoundOutline,
    NotFound,
    Place,
    ScopedSession,
    StoredFile,
    community_outline,
    file_path,
    place_names,
    thumbnail_path,
)
from linli.sdk import gettext as _
from linli_notices.body import show_images
from linli_notices.forms import reach_key
from linli_notices.permissions import CREATE
from linli_notices.schemas import Attachment, PlaceRef


def community_of(place: Place) -> UUID | None:
    """The community whose portal this is; ``None`` for the street's."""
    return place.community.id if place.community else None


def required_community(place: Place) -> UUID:
    """The community whose portal this is. Raises ``NotFound`` in the street's."""
    if place.community is None:
        raise NotFound
    return place.community.id


def outline_of(session: ScopedSession, place: Place) -> list[CompoundOutline]:
    """The compounds and buildings of the portal's community; none in the street's."""
    return community_outline(session, place.community.id) if place.community else []


def translated(words: dict[str, str]) -> dict[str, str]:
    """Words of a table in the language of the request."""
    return {key: _(title) for key, title in words.items()}


def reaches(session: ScopedSession, actor: Actor, place: Place, permission: str = CREATE) -> dict[str, Any]:
    """What a notice may be for: ``whole`` or not, and the compounds with those of their buildings within reach."""
    community_id = community_of(place)
    compounds: list[dict[str, Any]] = []
    for compound in outline_of(session, place):
        where = {"community_id": community_id, "compound_id": compound.id}
        buildings = [
            (reach_key(compound.id, building.id), building.name)
            for building in compound.buildings
            if actor.can(permission, **where, building_id=building.id)
        ]
        is_held = actor.can(permission, **where)
        if is_held or buildings:
            key = reach_key(compound.id, None) if is_held else ""
            compounds.append({"key": key, "name": compound.name, "buildings": buildings})
    return {"whole": actor.can(permission, community_id=community_id), "compounds": compounds}


def reach_names(outline: Sequence[CompoundOutline], places: Sequence[PlaceRef], place: Place) -> str:
    """Whom a notice is for, in words."""
    if not places:
        return _("全社区") if place.community else _("全街道各社区")
    compounds = {each.id: each for each in outline}
    names = []
    for each in places:
        compound = compounds.get(each.compound_id)
        buildings = {building.id: building.name for building in compound.buildings} if compound else {}
        name = compound.name if compound else _("已归档的小区")
        names.append(f"{name} {buildings.get(each.building_id, '')}".strip() if each.building_id else name)
    return _("、").join(names)


def publisher_of(session: ScopedSession, community_id: UUID | None) -> str:
    """The office that speaks in a notice."""
    names = place_names(session, community_id)
    return f"{names.street}{names.community}"


def with_images(body_html: str, files: Sequence[StoredFile], place: Place) -> str:
    """A text whose images are the attachments of their names, at this portal's addresses."""
    addresses = {file.name: place.url(f"/files/{file.id}?inline=true") for file in files}
    return show_images(body_html, addresses.get, _("图片“{name}”没有上传"))


def listed_files(place: Place, files: Iterable[StoredFile]) -> list[Attachment]:
    """Files as the API gives them out, at this portal's addresses."""
    return [_attachment(place, file) for file in files]


def _attachment(place: Place, file: StoredFile) -> Attachment:
    return Attachment(
        id=file.id,
        name=file.name,
        media_type=file.media_type,
        size=file.size,
        path=place.url(file_path(file)),
        thumbnail=place.url(thumbnail_path(file)) if file.has_thumbnail else None,
        width=file.width,
        height=file.height,
    )
