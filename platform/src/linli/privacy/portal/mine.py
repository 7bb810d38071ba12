"""``我的信息``: what is stored about oneself, asking for a copy, a correction or erasure, consents, who looked."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.errors import NotFound
from linli.kit.text import gettext as _
from linli.privacy import consents, requests
from linli.privacy.choices import privacy_words
from linli.privacy.export import gather
from linli.privacy.inbox import masked_changes
from linli.privacy.permissions import OWN
from linli.privacy.portal.showing import shown_sections
from linli.privacy.reveals import reveals_of
from linli.privacy.schemas import CorrectionAsk, ErasureAsk, Note
from linli.privacy.sources import person_of
from linli.residents.choices import people_words
from linli.residents.models import Resident
from linli.residents.schemas import Gender
from linli.tenancy.admin_portal.meanwhile import kept_in_form
from linli.tenancy.admin_portal.places import community_of
from linli.tenancy.models import Community
from linli.tenancy.places import find
from linli.web.place import Place
from linli.web.results import Redirect, View
from linli.web.routing import get, post


class CorrectionForm(Struct, kw_only=True):
    """What the person typed; a field left empty stays as it is."""

    name: Annotated[str, Meta(min_length=1, max_length=200)] | UnsetType = UNSET
    gender: Gender | UnsetType = UNSET
    born_on: date | UnsetType = UNSET
    phone: Annotated[str, Meta(max_length=40)] | UnsetType = UNSET
    remarks: Annotated[str, Meta(max_length=500)] | UnsetType = UNSET
    note: Note = ""


class ErasureForm(Struct, kw_only=True):
    """The wish to be erased."""

    note: Note = ""


class ConsentForm(Struct, kw_only=True):
    """A choice, for oneself or for a child of one's household."""

    act: Literal["given", "withdrawn"]
    resident_id: UUID | None = None


@get("/my-data", needs=OWN)
def show_my_data(session: ScopedSession, actor: Actor, place: Place) -> View:
    """Everything that is stored about the person who looks."""
    context: dict[str, Any] = {
        "community": find(session, Community, community_of(place).id),
        "me": None,
        **privacy_words(),
        **people_words(),
    }
    try:
        me = requests.own_resident(session, actor)
    except NotFound:
        return View("privacy/my_data.html", context)
    person = person_of(session, me.id)
    if person is None:
        raise NotFound
    wards = consents.wards_of(session, me.id)
    context |= {
        "me": me,
        "sections": shown_sections(gather(session, person, read_only=True)),
        "requests": requests.own_requests(session, person.resident_ids),
        "reveals": reveals_of(session, person.resident_ids),
        "consents": [line for each in (me, *wards) for line in consents.consents_of(session, each)],
        "is_child": consents.is_child(session, me.born_on),
    }
    return View("privacy/my_data.html", context)


@post("/my-data/copy", needs=OWN)
def ask_copy(session: ScopedSession, actor: Actor) -> Redirect:
    """Have a copy made."""
    made = requests.ask_for_copy(session, actor)
    return Redirect(f"/my-data/requests/{made.id}", _("正在制作副本，一般几分钟内完成"))


@get("/my-data/correct", needs=OWN)
def show_correction(session: ScopedSession, actor: Actor) -> View:
    """The form with what is registered now."""
    return View("privacy/correct.html", {"me": requests.own_resident(session, actor), **people_words()})


@post("/my-data/correct", needs=OWN, retry=show_correction)
def ask_correction(session: ScopedSession, actor: Actor, data: CorrectionForm) -> Redirect:
    """Ask to change what is wrong."""
    fields = {name: getattr(data, name) for name in data.__struct_fields__}
    with kept_in_form():
        made = requests.ask_for_correction(session, actor, CorrectionAsk(**fields))
    return Redirect(f"/my-data/requests/{made.id}", _("已提交，居委会核实后会答复您"))


@get("/my-data/erase", needs=OWN)
def show_erasure(session: ScopedSession, actor: Actor) -> View:
    """What erasure means, and the form."""
    me = requests.own_resident(session, actor)
    person = person_of(session, me.id)
    asked = requests.own_requests(session, person.resident_ids if person else ())
    pending = next(
        (each for each in asked if each.kind == "erasure" and each.state in ("open", "waiting", "working")), None
    )
    return View("privacy/erase.html", {"me": me, "pending": pending, "days": requests.due_day_count(session)})


@post("/my-data/erase", needs=OWN, retry=show_erasure)
def ask_erasure(session: ScopedSession, actor: Actor, data: ErasureForm) -> Redirect:
    """Ask to be erased."""
    with kept_in_form():
        made = requests.ask_for_erasure(session, actor, ErasureAsk(note=data.note))
    return Redirect(f"/my-data/requests/{made.id}", _("已提交，居委会会先核实是不是您本人"))


@get("/my-data/requests/{privacy_request_id:uuid}", needs=OWN)
def show_request(session: ScopedSession, actor: Actor, privacy_request_id: UUID) -> View:
    """How a request stands, and its answer."""
    request = masked_changes(requests.own_request(session, actor, privacy_request_id))
    return View("privacy/my_request.html", {"request": request, **privacy_words(), **people_words()})


@post("/my-data/requests/{privacy_request_id:uuid}/withdraw", needs=OWN, retry=show_request)
def take_back_request(session: ScopedSession, actor: Actor, privacy_request_id: UUID) -> Redirect:
    """Take a request back."""
    with kept_in_form():
        requests.withdraw(session, actor, privacy_request_id)
    return Redirect(f"/my-data/requests/{privacy_request_id}", _("已撤回"))


@post("/my-data/consents/{consent_purpose_id:uuid}", needs=OWN, retry=show_my_data)
def choose_consent(session: ScopedSession, actor: Actor, consent_purpose_id: UUID, data: ConsentForm) -> Redirect:
    """Agree, or take it back; for oneself or for a child."""
    resident, guardian_id = whom(session, actor, data.resident_id)
    with kept_in_form():
        consents.choose(session, actor, resident, consent_purpose_id, data.act, guardian_id=guardian_id)
    return Redirect("/my-data#consents", _("已同意，您随时可以撤回") if data.act == "given" else _("已撤回同意"))


def whom(session: ScopedSession, actor: Actor, resident_id: UUID | None) -> tuple[Resident, UUID | None]:
    """Whose consent it is, and the guardian where that is a child of the household; raises ``NotFound``."""
    me = requests.own_resident(session, actor)
    if resident_id in (None, me.id):
        return me, None
    ward = next((each for each in consents.wards_of(session, me.id) if each.id == resident_id), None)
    if ward is None:
        raise NotFound(_("找不到这位居民"))
    return ward, me.id


pages = [
    show_my_data,
    ask_copy,
    show_correction,
    ask_correction,
    show_erasure,
    ask_erasure,
    show_request,
    take_back_request,
    choose_consent,
]
