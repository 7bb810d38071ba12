"""The pages of staff: objections in a list, one of them with its answer, and those that were handed in on paper."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec

from linli.sdk import (
    Actor,
    DataTable,
    Download,
    Form,
    NotFound,
    Place,
    Redirect,
    ScopedSession,
    SheetColumns,
    SheetFormat,
    TableColumn,
    TableState,
    View,
    find_neighbours,
    get,
    post,
    reach_of,
    table_pages,
    table_sheet,
)
from linli.sdk import gettext as _
from linli_notices import repository
from linli_notices.choices import community_of, required_community, translated
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
    ObjectionLine,
    PaperCreate,
)
from linli_notices.schemas import IDENTITY_RULES

#: Rows of an exported list.
_MOST_ROWS = 5000
_AT_ONCE = 500
#: Others of the same notice that one may be merged into, on the page.
_MOST_TARGETS = 50

Words = Annotated[str, msgspec.Meta(max_length=100)]


OBJECTIONS = DataTable(
    name="objections",
    columns=(
        TableColumn("body", "内容", is_fixed=True),
        TableColumn("kind", "类别", is_shown=False),
        TableColumn("notice", "公告"),
        TableColumn("author", "提出人"),
        TableColumn("building", "楼栋", is_shown=False),
        TableColumn("is_on_paper", "纸质", is_shown=False),
        TableColumn("filed_at", "提出时间", sort="filed_at", falls=True),
        TableColumn("state", "状态"),
        TableColumn("answer_due_on", "应答复日期", sort="answer_due_on", is_shown=False),
        TableColumn("is_overdue", "逾期", is_shown=False),
        TableColumn("outcome", "结果", is_shown=False),
        TableColumn("answer", "答复", is_shown=False),
        TableColumn("answered_by_name", "答复人", is_shown=False),
        TableColumn("answered_at", "答复时间", is_shown=False),
    ),
    sort="-filed_at",
    filters=("q", "state", "kind", "overdue", "notice"),
)


@get("/objections", needs=READ_OBJECTIONS, table=OBJECTIONS)
def list_objections(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    table: TableState,
    q: Words = "",
    state: str = "",
    kind: str = "",
    overdue: str = "",
    notice: str = "",
    after: str = "",
) -> View:
    """What residents have said, the newest first."""
    wanted = objection_filter(q, state, kind, overdue, notice)
    lines, following = answering.list_objections(
        session, actor, community_of(place), wanted, sort=table.sort, after=after
    )
    found = repository.find(session, wanted.notice_id) if wanted.notice_id else None
    return View(
        "notices/objections.html",
        {
            "objections": lines,
            "next": following,
            "notice": {"id": found.id, "title": found.title} if found else None,
            **_words(),
        },
        fragment="notices/_objections.html",
    )


@get("/objections/export", needs=READ_OBJECTIONS, table=OBJECTIONS)
def export_objections(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    table: TableState,
    q: Words = "",
    state: str = "",
    kind: str = "",
    overdue: str = "",
    notice: str = "",
    columns: SheetColumns = "all",
    file: SheetFormat = "csv",
) -> Download:
    """The list as a file, filtered and in the order of the page; names stay masked."""
    wanted = objection_filter(q, state, kind, overdue, notice)
    rows: list[dict[str, Any]] = []
    after: str | None = ""
    while after is not None and len(rows) < _MOST_ROWS:
        lines, after = answering.list_objections(
            session, actor, community_of(place), wanted, sort=table.sort, after=after, limit=_AT_ONCE
        )
        rows += [_cells(line) for line in lines]
    return table_sheet(_("异议和意见"), table, rows[:_MOST_ROWS], file, columns)


def _cells(line: ObjectionLine) -> dict[str, Any]:
    return {
        **msgspec.structs.asdict(line),
        "notice": line.notice_title,
        "kind": _(OBJECTION_KINDS[line.kind]),
        "is_on_paper": _("是") if line.is_on_paper else _("否"),
        "state": _(OBJECTION_STATES[line.state]),
        "is_overdue": _("是") if line.is_overdue else _("否"),
        "outcome": _(OUTCOMES[line.outcome]) if line.outcome else "",
    }


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
    *table_pages(list_objections),
    export_objections,
    show_objection,
    reveal_author,
    answer_objection,
)
admin = (new_paper, file_on_paper)
