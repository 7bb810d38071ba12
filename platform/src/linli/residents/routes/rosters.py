"""Rosters in the API of a community: take in, watch, correct, commit, throw away, write out."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.cursor import PAGE, Limit
from linli.kit.errors import NotFound
from linli.kit.scope import Scope
from linli.privacy.reveals import note_roster
from linli.residents import roster
from linli.residents.permissions import ROSTER_EXPORT, ROSTER_IMPORT
from linli.residents.roster.further import further_columns
from linli.residents.roster.schemas import FaultOut, ImportOut, PreviewRow
from linli.residents.tasks import begin_check, begin_commit
from linli.web.results import Download, Page
from linli.web.routing import get, post

AfterRow = Annotated[int, Meta(ge=0, le=2**31 - 1, description="`next` of the page before")]
#: A file in base64 is a third larger than itself.
_LARGEST_UPLOAD = 28 * 1024 * 1024


class RosterUpload(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A roster to take in; ``content`` is the file in base64."""

    compound_id: UUID
    file_name: Annotated[str, Meta(min_length=1, max_length=200)]
    content: bytes


class RosterExport(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What to write out; without a compound the whole community."""

    compound_id: UUID | None = None
    file_format: Literal["xlsx", "csv"] = "xlsx"
    full: bool = False
    reason: Annotated[str, Meta(max_length=500)] = ""


@get("/rosters", needs=ROSTER_IMPORT, tags=["rosters"])
def list_rosters(
    session: ScopedSession, actor: Actor, scope: Scope, after: UUID | None = None, limit: Limit = PAGE
) -> Page[ImportOut]:
    """Imports, newest first."""
    items, more = roster.list_imports(session, actor, community_of(scope), after=after, limit=limit)
    return Page(items=items, next=str(more) if more else None)


@post("/rosters", needs=ROSTER_IMPORT, max_body=_LARGEST_UPLOAD, tags=["rosters"])
def upload_roster(session: ScopedSession, actor: Actor, data: RosterUpload) -> ImportOut:
    """Take in a roster; it is checked in the background."""
    taken = roster.start_import(session, actor, data.compound_id, data.content, data.file_name)
    begin_check(session, actor, taken.id)
    return roster.import_state(session, actor, taken.id)


@get("/rosters/template", needs=ROSTER_IMPORT, tags=["rosters"])
def fetch_template(session: ScopedSession, scope: Scope) -> Download:
    """The empty roster as a workbook, with the columns of the plugins that are on."""
    return _download(roster.template_workbook(further_columns(session, community_of(scope))))


@post("/rosters/export", needs=ROSTER_EXPORT, status=200, tags=["rosters"], also=(202,))
def export_roster(session: ScopedSession, actor: Actor, scope: Scope, data: RosterExport) -> Download:
    """The register as a roster; an export is an act that the audit trail keeps, hence no GET."""
    produced = roster.export_roster(
        session,
        actor,
        community_of(scope),
        compound_id=data.compound_id,
        file_format=data.file_format,
        full=data.full,
        reason=data.reason,
    )
    if data.full:
        note_roster(session, actor, community_of(scope), data.compound_id, data.reason)
    return _download(produced)


@get("/rosters/{import_id:uuid}", needs=ROSTER_IMPORT, tags=["rosters"])
def show_roster(session: ScopedSession, actor: Actor, import_id: UUID) -> ImportOut:
    """Where an import stands."""
    return roster.import_state(session, actor, import_id)


@get("/rosters/{import_id:uuid}/rows", needs=ROSTER_IMPORT, tags=["rosters"])
def list_rows(
    session: ScopedSession, actor: Actor, import_id: UUID, after: AfterRow = 0, limit: Limit = PAGE
) -> Page[PreviewRow]:
    """Rows as they were understood and what each would do."""
    items, more = roster.preview_rows(session, actor, import_id, after=after, limit=limit)
    return Page(items=items, next=None if more is None else str(more))


@get("/rosters/{import_id:uuid}/faults", needs=ROSTER_IMPORT, tags=["rosters"])
def list_faults(
    session: ScopedSession, actor: Actor, import_id: UUID, after: AfterRow = 0, limit: Limit = PAGE
) -> Page[FaultOut]:
    """Cells at fault; `limit` counts their rows."""
    items, more = roster.faults_page(session, actor, import_id, after=after, limit=limit)
    return Page(items=items, next=None if more is None else str(more))


@get("/rosters/{import_id:uuid}/errors", needs=ROSTER_IMPORT, tags=["rosters"], also=(409,))
def fetch_errors(session: ScopedSession, actor: Actor, import_id: UUID) -> Download:
    """The uploaded file with its bad cells marked."""
    return _download(roster.error_workbook(session, actor, import_id))


@post("/rosters/{import_id:uuid}/commit", needs=ROSTER_IMPORT, status=202, tags=["rosters"])
def commit_roster(session: ScopedSession, actor: Actor, import_id: UUID) -> ImportOut:
    """Write a checked import in the background, all rows or none."""
    begin_commit(session, actor, import_id)
    return roster.import_state(session, actor, import_id)


@post("/rosters/{import_id:uuid}/recheck", needs=ROSTER_IMPORT, status=202, tags=["rosters"])
def recheck_roster(session: ScopedSession, actor: Actor, import_id: UUID) -> ImportOut:
    """Compare a checked import with the register as it is now, in the background."""
    if roster.import_state(session, actor, import_id).state in {"ready", "committing"}:
        roster.check_again(session, actor, import_id)
    begin_check(session, actor, import_id)
    return roster.import_state(session, actor, import_id)


@post("/rosters/{import_id:uuid}/discard", needs=ROSTER_IMPORT, status=200, tags=["rosters"])
def discard_roster(session: ScopedSession, actor: Actor, import_id: UUID) -> ImportOut:
    """Throw an import away with its rows and its file."""
    return roster.discard_import(session, actor, import_id)


def community_of(scope: Scope) -> UUID:
    """The community of this address."""
    if scope.community_id is None:
        raise NotFound
    return scope.community_id


def _download(produced: roster.Produced) -> Download:
    return Download(produced.content, produced.name, produced.media_type)


HANDLERS = [
    list_rosters,
    upload_roster,
    fetch_template,
    export_roster,
    show_roster,
    list_rows,
    list_faults,
    fetch_errors,
    commit_roster,
    recheck_roster,
    discard_roster,
]
