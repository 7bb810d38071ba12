"""Consent by purpose: the texts, who agreed to which edition, and taking it back (PIPL 13 to 16, 29, 31)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import func, or_, select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from linli.audit.record import record
from linli.db.session import ScopedSession
from linli.files.service import store_file
from linli.kit.actor import Actor
from linli.kit.clock import now, today
from linli.kit.errors import Conflict, Invalid, NotFound
from linli.kit.ids import new_id
from linli.kit.text import gettext as _
from linli.privacy.models import Consent, ConsentPurpose
from linli.privacy.schemas import ConsentEvent, ConsentOut, PurposeIn, PurposeOut
from linli.residents.models import HouseholdMember, Resident
from linli.residents.reach import is_staying
from linli.settings.service import get_setting

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")


def text_hash(title: str, body: str) -> bytes:
    """SHA-256 of what a person agreed to, title and text a blank line apart."""
    return hashlib.sha256(f"{title}\n\n{body}".encode()).digest()


def has_consent(session: Session, resident_id: UUID, purpose: str) -> bool:
    """Whether a resident agrees to a purpose today, in its present text.

    Args:
        session: of the resident's community or street.
        resident_id: who.
        purpose: the code, e.g. ``photos``.

    Returns:
        ``False`` also when nobody asks for this purpose, when it was given up, and when its text has changed since.
    """
    resident = session.scalar(select(Resident).where(Resident.id == resident_id, Resident.erased_at.is_(None)))
    if resident is None:
        return False
    asked = _current(session, resident.community_id, purpose)
    if asked is None:
        return False
    newest = session.scalar(
        select(Consent)
        .where(Consent.resident_id == resident_id, Consent.code == purpose)
        .order_by(Consent.id.desc())
        .limit(1)
    )
    return newest is not None and newest.act == "given" and newest.edition == asked.edition


def _current(session: Session, community_id: UUID, code: str) -> ConsentPurpose | None:
    return session.scalar(_asked(community_id).where(ConsentPurpose.code == code))


def _asked(community_id: UUID | None) -> Any:
    place = ConsentPurpose.community_id.is_(None)
    if community_id is not None:
        place = or_(place, ConsentPurpose.community_id == community_id)
    return select(ConsentPurpose).where(ConsentPurpose.retired_at.is_(None), place)


def list_purposes(session: ScopedSession, community_id: UUID | None) -> list[PurposeOut]:
    """The purposes that a community asks for, the street's among them; for ``None`` the street's own."""
    rows = session.scalars(_asked(community_id).order_by(ConsentPurpose.code, ConsentPurpose.id)).all()
    newest = (
        select(Consent.code, Consent.edition, Consent.act)
        .ext(distinct_on(Consent.community_id, Consent.resident_id, Consent.code))
        .order_by(Consent.community_id, Consent.resident_id, Consent.code, Consent.id.desc())
        .subquery()
    )
    counts = session.execute(
        select(newest.c.code, newest.c.edition, func.count())
        .where(newest.c.act == "given", newest.c.code.in_([row.code for row in rows]))
        .group_by(newest.c.code, newest.c.edition)
    )
    given = {(code, edition): count for code, edition, count in counts}
    return [_purpose(row, given.get((row.code, row.edition), 0)) for row in rows]


def get_purpose(session: ScopedSession, purpose_id: UUID) -> PurposeOut:
    """One edition of a purpose; raises ``NotFound``."""
    return _purpose(_find(session, purpose_id))


def _find(session: ScopedSession, purpose_id: UUID) -> ConsentPurpose:
    row = session.scalar(select(ConsentPurpose).where(ConsentPurpose.id == purpose_id))
    if row is None:
        raise NotFound(_("没有找到这个同意事项"))
    return row


def publish_purpose(session: ScopedSession, actor: Actor, community_id: UUID | None, data: PurposeIn) -> PurposeOut:
    """Write a purpose, or a new edition of one: whoever agreed to the old text is asked again (PIPL 14).

    Args:
        session: of the street, or of the community.
        actor: who publishes.
        community_id: ``None`` for all communities of the street.
        data: the text.

    Raises:
        Invalid: the code is the street's, or a community's already.
    """
    session.execute(_LOCK, {"key": f"consent purpose {session.scope.tenant_id} {data.code}"})
    same = session.scalars(
        select(ConsentPurpose).where(ConsentPurpose.code == data.code).order_by(ConsentPurpose.edition)
    ).all()
    if any(each.retired_at is None and each.community_id != community_id for each in same):
        message = _("这个代码街道已经在用") if community_id else _("这个代码已有社区在用")
        raise Invalid.one("code", message, _("请换一个代码"))
    own = [each for each in same if each.community_id == community_id]
    current = next((each for each in own if each.retired_at is None), None)
    title, body = data.title.strip(), data.body.replace("\r\n", "\n").strip()
    if not title or not body:
        raise Invalid.one("title" if not title else "body", _("必须填写"))
    if current is not None:
        if (current.title, current.body, current.is_sensitive) == (title, body, data.is_sensitive):
            return _purpose(current)
        current.retired_at = now()
        session.flush()
    row = ConsentPurpose(
        id=new_id(),
        community_id=community_id,
        code=data.code,
        edition=max((each.edition for each in own), default=0) + 1,
        title=title,
        body=body,
        is_sensitive=data.is_sensitive,
        published_by_name=actor.display_name,
    )
    session.add(row)
    session.flush()
    record(
        session,
        "core.consent_purpose.publish",
        ("consent_purpose", row.id),
        community_id=community_id,
        after={"title": title, "edition": row.edition},
    )
    return _purpose(row)


def retire_purpose(session: ScopedSession, community_id: UUID | None, purpose_id: UUID) -> PurposeOut:
    """Ask for a purpose no more; what was agreed to counts no longer.

    Raises:
        NotFound: there is none of this place.
    """
    row = _find(session, purpose_id)
    if row.community_id != community_id:
        raise NotFound(_("没有找到这个同意事项"))
    if row.retired_at is None:
        row.retired_at = now()
        session.flush()
        record(
            session,
            "core.consent_purpose.end",
            ("consent_purpose", row.id),
            community_id=community_id,
            after={"title": row.title},
        )
    return _purpose(row)


def is_child(session: Session, born_on: date | None) -> bool:
    """Whether somebody is under the age at which a guardian consents (PIPL 31); unknown birthdays are no child's."""
    if born_on is None:
        return False
    age = get_setting(session, "core", "consent_child_age")
    day = today()
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day)) < age


