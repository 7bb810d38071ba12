"""One resident's data in the office: requests, who looked, consents on paper, and what is asked at the counter."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.errors import Invalid
from linli.kit.text import gettext as _
from linli.privacy import consents, requests
from linli.privacy.choices import IdentityCheck, privacy_words
from linli.privacy.holds import holds_on_person, set_hold
from linli.privacy.permissions import HANDLE, MANAGE, READ
from linli.privacy.reveals import reveals_of
from linli.privacy.schemas import HoldIn, OfficeAsk, Reason
from linli.privacy.sources import person_of
from linli.tenancy.admin_portal.meanwhile import kept_in_form
from linli.web.forms import Form
from linli.web.results import Redirect, View
from linli.web.routing import get, post

_LARGEST_SCAN = 21 * 1024 * 1024


class OfficeForm(Struct, kw_only=True):
    """What somebody asks for at the counter."""

    reason: Reason
    identity_check: IdentityCheck = "card"


class PaperForm(Struct, kw_only=True):
    """A consent that was signed on paper."""

    purpose_id: UUID
    act: Literal["given", "withdrawn"] = "given"
    guardian_id: UUID | None = None


class PersonHoldForm(Struct, kw_only=True):
    """Why a person's data may not be deleted, and until when."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    until: date | None = None


@get("/residents/{resident_id:uuid}/privacy", needs=READ)
def show_privacy(session: ScopedSession, actor: Actor, resident_id: UUID) -> View:
    """What concerns one person's rights."""
    resident = requests.resident_handled(session, actor, resident_id, READ)
    person = person_of(session, resident.id)
    ids = person.resident_ids if person else (resident.id,)
    context = {
        "resident": resident,
        "requests": requests.own_requests(session, ids),
        "reveals": reveals_of(session, ids, with_names=True),
        "consents": consents.consents_of(session, resident),
        "history": consents.consent_history(session, ids),
        "is_child": consents.is_child(session, resident.born_on),
        "guardians": consents.guardians_of(session, resident),
        "holds": holds_on_person(session, ids, resident.community_id),
        **privacy_words(),
    }
    return View("privacy/person.html", context)


@post("/residents/{resident_id:uuid}/privacy/copy", needs=HANDLE, retry=show_privacy)
def make_copy(session: ScopedSession, actor: Actor, resident_id: UUID, data: OfficeForm) -> Redirect:
    """Have a copy made for a person who asks in person."""
    wanted = OfficeAsk(reason=data.reason, identity_check=data.identity_check)
    made = requests.make_copy_at_counter(session, actor, resident_id, wanted)
    return Redirect(f"/privacy/{made.id}", _("正在制作副本，一般几分钟内完成"))


@post("/residents/{resident_id:uuid}/privacy/erasure", needs=HANDLE, retry=show_privacy)
def write_down_erasure(session: ScopedSession, actor: Actor, resident_id: UUID, data: OfficeForm) -> Redirect:
    """Write down that a person asks for erasure at the counter."""
    wanted = OfficeAsk(reason=data.reason, identity_check=data.identity_check)
    with kept_in_form():
        made = requests.ask_erasure_at_counter(session, actor, resident_id, wanted)
    return Redirect(f"/privacy/{made.id}", _("已登记，请核对后作出决定"))


@post("/residents/{resident_id:uuid}/privacy/consent", needs=HANDLE, retry=show_privacy, max_body=_LARGEST_SCAN)
def record_paper(session: ScopedSession, actor: Actor, form: Form, resident_id: UUID, data: PaperForm) -> Redirect:
    """Record a consent from paper, with its scan."""
    resident = requests.resident_handled(session, actor, resident_id, HANDLE)
    if "file" not in form.uploads and data.act == "given":
        raise Invalid.one("file", _("请上传签字文件的照片或扫描件"), "pdf, jpg, png")
    scan = (form.files["file"].filename, form.uploads["file"]) if "file" in form.uploads else None
    with kept_in_form():
        consents.choose(
            session,
            actor,
            resident,
            data.purpose_id,
            data.act,
            guardian_id=data.guardian_id,
            channel="paper",
            scan=scan,
        )
    return Redirect(f"/residents/{resident_id}/privacy", _("已登记"))


@post("/residents/{resident_id:uuid}/privacy/hold", needs=MANAGE, retry=show_privacy)
def hold_person(session: ScopedSession, actor: Actor, resident_id: UUID, data: PersonHoldForm) -> Redirect:
    """Hold a person's data."""
    resident = requests.resident_handled(session, actor, resident_id, MANAGE)
    set_hold(session, actor, HoldIn(reason=data.reason, resident_id=resident.id, until=data.until))
    return Redirect(f"/residents/{resident_id}/privacy", _("已冻结，解除前不能删除"))


pages = [show_privacy, make_copy, write_down_erasure, record_paper, hold_person]
