"""Objections as what is kept about whoever filed them: given out with the answer, and made nameless when erased."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, or_, select, update

from linli.sdk import Erased, Person, PersonalData, ScopedSession, now
from linli.sdk import gettext as _
from linli_notices.models import Notice
from linli_notices.objections.models import Objection
from linli_notices.participation_models import NoticeDisclosure

#: Entries that one export holds.
_MOST = 5000


def _theirs(person: Person) -> Any:
    mine = Objection.resident_id.in_(person.resident_ids)
    return mine if person.account_id is None else or_(mine, Objection.account_id == person.account_id)


def _export(session: ScopedSession, person: Person) -> Sequence[Mapping[str, Any]]:
    rows = session.execute(
        select(Objection, Notice.title)
        .outerjoin(Notice, (Notice.tenant_id == Objection.tenant_id) & (Notice.id == Objection.notice_id))
        .where(_theirs(person))
        .order_by(Objection.id.desc())
        .limit(_MOST)
    )
    return [
        {
            "notice": title or "",
            "kind": each.kind,
            "at": each.filed_at,
            "body": each.body,
            "state": each.state,
            "shows_name": each.shows_name,
            "answer": each.answer,
            "answered_at": each.answered_at,
        }
        for each, title in rows
    ]


def _erase(session: ScopedSession, person: Person) -> Erased:
    rows = session.execute(
        update(Objection)
        .where(_theirs(person))
        .values(
            resident_id=None,
            account_id=None,
            dwelling_id=None,
            filed_by=None,
            filed_by_name="",
            erased_at=func.coalesce(Objection.erased_at, now()),
            version=Objection.version + 1,
        )
        .returning(Objection.id),
        execution_options={"synchronize_session": False},
    ).all()
    reason = _("意见的内容是公示记录的一部分，随公告存档；姓名、房号和账号已经去掉")
    return Erased(len(rows), len(rows), reason if rows else "")


def _export_words(session: ScopedSession, person: Person) -> Sequence[Mapping[str, Any]]:
    if person.account_id is None:
        return []
    mine = NoticeDisclosure.confirmed_by == person.account_id
    rows = session.scalars(select(NoticeDisclosure).where(mine).order_by(NoticeDisclosure.id.desc()).limit(_MOST))
    return [{"at": each.confirmed_at, "name": each.confirmed_by_name, "reason": each.reason} for each in rows]


def _erase_words(session: ScopedSession, person: Person) -> Erased:
    if person.account_id is None:
        return Erased(0)
    mine = NoticeDisclosure.confirmed_by == person.account_id
    kept = session.scalar(select(func.count()).select_from(NoticeDisclosure).where(mine)) or 0
    return Erased(0, kept, _("谁确认可以公开是履行职责的凭据，不能改动") if kept else "")


PERSONAL_DATA = (
    PersonalData(
        title="异议和意见",
        purpose="公示期内听取和答复您的意见",
        basis="履行法定职责",
        export=_export,
        erase=_erase,
        tables=("plugin_notices.objection",),
    ),
    PersonalData(
        title="确认公开的记录",
        purpose="记录谁确认公开的公告里可以写个人信息",
        basis="履行法定职责",
        export=_export_words,
        erase=_erase_words,
        tables=("plugin_notices.notice_disclosure",),
    ),
)
