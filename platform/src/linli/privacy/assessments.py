"""Impact assessments of the handling of personal data (PIPL 55, 56): written, closed, kept."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import or_, select

from linli.audit.record import record
from linli.db.paging import Order, sorted_rows
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import now
from linli.kit.cursor import PAGE
from linli.kit.errors import Conflict, FieldError, Invalid, NotFound
from linli.kit.ids import new_id
from linli.kit.text import gettext as _
from linli.privacy.models import ImpactAssessment
from linli.privacy.schemas import AssessmentIn, AssessmentOut, AssessmentUpdate

#: The orders of the list; ids grow as assessments are begun.
ASSESSMENTS = {
    "created_at": Order(),
    "held_on": Order(ImpactAssessment.held_on, lambda row: row[0].held_on, is_nullable=True),
}


def list_assessments(
    session: ScopedSession,
    *,
    search: str = "",
    state: str = "",
    sort: str = "-created_at",
    after: str = "",
    limit: int = PAGE,
) -> tuple[list[AssessmentOut], str | None]:
    """Assessments, newest first where nothing else is said, and the next page's ``after``."""
    wanted = select(ImpactAssessment)
    if words := search.replace("\0", "").strip()[:100]:
        fields = (ImpactAssessment.title, ImpactAssessment.purpose, ImpactAssessment.assessors)
        wanted = wanted.where(or_(*(field.icontains(words, autoescape=True) for field in fields)))
    if state:
        wanted = wanted.where(ImpactAssessment.state == state)
    found, following = sorted_rows(session, wanted, ImpactAssessment.id, ASSESSMENTS, sort, after=after, limit=limit)
    return [_out(each) for each in found], following


def get_assessment(session: ScopedSession, assessment_id: UUID) -> AssessmentOut:
    """One assessment; raises ``NotFound``."""
    return _out(_find(session, assessment_id))


def create_assessment(session: ScopedSession, data: AssessmentIn) -> AssessmentOut:
    """Begin an assessment; raises ``Invalid`` without a title."""
    row = ImpactAssessment(id=new_id())
    _fill(row, data)
    session.add(row)
    session.flush()
    record(session, "core.assessment.create", ("impact_assessment", row.id), after={"title": row.title})
    return _out(row)


def update_assessment(session: ScopedSession, assessment_id: UUID, data: AssessmentUpdate) -> AssessmentOut:
    """Change an open assessment.

    Raises:
        Conflict: it is closed, or was changed after it was read.
        NotFound: there is none.
    """
    row = _open(session, assessment_id, data.version)
    before = _out(row)
    _fill(row, data)
    session.flush()
    changed = [name for name in AssessmentIn.__struct_fields__ if getattr(before, name) != getattr(_out(row), name)]
    if changed:
        record(
            session,
            "core.assessment.update",
            ("impact_assessment", row.id),
            after={"title": row.title, "changed": changed},
        )
    return _out(row)


def close_assessment(session: ScopedSession, actor: Actor, assessment_id: UUID, version: int) -> AssessmentOut:
    """End the writing: from now on nothing is changed, and the time for which it is kept runs.

    Raises:
        Invalid: purpose, risks, measures, day or assessors are missing.
        Conflict: it is closed, or was changed after it was read.
    """
    row = _open(session, assessment_id, version)
    needed = ("purpose", "risks", "measures", "held_on", "assessors")
    missing = [FieldError(name, _("必须填写")) for name in needed if not getattr(row, name)]
    if missing:
        raise Invalid(_("评估还没有写完，不能结束"), missing)
    row.state, row.closed_at, row.closed_by_name = "closed", now(), actor.display_name
    session.flush()
    record(session, "core.assessment.end", ("impact_assessment", row.id), after={"title": row.title})
    return _out(row)


def _find(session: ScopedSession, assessment_id: UUID) -> ImpactAssessment:
    row = session.scalar(select(ImpactAssessment).where(ImpactAssessment.id == assessment_id))
    if row is None:
        raise NotFound(_("没有找到这份评估"))
    return row


def _open(session: ScopedSession, assessment_id: UUID, version: int) -> ImpactAssessment:
    row = session.scalar(
        select(ImpactAssessment)
        .where(ImpactAssessment.id == assessment_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound(_("没有找到这份评估"))
    if row.state == "closed":
        raise Conflict(_("这份评估已经完成，不能再修改"))
    if row.version != version:
        raise Conflict
    return row


def _fill(row: ImpactAssessment, data: AssessmentIn) -> None:
    title = data.title.strip()
    if not title:
        raise Invalid.one("title", _("必须填写"))
    row.title, row.held_on, row.assessors = title, data.held_on, data.assessors.strip()
    row.purpose, row.risks, row.measures = data.purpose.strip(), data.risks.strip(), data.measures.strip()


def _out(row: ImpactAssessment) -> AssessmentOut:
    return AssessmentOut(
        id=row.id,
        title=row.title,
        purpose=row.purpose or "",
        risks=row.risks or "",
        measures=row.measures or "",
        held_on=row.held_on,
        assessors=row.assessors or "",
        state=row.state or "open",
        created_at=row.created_at,
        closed_at=row.closed_at,
        closed_by_name=row.closed_by_name or "",
        version=row.version,
    )
