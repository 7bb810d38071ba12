"""The JSON API of instructors and publicity: the same as the portals can do."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from linli.sdk import (
    PAGE,
    Actor,
    After,
    Api,
    Limit,
    Page,
    Place,
    ScopedSession,
    get,
    homes_of,
    page_of,
    post,
)
from linli_waste_sorting.asked import community_of
from linli_waste_sorting.instructors import service
from linli_waste_sorting.instructors.models import Publicity
from linli_waste_sorting.instructors.permissions import (
    NAME_INSTRUCTORS,
    NOTE_PUBLICITY,
    READ_INSTRUCTORS,
    VIEW_INSTRUCTORS,
)
from linli_waste_sorting.instructors.photos import PUBLICITY
from linli_waste_sorting.instructors.schemas import (
    InstructorEnd,
    InstructorOut,
    InstructorUndo,
    InstructorWrite,
    PublicityCreate,
    PublicityOut,
    PublicityStrike,
    PublicityWrite,
)
from linli_waste_sorting.photos import LARGEST_BODY, decoded, kept_photos, photos_out


def _where(place: Place, community_id: UUID | None) -> UUID | None:
    return place.community.id if place.community else community_id


@get("/instructors", needs=READ_INSTRUCTORS)
def list_instructors(
    session: ScopedSession,
    place: Place,
    community_id: UUID | None = None,
    after: UUID | None = None,
    limit: Limit = PAGE,
) -> Page[InstructorOut]:
    """Every term of an instructor, in the order in which they were written down"""
    rows, following = service.page_of_instructors(session, _where(place, community_id), after=after, limit=limit)
    return Page(items=[service.instructor_out(row) for row in rows], next=str(following) if following else None)


@post("/instructors", needs=NAME_INSTRUCTORS)
def name_instructor(session: ScopedSession, actor: Actor, place: Place, data: InstructorWrite) -> InstructorOut:
    """Write down who instructs people in a compound, and for how long"""
    return service.instructor_out(service.name_instructor(session, actor, community_of(place), data))


@post("/instructors/{instructor_id:uuid}/end", needs=NAME_INSTRUCTORS, status=200)
def end_instructor(
    session: ScopedSession, actor: Actor, place: Place, instructor_id: UUID, data: InstructorEnd
) -> InstructorOut:
    """Say which day is the last of a term"""
    return service.instructor_out(service.end_instructor(session, actor, community_of(place), instructor_id, data))


@post("/instructors/{instructor_id:uuid}/undo", needs=NAME_INSTRUCTORS, status=200)
def undo_instructor(
    session: ScopedSession, actor: Actor, place: Place, instructor_id: UUID, data: InstructorUndo
) -> InstructorOut:
    """Say that an entry was a mistake; it stays on record and counts nowhere"""
    row = service.undo_instructor(session, actor, community_of(place), instructor_id, data.reason)
    return service.instructor_out(row)


@get("/instructors/today", needs=VIEW_INSTRUCTORS)
def list_instructors_today(
    session: ScopedSession, actor: Actor, place: Place, after: After = "", limit: Limit = PAGE
) -> Page[InstructorOut]:
    """Who instructs people today in the compounds where one is at home"""
    homes = homes_of(session, actor, community_id=community_of(place))
    rows = service.instructors_on(session, {each.compound_id for each in homes})
    return page_of([service.instructor_out(row) for row in rows], after, limit, key=lambda each: str(each.id))


@get("/publicity", needs=READ_INSTRUCTORS)
def list_publicity(
    session: ScopedSession,
    place: Place,
    community_id: UUID | None = None,
    after: UUID | None = None,
    limit: Limit = PAGE,
) -> Page[PublicityOut]:
    """What was done to make sorting known, those noted last first"""
    rows, following = service.page_of_publicity(session, _where(place, community_id), after=after, limit=limit)
    return Page(items=_out(session, place, rows), next=str(following) if following else None)


@post("/publicity", needs=NOTE_PUBLICITY, max_body=LARGEST_BODY)
def note_publicity(session: ScopedSession, actor: Actor, place: Place, data: PublicityCreate) -> PublicityOut:
    """Write down an activity, with photos if there are some"""
    wanted = PublicityWrite(**{name: getattr(data, name) for name in PublicityWrite.__struct_fields__})
    row = service.note_publicity(session, actor, community_of(place), wanted, decoded(data.photos))
    return _out(session, place, [row])[0]


@post("/publicity/{publicity_id:uuid}/strike", needs=NOTE_PUBLICITY, status=200)
def strike_publicity(
    session: ScopedSession, actor: Actor, place: Place, publicity_id: UUID, data: PublicityStrike
) -> PublicityOut:
    """Strike out an activity that was written down wrongly; it stays to be seen"""
    row = service.strike_publicity(session, actor, community_of(place), publicity_id, data.reason)
    return _out(session, place, [row])[0]


def _out(session: ScopedSession, place: Place, rows: Sequence[Publicity]) -> list[PublicityOut]:
    photos = kept_photos(session, PUBLICITY, [row.id for row in rows])
    plain = [name for name in PublicityOut.__struct_fields__ if name != "photos"]
    return [
        PublicityOut(photos=photos_out(place, photos.get(row.id, [])), **{name: getattr(row, name) for name in plain})
        for row in rows
    ]


INSTRUCTOR_APIS = (
    Api("street", (list_instructors, list_publicity)),
    Api(
        "community",
        (
            list_instructors,
            name_instructor,
            end_instructor,
            undo_instructor,
            list_instructors_today,
            list_publicity,
            note_publicity,
            strike_publicity,
        ),
    ),
)