def wards_of(session: ScopedSession, resident_id: UUID) -> list[Resident]:
    """The children who live today in one household with a resident, and for whom that person may consent."""
    mine = select(HouseholdMember.household_id).where(HouseholdMember.resident_id == resident_id, is_staying())
    found = session.scalars(
        select(Resident)
        .join(HouseholdMember, HouseholdMember.resident_id == Resident.id)
        .where(
            HouseholdMember.household_id.in_(mine),
            is_staying(),
            Resident.id != resident_id,
            Resident.born_on.is_not(None),
            Resident.erased_at.is_(None),
            Resident.merged_into.is_(None),
        )
        .order_by(Resident.born_on, Resident.id)
    )
    return [each for each in found if is_child(session, each.born_on)]


def guardians_of(session: ScopedSession, child: Resident) -> list[tuple[str, str]]:
    """Id and name of the grown-up members of a child's household; empty for somebody who consents themselves."""
    if not is_child(session, child.born_on):
        return []
    mine = select(HouseholdMember.household_id).where(HouseholdMember.resident_id == child.id, is_staying())
    found = session.scalars(
        select(Resident)
        .join(HouseholdMember, HouseholdMember.resident_id == Resident.id)
        .where(HouseholdMember.household_id.in_(mine), is_staying(), Resident.id != child.id)
        .order_by(Resident.name, Resident.id)
    )
    return [(str(each.id), each.name) for each in found if not is_child(session, each.born_on)]


def consents_of(session: ScopedSession, resident: Resident) -> list[ConsentOut]:
    """Where a person stands on every purpose that their community asks for."""
    newest = {
        each.code: each
        for each in session.scalars(
            select(Consent)
            .ext(distinct_on(Consent.code))
            .where(Consent.resident_id == resident.id)
            .order_by(Consent.code, Consent.id.desc())
        )
    }
    child = is_child(session, resident.born_on)
    return [
        ConsentOut(
            purpose=purpose,
            resident_id=resident.id,
            name=resident.name,
            state=_state(purpose, newest.get(purpose.code)),
            at=newest[purpose.code].at if purpose.code in newest else None,
            channel=newest[purpose.code].channel if purpose.code in newest else "",
            is_child=child,
        )
        for purpose in list_purposes(session, resident.community_id)
    ]


def _state(purpose: PurposeOut, newest: Consent | None) -> str:
    if newest is None:
        return "none"
    if newest.act == "given" and newest.edition != purpose.edition:
        return "outdated"
    return newest.act


def consent_history(session: ScopedSession, resident_ids: Sequence[UUID]) -> list[ConsentEvent]:
    """All that a person agreed to and took back, newest first, at most two hundred."""
    rows = session.scalars(
        select(Consent).where(Consent.resident_id.in_(resident_ids)).order_by(Consent.id.desc()).limit(200)
    )
    return [
        ConsentEvent(
            at=each.at, code=each.code, edition=each.edition, act=each.act, channel=each.channel, file_id=each.file_id
        )
        for each in rows
    ]


