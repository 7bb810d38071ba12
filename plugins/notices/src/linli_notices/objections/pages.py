"""The pages of staff: objections in a list, one of them with its answer, and those that were handed in on paper."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec

from linli.sdk import (
    Actor,
    Download,
    Form,
    NotFound,
    Place,
    Redirect,
    ScopedSession,
    SheetFormat,
    View,
    find_neighbours,
    get,
    post,
    reach_of,
    sheet,
)
from linli.sdk import gettext as _
from linli_notices import repository
from linli_notices.choices import community_of, required_community, translated
from linli_notices.forms import list_after
from linli_notices.objections import answering, filing
from linli_notices.objections.forms import (
    LARGEST_FORM,
    AnswerForm,
    PaperForm,
    RevealForm,
    objection_filter,
    uploads_of,
)
from linli_notices.objections.permissions import ANSWER, FILE_PAPER, READ_OBJECTIONS, REVEAL
from linli_notices.objections.schemas import (
    OBJECTION_KINDS,
    OBJECTION_STATES,
    OUTCOMES,
    ObjectionAnswer,
    ObjectionAuthor,
    PaperCreate,
)
from linli_notices.schemas import IDENTITY_RULES

#: Rows of an exported list.
_MOST_ROWS = 5000
_AT_ONCE = 500
#: Others of the same notice that one may be merged into, on the page.
_MOST_TARGETS = 50

Words = Annotated[str, msgspec.Meta(max_length=100)]


@get("/objections", needs=READ_OBJECTIONS)
def list_objections(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    q: Words = "",
    state: str = "",
    kind: str = "",
    overdue: str = "",
    notice: str = "",
    after: str = "",
) -> View:
    """What residents have said, the newest first."""
    wanted = objection_filter(q, state, kind, overdue, notice)
    lines, following = answering.list_objections(session, actor, community_of(place), wanted, after=list_after(after))
    found = repository.find(session, wanted.notice_id) if wanted.notice_id else None
    return View(
        "notices/objections.html",
        {
            "objections": lines,
            "next": str(following) if following else "",
            "notice": {"id": found.id, "title": found.title} if found else None,
            **_words(),
        },
        fragment="notices/_objections.html",
    )


@get("/objections/export", needs=READ_OBJECTIONS)
def export_objections(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    q: Words = "",
    state: str = "",
    kind: str = "",
    overdue: str = "",
    notice: str = "",
    file: SheetFormat = "csv",
) -> Download:
    """The list as a file, filtered as on the page; names stay masked."""
    wanted = objection_filter(q, state, kind, overdue, notice)
    rows: list[list[Any]] = []
    after: UUID | None = None
    while len(rows) < _MOST_ROWS:
        lines, after = answering.list_objections(
            session, actor, community_of(place), wanted, after=after, limit=_AT_ONCE
        )
        rows += [
            [
                line.notice_title,
                _(OBJECTION_KINDS[line.kind]),
                line.body,
                line.author,
                line.building,
                _("是") if line.is_on_paper else _("否"),
                line.filed_at,
                _(OBJECTION_STATES[line.state]),
                line.answer_due_on,
                _("是") if line.is_overdue else _("否"),
                _(OUTCOMES[line.outcome]) if line.outcome else "",
                line.answer,
                line.answered_by_name,
                line.answered_at,
            ]
            for line in lines
        ]
        if after is None:
            break
    header = [
        _("公告"),
        _("类别"),
        _("内容"),
        _("提出人"),
        _("楼栋"),
        _("纸质"),
        _("提出时间"),
        _("状态"),
        _("应答复日期"),
        _("逾期"),
        _("结果"),
        _("答复"),
        _("答复人"),
        _("答复时间"),
    ]
    return sheet(_("异议和意见"), header, rows[:_MOST_ROWS], file)


@get("/objections/{objection_id:uuid}", needs=READ_OBJECTIONS)
def show_objection(session: ScopedSession, actor: Actor, place: Place, objection_id: UUID) -> View:
    """One objection with its files and its answer, the author masked."""
    return _show(session, actor, place, objection_id, None)


@post("/objections/{objection_id:uuid}/reveal", needs=REVEAL, retry=show_objection, status=200)
def reveal_author(session: ScopedSession, actor: Actor, place: Place, objection_id: UUID, data: RevealForm) -> View:
    """The same with the author's name and door, once, for a reason that is noted."""
    author = answering.reveal_author(session, actor, community_of(place), objection_id, data.reason)
    return _show(session, actor, place, objection_id, author)


