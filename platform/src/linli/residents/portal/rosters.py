"""The roster of a compound: template, upload, progress, preview, error file, commit, history, export."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.errors import Invalid
from linli.kit.text import gettext as _
from linli.privacy.reveals import note_roster
from linli.residents.permissions import REVEAL, ROSTER_EXPORT, ROSTER_IMPORT
from linli.residents.roster import (
    Produced,
    check_again,
    discard_import,
    error_workbook,
    export_roster,
    faults_page,
    import_state,
    list_imports,
    preview_rows,
    start_import,
    template_workbook,
)
from linli.residents.roster.columns import COLUMNS, column_of
from linli.residents.roster.further import further_columns
from linli.residents.roster.schemas import FaultOut, ImportOut, PreviewRow
from linli.residents.tasks import begin_check, begin_commit
from linli.tasks import job_state
from linli.tenancy.admin_portal.meanwhile import kept_in_form
from linli.tenancy.admin_portal.places import community_of
from linli.tenancy.models import Compound
from linli.tenancy.outline import community_outline
from linli.tenancy.places import find
from linli.web.forms import Form
from linli.web.place import Place
from linli.web.results import Download, Redirect, View
from linli.web.routing import get, post

#: A little above what a roster may weigh, so that a slightly larger one is told so beside its field.
_LARGEST_UPLOAD = 24 * 1024 * 1024
#: Columns that are shown even where the whole page leaves them empty.
_ALWAYS = ("building", "unit", "door", "name")
_WAITING = ("uploaded", "checking", "committing")


class UploadForm(Struct, kw_only=True):
    """The compound that the file is of."""

    compound_id: UUID


class ExportForm(Struct, kw_only=True):
    """What to write out; without a compound the whole community."""

    compound_id: UUID | None = None
    file_format: Literal["xlsx", "csv"] = "xlsx"
    full: bool = False
    reason: Annotated[str, Meta(max_length=200)] = ""


@get("/rosters", needs=ROSTER_IMPORT)
def show_rosters(session: ScopedSession, actor: Actor, place: Place, compound: str = "") -> View:
    community_id = community_of(place).id
    compounds = [(str(each.id), each.name) for each in community_outline(session, community_id)]
    names = dict(compounds)
    imports, _more = list_imports(session, actor, community_id)
    context = {
        "compounds": compounds,
        "chosen": compound or (compounds[0][0] if len(compounds) == 1 else ""),
        "imports": [{"import": each, "compound": names.get(str(each.compound_id), "")} for each in imports],
        "may_export": actor.holds(ROSTER_EXPORT),
        "may_reveal": actor.holds(REVEAL),
    }
    return View("admin/rosters/list.html", context)


@post("/rosters", needs=ROSTER_IMPORT, retry=show_rosters, max_body=_LARGEST_UPLOAD)
def upload_roster(session: ScopedSession, actor: Actor, form: Form, data: UploadForm) -> Redirect:
    if "file" not in form.uploads:
        raise Invalid.one("file", _("请选择文件"), _(".xlsx 或 .csv 文件"))
    taken = start_import(session, actor, data.compound_id, form.uploads["file"], form.files["file"].filename)
    begin_check(session, actor, taken.id)
    return Redirect(f"/rosters/{taken.id}")


@get("/rosters/template", needs=ROSTER_IMPORT)
def fetch_template(session: ScopedSession, place: Place) -> Download:
    return _download(template_workbook(further_columns(session, community_of(place).id)))


@get("/rosters/{import_id:uuid}", needs=ROSTER_IMPORT)
def show_roster(
    session: ScopedSession, actor: Actor, import_id: UUID, show: str = "", after: Annotated[int, Meta(ge=0)] = 0
) -> View:
    state = import_state(session, actor, import_id)
    context: dict[str, Any] = {
        "import": state,
        "compound": find(session, Compound, state.compound_id),
        **_progress(session, state),
        "shows_faults": state.state == "faulty" and show != "rows",
        "is_csv": state.file_name.lower().endswith(".csv"),
        "next": None,
        "rows": [],
        "columns": [],
    }
    if state.state == "faulty" and show != "rows":
        faults, more = faults_page(session, actor, import_id, after=after)
        context |= {"rows": _by_row(faults), "next": more}
    elif state.state in {"faulty", "ready"}:
        context |= _preview(session, actor, state, after)
    return View("admin/rosters/detail.html", context)


@get("/rosters/{import_id:uuid}/errors", needs=ROSTER_IMPORT)
def fetch_errors(session: ScopedSession, actor: Actor, import_id: UUID) -> Download:
    return _download(error_workbook(session, actor, import_id))


@post("/rosters/{import_id:uuid}/commit", needs=ROSTER_IMPORT, retry=show_roster)
def commit_roster(session: ScopedSession, actor: Actor, import_id: UUID) -> Redirect:
    # A second click finds it on its way, or done: that is what it wanted.
    if import_state(session, actor, import_id).state not in {"committing", "committed"}:
        with kept_in_form():
            begin_commit(session, actor, import_id)
    return Redirect(f"/rosters/{import_id}")


@post("/rosters/{import_id:uuid}/recheck", needs=ROSTER_IMPORT, retry=show_roster)
def recheck_roster(session: ScopedSession, actor: Actor, import_id: UUID) -> Redirect:
    with kept_in_form():
        if import_state(session, actor, import_id).state in {"ready", "committing"}:
            check_again(session, actor, import_id)
        begin_check(session, actor, import_id)
    return Redirect(f"/rosters/{import_id}")


@post("/rosters/{import_id:uuid}/discard", needs=ROSTER_IMPORT, retry=show_roster)
def throw_away_roster(session: ScopedSession, actor: Actor, import_id: UUID) -> Redirect:
    if import_state(session, actor, import_id).state != "discarded":
        with kept_in_form():
            discard_import(session, actor, import_id)
    return Redirect("/rosters", _("已放弃这次导入，登记没有任何变化"))


@post("/rosters/export", needs=ROSTER_EXPORT, retry=show_rosters, status=200)
def fetch_export(session: ScopedSession, actor: Actor, place: Place, data: ExportForm) -> Download:
    produced = export_roster(
        session,
        actor,
        community_of(place).id,
        compound_id=data.compound_id,
        file_format=data.file_format,
        full=data.full,
        reason=data.reason,
    )
    if data.full:
        note_roster(session, actor, community_of(place).id, data.compound_id, data.reason)
    return _download(produced)


def _progress(session: ScopedSession, state: ImportOut) -> dict[str, Any]:
    """Whether somebody works on it, and how far that is; ``is_stuck`` when nobody will go on by himself."""
    if state.state not in _WAITING:
        return {"is_waiting": False, "is_stuck": False, "percent": 100}
    job = job_state(session, state.job_id) if state.job_id else None
    is_stuck = job is not None and job.is_over
    percent = state.percent if state.state != "committing" or job is None else job.percent
    return {"is_waiting": not is_stuck, "is_stuck": is_stuck, "percent": percent}


def _download(produced: Produced) -> Download:
    return Download(produced.content, produced.name, produced.media_type)


def _by_row(faults: Sequence[FaultOut]) -> list[dict[str, Any]]:
    rows: dict[int, list[FaultOut]] = {}
    for fault in faults:
        rows.setdefault(fault.n, []).append(fault)
    return [{"n": n, "faults": found} for n, found in rows.items()]


def _preview(session: ScopedSession, actor: Actor, state: ImportOut, after: int) -> dict[str, Any]:
    rows, more = preview_rows(session, actor, state.id, after=after)
    faults = _faults_of(session, actor, state, rows)
    columns = [
        column for column in COLUMNS if column.field in _ALWAYS or any(row.cells.get(column.field) for row in rows)
    ]
    further = dict.fromkeys(field for row in rows for field, text in row.cells.items() if "." in field and text)
    columns += [column for field in further if (column := column_of(field)) is not None]
    return {
        "columns": [{"field": column.field, "title": _(column.title)} for column in columns],
        "rows": [
            {
                "n": row.n,
                "effect": row.effect,
                "cells": [
                    {
                        "title": _(column.title),
                        "text": row.cells.get(column.field, ""),
                        "fault": faults.get((row.n, column.field)),
                    }
                    for column in columns
                ],
            }
            for row in rows
        ],
        "next": more,
    }


def _faults_of(
    session: ScopedSession, actor: Actor, state: ImportOut, rows: Sequence[PreviewRow]
) -> dict[tuple[int, str], FaultOut]:
    if not any(row.faulty for row in rows):
        return {}
    faults, _more = faults_page(session, actor, state.id, after=rows[0].n - 1)
    return {(fault.n, fault.field): fault for fault in faults}


pages = [
    show_rosters,
    upload_roster,
    fetch_template,
    show_roster,
    fetch_errors,
    commit_roster,
    recheck_roster,
    throw_away_roster,
    fetch_export,
]