def choose(
    session: ScopedSession,
    actor: Actor,
    resident: Resident,
    purpose_id: UUID,
    act: Literal["given", "withdrawn"],
    *,
    guardian_id: UUID | None = None,
    channel: Literal["portal", "paper"] = "portal",
    scan: tuple[str, bytes] | None = None,
) -> ConsentOut:
    """Give or withdraw a consent; the same choice twice is one.

    Args:
        session: of the community.
        actor: the person, their guardian, or the member of staff who holds the paper.
        resident: whose data it is about.
        purpose_id: the edition that was read.
        act: ``given`` or ``withdrawn``.
        guardian_id: who consents for a child; must live in its household.
        channel: ``paper`` when staff write down what was signed.
        scan: name and bytes of the signed paper.

    Raises:
        Invalid: a child without its guardian, or a guardian of another household.
        Conflict: the text was changed since it was read.
        NotFound: no such purpose is asked for here.
    """
    purpose = _find(session, purpose_id)
    if purpose.community_id not in (None, resident.community_id):
        raise NotFound(_("没有找到这个同意事项"))
    if purpose.retired_at is not None and act == "given":
        raise Conflict(_("这个事项的内容有更新，请刷新页面后重新阅读"))
    if is_child(session, resident.born_on) and act == "given":
        _require_guardian(session, resident, guardian_id)
    session.execute(_LOCK, {"key": f"consent {resident.id} {purpose.code}"})
    newest = session.scalar(
        select(Consent)
        .where(Consent.resident_id == resident.id, Consent.code == purpose.code)
        .order_by(Consent.id.desc())
        .limit(1)
    )
    is_same = newest is not None and newest.act == act and (act == "withdrawn" or newest.edition == purpose.edition)
    if not is_same and not (newest is None and act == "withdrawn"):
        _write(session, actor, resident, purpose, act, guardian_id, channel, scan)
    return next(
        (each for each in consents_of(session, resident) if each.purpose.code == purpose.code),
        ConsentOut(
            purpose=_purpose(purpose),
            resident_id=resident.id,
            name=resident.name,
            state=act,
            at=now(),
            channel=channel,
            is_child=False,
        ),
    )


def _require_guardian(session: ScopedSession, child: Resident, guardian_id: UUID | None) -> None:
    age = get_setting(session, "core", "consent_child_age")
    if guardian_id is None:
        raise Invalid.one("guardian_id", _("未满 {age} 周岁，要由监护人同意").format(age=age), _("同住的家庭成员"))
    if child.id not in {each.id for each in wards_of(session, guardian_id)}:
        raise Invalid.one("guardian_id", _("监护人要与孩子登记在同一个家庭"))
    guardian = session.scalar(select(Resident).where(Resident.id == guardian_id))
    if guardian is None or is_child(session, guardian.born_on):
        raise Invalid.one("guardian_id", _("监护人要与孩子登记在同一个家庭"))


def _write(
    session: ScopedSession,
    actor: Actor,
    resident: Resident,
    purpose: ConsentPurpose,
    act: str,
    guardian_id: UUID | None,
    channel: str,
    scan: tuple[str, bytes] | None,
) -> None:
    consent = Consent(
        id=new_id(),
        community_id=resident.community_id,
        resident_id=resident.id,
        code=purpose.code,
        edition=purpose.edition,
        text_hash=text_hash(purpose.title, purpose.body),
        act=act,
        channel=channel,
        guardian_id=guardian_id,
        recorded_by=actor.account_id,
        at=now(),
    )
    if scan is not None:
        stored = store_file(
            session,
            actor,
            scan[1],
            owner="core",
            name=scan[0],
            subject=("consent", consent.id),
            community_id=resident.community_id,
        )
        consent.file_id = stored.id
    session.add(consent)
    session.flush()
    record(
        session,
        "core.consent.give" if act == "given" else "core.consent.withdraw",
        ("resident", resident.id),
        community_id=resident.community_id,
        after={"title": purpose.title, "edition": purpose.edition, "channel": channel},
    )


def _purpose(row: ConsentPurpose, given: int = 0) -> PurposeOut:
    return PurposeOut(
        id=row.id,
        community_id=row.community_id,
        code=row.code,
        edition=row.edition,
        title=row.title,
        body=row.body,
        is_sensitive=row.is_sensitive,
        published_at=row.created_at,
        published_by_name=row.published_by_name,
        retired_at=row.retired_at,
        given=given,
    )
