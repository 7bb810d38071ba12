"""What this domain itself keeps about people, and for how long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from linli.db.session import ScopedSession
from linli.files.models import StoredFile
from linli.files.service import remove_file
from linli.kit.actor import SYSTEM
from linli.kit.clock import now
from linli.kit.ids import new_id
from linli.kit.text import gettext as _
from linli.plugins.contributions import DataClass, Erased, Person, PersonalData
from linli.privacy.choices import CHANNELS, CONSENT_CHANNELS, CONSENT_STATES, FURTHER_PURPOSES, KINDS, REVEAL_PURPOSES
from linli.privacy.choices import STATES as REQUEST_STATES
from linli.privacy.inbox import OPEN, content_of
from linli.privacy.models import Consent, ImpactAssessment, LegalHold, NumberReveal, PrivacyRequest
from linli.privacy.reveals import reveals_of

_PURPOSES = {**REVEAL_PURPOSES, **FURTHER_PURPOSES}
_NUMBERS = {"phone": "电话", "id_number": "身份证号", "all": "电话和身份证号"}
#: The longest six months.
_SIX_MONTHS = 184
#: The longest three years.
_THREE_YEARS = 1096


def _export_requests(session: ScopedSession, person: Person) -> Sequence[Mapping[str, Any]]:
    rows = session.scalars(
        select(PrivacyRequest).where(PrivacyRequest.resident_id.in_(person.resident_ids)).order_by(PrivacyRequest.id)
    )
    found = []
    for each in rows:
        content = content_of(session, each)
        found.append(
            {
                "kind": _(KINDS[each.kind]),
                "state": _(REQUEST_STATES[each.state]),
                "at": each.created_at,
                "channel": _(CHANNELS[each.channel]),
                "note": content.get("note", ""),
                "wanted": {name: pair[1] for name, pair in content.get("wanted", {}).items()},
                "due_on": each.due_on,
                "decision": each.decision_reason,
                "done_at": each.done_at,
            }
        )
    return found


def _erase_requests(session: ScopedSession, person: Person) -> Erased:
    kept = _count(session, PrivacyRequest, person)
    reason = _("请求的办理经过（不含本人写的内容）要能证明依法作了答复，保存三年")
    return Erased(0, kept, reason if kept else "")


def _export_reveals(session: ScopedSession, person: Person) -> Sequence[Mapping[str, Any]]:
    return [
        {
            "at": each.at,
            "field": _(_NUMBERS[each.field]) if each.field in _NUMBERS else each.field,
            "office": each.office,
            "role": each.role,
            "viewer": each.viewer,
            "purpose": _(_PURPOSES[each.purpose]) if each.purpose in _PURPOSES else each.purpose,
            "reason": each.reason,
        }
        for each in reveals_of(session, person.resident_ids)
    ]


def _erase_reveals(session: ScopedSession, person: Person) -> Erased:
    kept = _count(session, NumberReveal, person)
    reason = _("谁查看过号码的记录属于网络日志，依法至少保存六个月")
    return Erased(0, kept, reason if kept else "")


def _export_consents(session: ScopedSession, person: Person) -> Sequence[Mapping[str, Any]]:
    rows = session.scalars(select(Consent).where(Consent.resident_id.in_(person.resident_ids)).order_by(Consent.id))
    return [
        {
            "title": each.code,
            "edition": each.edition,
            "act": _(CONSENT_STATES[each.act]),
            "at": each.at,
            "channel": _(CONSENT_CHANNELS[each.channel]),
        }
        for each in rows
    ]


def _erase_consents(session: ScopedSession, person: Person) -> Erased:
    newest = session.scalars(
        select(Consent)
        .ext(distinct_on(Consent.resident_id, Consent.code))
        .where(Consent.resident_id.in_(person.resident_ids))
        .order_by(Consent.resident_id, Consent.code, Consent.id.desc())
    ).all()
    for each in newest:
        if each.act == "given":
            session.add(
                Consent(
                    id=new_id(),
                    community_id=each.community_id,
                    resident_id=each.resident_id,
                    code=each.code,
                    edition=each.edition,
                    text_hash=each.text_hash,
                    act="withdrawn",
                    at=now(),
                )
            )
    scans = select(Consent.file_id).where(Consent.resident_id.in_(person.resident_ids), Consent.file_id.is_not(None))
    gone = session.scalars(select(StoredFile.id).where(StoredFile.id.in_(scans), StoredFile.removed_at.is_(None))).all()
    for file_id in gone:
        remove_file(session, SYSTEM, file_id, reason=_("本人的信息已删除"))
    session.flush()
    kept = _count(session, Consent, person)
    reason = _("同意已全部撤回；何时同意、何时撤回的记录不含姓名，撤回后保存三年，作为依法处理的证明")
    return Erased(len(gone), kept, reason if kept else "")


def _export_holds(session: ScopedSession, person: Person) -> Sequence[Mapping[str, Any]]:
    # That somebody's data is held is told to them; why belongs to the proceedings.
    rows = session.scalars(
        select(LegalHold).where(LegalHold.resident_id.in_(person.resident_ids)).order_by(LegalHold.id)
    )
    return [{"at": each.created_at, "until": each.until, "ended_at": each.lifted_at} for each in rows]


def _erase_holds(session: ScopedSession, person: Person) -> Erased:
    kept = _count(session, LegalHold, person)
    return Erased(0, kept, _("曾经冻结数据的记录是依法办理的证明") if kept else "")


def _count(session: ScopedSession, table: Any, person: Person) -> int:
    return (
        session.scalar(select(func.count()).select_from(table).where(table.resident_id.in_(person.resident_ids))) or 0
    )


def _purge_reveals(session: ScopedSession, before: datetime, limit: int, held: frozenset[UUID]) -> Sequence[UUID]:
    return _delete(session, NumberReveal, NumberReveal.at < before, limit, held)


def _purge_requests(session: ScopedSession, before: datetime, limit: int, held: frozenset[UUID]) -> Sequence[UUID]:
    old = and_(PrivacyRequest.state.not_in(OPEN), PrivacyRequest.done_at < before)
    return _delete(session, PrivacyRequest, old, limit, held)


def _purge_consents(session: ScopedSession, before: datetime, limit: int, held: frozenset[UUID]) -> Sequence[UUID]:
    newest = (
        select(Consent.resident_id, Consent.code, Consent.act, Consent.at)
        .ext(distinct_on(Consent.resident_id, Consent.code))
        .order_by(Consent.resident_id, Consent.code, Consent.id.desc())
        .subquery()
    )
    over = (
        select(1)
        .where(
            newest.c.resident_id == Consent.resident_id,
            newest.c.code == Consent.code,
            newest.c.act == "withdrawn",
            newest.c.at < before,
        )
        .exists()
    )
    return _delete(session, Consent, over, limit, held)


def _delete(session: ScopedSession, table: Any, old: Any, limit: int, held: frozenset[UUID]) -> Sequence[UUID]:
    batch = select(table.id).where(old, table.resident_id.not_in(held), table.community_id.not_in(held)).limit(limit)
    return session.scalars(delete(table).where(table.id.in_(batch)).returning(table.id)).all()


def _purge_copies(session: ScopedSession, before: datetime, limit: int, held: frozenset[UUID]) -> Sequence[UUID]:
    people = select(PrivacyRequest.id).where(
        or_(PrivacyRequest.resident_id.in_(held), PrivacyRequest.community_id.in_(held))
    )
    files = session.scalars(
        select(StoredFile)
        .where(
            StoredFile.owner == "core",
            StoredFile.subject_type == "personal_copy",
            StoredFile.created_at < before,
            StoredFile.removed_at.is_(None),
            StoredFile.subject_id.not_in(people),
        )
        .limit(limit)
    ).all()
    for file in files:
        # An expired file is not found any more, yet its bytes are still there.
        file.expires_at = None
        session.flush()
        remove_file(session, SYSTEM, file.id, reason=_("保存期限已到"))
    session.flush()
    return [file.id for file in files]


def _purge_assessments(session: ScopedSession, before: datetime, limit: int, _held: frozenset[UUID]) -> Sequence[UUID]:
    old = select(ImpactAssessment.id).where(ImpactAssessment.closed_at < before).limit(limit)
    gone = delete(ImpactAssessment).where(ImpactAssessment.id.in_(old)).returning(ImpactAssessment.id)
    return session.scalars(gone).all()


_RIGHTS = "履行法定职责（个人信息保护法 第五十条）"

PERSONAL_DATA = (
    PersonalData(
        title="数据冻结",
        purpose="依法保全与案件、纠纷有关的数据。",
        basis="履行法定职责（个人信息保护法 第十三条）",
        export=_export_holds,
        erase=_erase_holds,
        tables=("core.legal_hold",),
    ),
    PersonalData(
        title="同意和撤回",
        purpose="证明您同意或撤回了哪些事项。",
        basis="履行法定职责（个人信息保护法 第十四条、第十五条）",
        export=_export_consents,
        erase=_erase_consents,
        tables=("core.consent",),
    ),
    PersonalData(
        title="谁看过我的号码",
        purpose="让您知道谁、为什么看过您的完整号码。",
        basis="履行法定职责（个人信息保护法 第五十一条）",
        export=_export_reveals,
        erase=_erase_reveals,
        tables=("core.number_reveal",),
    ),
    PersonalData(
        title="个人信息请求",
        purpose="办理您关于个人信息的请求。",
        basis=_RIGHTS,
        export=_export_requests,
        erase=_erase_requests,
        tables=("core.privacy_request",),
    ),
)
DATA_CLASSES = (
    DataClass(
        name="core.number_reveals",
        title="查看完整号码的记录",
        days=365,
        least_days=_SIX_MONTHS,
        source="网络安全法：网络日志留存不少于六个月",
        purge=_purge_reveals,
    ),
    DataClass(
        name="core.personal_copies",
        title="做好的个人信息副本",
        days=7,
        most_days=30,
        source="本人取走即达到目的（个人信息保护法 第十九条）",
        purge=_purge_copies,
    ),
    DataClass(
        name="core.privacy_requests",
        title="办结的个人信息请求",
        days=_THREE_YEARS,
        least_days=_THREE_YEARS,
        source="个人信息保护法 第五十条；按处理记录至少三年保存（网络数据安全管理条例 第十二条）",
        purge=_purge_requests,
    ),
    DataClass(
        name="core.consents",
        title="已撤回的同意",
        days=_THREE_YEARS,
        least_days=_THREE_YEARS,
        source="证明依法取得过同意；按处理记录至少三年保存（网络数据安全管理条例 第十二条）",
        purge=_purge_consents,
    ),
    DataClass(
        name="core.impact_assessments",
        title="已完成的影响评估",
        days=_THREE_YEARS,
        least_days=_THREE_YEARS,
        source="个人信息保护法 第五十六条：评估报告和处理情况记录至少保存三年",
        purge=_purge_assessments,
    ),
)