@post("/objections/{objection_id:uuid}/answer", needs=ANSWER, retry=show_objection, max_body=LARGEST_FORM)
def answer_objection(
    session: ScopedSession, actor: Actor, place: Place, objection_id: UUID, form: Form, data: AnswerForm
) -> Redirect:
    """Answer an objection; whoever filed it is told."""
    given = ObjectionAnswer(**msgspec.structs.asdict(data))
    answering.answer_objection(session, actor, community_of(place), objection_id, given, uploads_of(form))
    return Redirect(f"/notices/objections/{objection_id}", _("已答复，提出人会收到通知"))


@get("/{notice_id:uuid}/paper", needs=FILE_PAPER)
def new_paper(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, q: Words = "") -> View:
    """The form for what a resident handed in on paper: first who it was, then what it says."""
    community_id = required_community(place)
    notice = repository.find(session, notice_id)
    if notice is None or notice.state != "published" or notice.community_id not in (None, community_id):
        raise NotFound(_("没有找到这则公告"))
    found = find_neighbours(session, reach_of(actor, FILE_PAPER), community_id, q)
    return View(
        "notices/paper.html",
        {
            "notice": {"id": notice.id, "title": notice.title, "shows_names": notice.identity_rule == "shown"},
            "residents": [(str(each.id), "，".join([each.name, *each.doors])) for each in found],
            "q": q,
            **_words(),
        },
    )


@post("/{notice_id:uuid}/paper", needs=FILE_PAPER, retry=new_paper, max_body=LARGEST_FORM)
def file_on_paper(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    notice_id: UUID,
    form: Form,
    data: PaperForm,
    q: Words = "",  # noqa: ARG001 the form that comes back still knows who was looked for
) -> Redirect:
    """File what a resident handed in on paper, with its scan."""
    fields = {name: getattr(data, name) for name in ("resident_id", "body", "kind", "shows_name")}
    given = PaperCreate(**fields, attachments=[])
    row = filing.file_on_paper(session, actor, required_community(place), notice_id, given, uploads_of(form))
    return Redirect(f"/notices/objections/{row.id}", _("已录入"))


def _show(
    session: ScopedSession, actor: Actor, place: Place, objection_id: UUID, author: ObjectionAuthor | None
) -> View:
    row, line = answering.get_objection(session, actor, community_of(place), objection_id)
    notice = repository.find(session, row.notice_id)
    files, answer_files = answering.files_of(session, row)
    is_open = row.state == "open"
    wanted = answering.ObjectionFilter(notice_id=row.notice_id)
    others = (
        answering.list_objections(session, actor, row.community_id, wanted, limit=_MOST_TARGETS)[0] if is_open else []
    )
    rule = notice.identity_rule if notice else "masked"
    return View(
        "notices/objection.html",
        {
            "objection": line,
            "filed_by_name": row.filed_by_name,
            "edited_at": row.edited_at,
            "merged_into": row.merged_into,
            "author": author,
            "files": files,
            "answer_files": answer_files,
            "rule": _(IDENTITY_RULES[rule]),
            "is_later": bool(notice and notice.closed_at and row.answered_at and row.answered_at > notice.closed_at),
            "targets": [
                (str(each.id), f"{each.author} {each.building} {each.body[:30]}")
                for each in others
                if each.id != row.id and each.state != "withdrawn" and each.outcome != "merged"
            ],
            "may_answer": is_open and answering.may(actor, row, ANSWER),
            "may_reveal": row.resident_id is not None and answering.may(actor, row, REVEAL),
            **_words(),
        },
    )


def _words() -> dict[str, Any]:
    return {
        "objection_kinds": translated(OBJECTION_KINDS),
        "objection_states": translated(OBJECTION_STATES),
        "outcomes": translated(OUTCOMES),
    }


managing = (
    list_objections,
    export_objections,
    show_objection,
    reveal_author,
    answer_objection,
)
admin = (new_paper, file_on_paper)
