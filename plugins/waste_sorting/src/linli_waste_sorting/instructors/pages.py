"""The pages of instructors and publicity: for staff to write down, for residents to read."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from linli.sdk import (
    Actor,
    Form,
    Pages,
    Place,
    Redirect,
    ScopedSession,
    View,
    community_outline,
    get,
    homes_of,
    photos_of,
    post,
    today,
)
from linli.sdk import gettext as _
from linli_waste_sorting.asked import community_of
from linli_waste_sorting.instructors import service
from linli_waste_sorting.instructors.models import Instructor
from linli_waste_sorting.instructors.permissions import (
    NAME_INSTRUCTORS,
    NOTE_PUBLICITY,
    READ_INSTRUCTORS,
    VIEW_INSTRUCTORS,
)
from linli_waste_sorting.instructors.photos import PUBLICITY
from linli_waste_sorting.instructors.schemas import (
    ActivityTitle,
    InstructorEnd,
    InstructorWrite,
    People,
    PublicityKind,
    PublicityWrite,
    StrikeReason,
)
from linli_waste_sorting.photos import LARGEST_FORM, kept_photos
from linli_waste_sorting.reach import compounds_of, names_within
from linli_waste_sorting.schemas import Note
from linli_waste_sorting.words import compound_names

#: Messages.
KINDS = {
    "event": "现场活动",
    "door": "入户宣传",
    "talk": "讲座培训",
    "leaflet": "发放资料",
    "board": "宣传栏和横幅",
    "online": "微信群和公众号",
    "other": "其他",
}


class PublicityForm(msgspec.Struct, kw_only=True):
    """What was done; photos are fields of their own."""

    held_on: date
    kind: PublicityKind
    title: ActivityTitle
    reach: People
    compound_id: UUID | None = None
    note: Note = ""


class ReasonForm(msgspec.Struct, kw_only=True):
    """Why something does not hold."""

    reason: StrikeReason


@get("/instructors", needs=READ_INSTRUCTORS)
def list_instructors(session: ScopedSession, actor: Actor, place: Place) -> View:
    """Each compound with its instructors, the terms before, and the form for another."""
    community_id = community_of(place)
    within = compounds_of(actor, READ_INSTRUCTORS, community_id)
    compounds = names_within(compound_names(session, community_id), within)
    rows = service.instructors_of(session, community_id, within)
    mine = names_within(compounds, compounds_of(actor, NAME_INSTRUCTORS, community_id))
    return View(
        "waste_sorting/instructors.html",
        {
            "compounds": [
                (name, [row for row in rows if str(row.compound_id) == key and is_standing(row)])
                for key, name in compounds.items()
            ],
            "before": [(row, compounds.get(str(row.compound_id), "")) for row in rows if not is_standing(row)],
            "choices": mine if actor.holds(NAME_INSTRUCTORS) else {},
            "today": today().isoformat(),
        },
    )


@post("/instructors", needs=NAME_INSTRUCTORS, retry=list_instructors)
def name_instructor(session: ScopedSession, actor: Actor, place: Place, data: InstructorWrite) -> Redirect:
    """Write down an instructor."""
    service.name_instructor(session, actor, community_of(place), data)
    return Redirect("/waste_sorting/instructors", _("已登记，居民可以看到"))


@post("/instructors/{instructor_id:uuid}/end", needs=NAME_INSTRUCTORS, retry=list_instructors)
def end_instructor(
    session: ScopedSession, actor: Actor, place: Place, instructor_id: UUID, data: InstructorEnd
) -> Redirect:
    """Write down the last day of a term."""
    service.end_instructor(session, actor, community_of(place), instructor_id, data)
    return Redirect("/waste_sorting/instructors", _("已登记到哪一天为止"))


@post("/instructors/{instructor_id:uuid}/undo", needs=NAME_INSTRUCTORS, retry=list_instructors)
def undo_instructor(
    session: ScopedSession, actor: Actor, place: Place, instructor_id: UUID, data: ReasonForm
) -> Redirect:
    """Say that an entry was a mistake."""
    service.undo_instructor(session, actor, community_of(place), instructor_id, data.reason)
    return Redirect("/waste_sorting/instructors", _("已撤销，记录和理由都保留"))


@get("/publicity", needs=READ_INSTRUCTORS)
def list_publicity(session: ScopedSession, actor: Actor, place: Place, after: UUID | None = None) -> View:
    """The activities, those noted last first, and the form for another."""
    community_id = community_of(place)
    rows, following = service.page_of_publicity(session, community_id, after=after)
    compounds = compound_names(session, community_id)
    return View(
        "waste_sorting/publicity.html",
        {
            "rows": rows,
            "photos": kept_photos(session, PUBLICITY, [row.id for row in rows]),
            "next": str(following) if following else "",
            "kinds": kind_titles(),
            "compounds": compounds,
            "choices": names_within(compounds, compounds_of(actor, NOTE_PUBLICITY, community_id)),
            "may_note": actor.holds(NOTE_PUBLICITY),
            "today": today().isoformat(),
        },
    )


@post("/publicity", needs=NOTE_PUBLICITY, retry=list_publicity, max_body=LARGEST_FORM)
def note_publicity(session: ScopedSession, actor: Actor, place: Place, form: Form, data: PublicityForm) -> Redirect:
    """Write down an activity with its photos."""
    wanted = PublicityWrite(**{name: getattr(data, name) for name in PublicityForm.__struct_fields__})
    service.note_publicity(session, actor, community_of(place), wanted, photos_of(form, "photos"))
    return Redirect("/waste_sorting/publicity", _("已登记宣传活动"))


@post("/publicity/{publicity_id:uuid}/strike", needs=NOTE_PUBLICITY, retry=list_publicity)
def strike_publicity(
    session: ScopedSession, actor: Actor, place: Place, publicity_id: UUID, data: ReasonForm
) -> Redirect:
    """Strike out an activity."""
    service.strike_publicity(session, actor, community_of(place), publicity_id, data.reason)
    return Redirect("/waste_sorting/publicity", _("已划去，记录和理由都保留"))


@get("/instructors", needs=VIEW_INSTRUCTORS)
def show_instructors(session: ScopedSession, actor: Actor, place: Place) -> View:
    """Who instructs people where one is at home, and what was done to make sorting known."""
    community_id = community_of(place)
    outline = {each.id: each.name for each in community_outline(session, community_id)}
    mine = {each.compound_id for each in homes_of(session, actor, community_id=community_id)}
    compounds = {key: name for key, name in outline.items() if key in mine} or outline
    standing = service.instructors_on(session, list(compounds))
    rows, _following = service.page_of_publicity(session, community_id, with_struck=False, limit=12)
    return View(
        "waste_sorting/instructors_resident.html",
        {
            "compounds": [
                (name, [row for row in standing if row.compound_id == key]) for key, name in compounds.items()
            ],
            "rows": rows,
            "photos": kept_photos(session, PUBLICITY, [row.id for row in rows]),
            "kinds": kind_titles(),
        },
    )


def is_standing(row: Instructor) -> bool:
    """Whether a term is going on or to come."""
    return row.undone_at is None and (row.ends_on is None or row.ends_on >= today())


def kind_titles() -> dict[str, Any]:
    """Kind of publicity to its title."""
    return {key: _(title) for key, title in KINDS.items()}


INSTRUCTOR_PAGES = (
    Pages(
        "admin",
        (
            list_instructors,
            name_instructor,
            end_instructor,
            undo_instructor,
            list_publicity,
            note_publicity,
            strike_publicity,
        ),
    ),
    Pages("resident", (show_instructors,)),
)
