"""The steps of an import: taken in, checked in chunks, looked at, committed all or nothing, or thrown away."""

from __future__ import annotations

from typing import Any, BinaryIO
from uuid import UUID

from sqlalchemy import delete, func, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from linli.audit.record import record
from linli.db.session import ScopedSession
from linli.files.sealing import store_sealed
from linli.files.service import remove_file, store_file
from linli.kit.actor import SYSTEM, Actor
from linli.kit.cursor import PAGE
from linli.kit.errors import Conflict, NotFound
from linli.kit.ids import new_id
from linli.kit.phones import mask_id_number, mask_phone
from linli.kit.text import gettext as _
from linli.residents.measuring import measure_register
from linli.residents.models import RosterImport, RosterRow
from linli.residents.permissions import ROSTER_IMPORT
from linli.residents.roster.batches import Run
from linli.residents.roster.columns import COLUMNS, word_for
from linli.residents.roster.further import FurtherColumns, further_columns, with_further
from linli.residents.roster.reading import MAX_BYTES, Layout, as_stream, look_into
from linli.residents.roster.register import Places
from linli.residents.roster.rows import RosterRowValues, is_masked
from linli.residents.roster.schemas import FaultOut, ImportOut, PreviewRow
from linli.residents.roster.staging import all_rows, opened, rows_by_door
from linli.residents.roster.writing import Writer
from linli.tenancy.models import Compound
from linli.tenancy.summaries import recount

# The phones and identity numbers of a whole compound: as an uploaded file they lie sealed, too.
store_sealed("core", "roster_import")

#: Rows that are planned and written together: what bounds the memory of a commit.
BATCH = 2_000

#: Measured again whenever so many times as many rows have been written as at the last time.
_MEASURE_AT_GROWTH = 4
_LOCK_COMPOUND = text("SELECT pg_advisory_xact_lock(hashtextextended(CAST(:compound AS text), 0))")


def start_import(
    session: ScopedSession, actor: Actor, compound_id: UUID, content: bytes | BinaryIO, file_name: str
) -> ImportOut:
    """Take in a roster for one compound: format, encoding and header are looked at now, the rows by ``check_chunk``.

    Raises:
        Invalid: no workbook and no CSV, damaged, too large, or without the needed columns; nothing is kept then.
        NotFound: there is no such compound where the actor may import.
    """
    compound = session.scalar(select(Compound).where(Compound.id == compound_id, Compound.archived_at.is_(None)))
    if compound is None or not actor.can(ROSTER_IMPORT, community_id=compound.community_id, compound_id=compound.id):
        raise NotFound(_("找不到这个小区"))
    import_id = new_id()
    stream = as_stream(content)
    layout = with_further(look_into(stream, file_name), further_columns(session, compound.community_id))
    stream.seek(0)
    stored = store_file(
        session,
        actor,
        stream,
        owner="core",
        name=file_name,
        subject=("roster_import", import_id),
        community_id=compound.community_id,
        limit=MAX_BYTES,
    )
    row = RosterImport(
        id=import_id,
        community_id=compound.community_id,
        compound_id=compound.id,
        file_id=stored.id,
        file_name=stored.name,
        file_format=layout.format,
        created_by=actor.account_id,
        mapping=layout.stored(),
        summary={"phase": "reading"},
    )
    session.add(row)
    session.flush()
    session.refresh(row)
    return import_out(row)


def import_state(session: ScopedSession, actor: Actor, import_id: UUID) -> ImportOut:
    """Where an import stands; raises ``NotFound`` where the actor may not import."""
    return import_out(import_within(session, actor, import_id))


def list_imports(
    session: ScopedSession, actor: Actor, community_id: UUID, *, after: UUID | None = None, limit: int = PAGE
) -> tuple[list[ImportOut], UUID | None]:
    """Imports of a community that the actor may see, newest first, and the ``after`` of the next page."""
    newest = select(RosterImport).where(RosterImport.community_id == community_id)
    compounds = [grant.compound_id for grant in actor.grants_for(ROSTER_IMPORT)]
    if not actor.system and None not in compounds:
        newest = newest.where(RosterImport.compound_id.in_(compounds))
    if after is not None:
        # Ids grow as rows are made.
        newest = newest.where(RosterImport.id < after)
    rows = list(session.scalars(newest.order_by(RosterImport.id.desc()).limit(limit + 1)))
    shown = [import_out(row) for row in rows[:limit] if _may_import(actor, row)]
    return shown, rows[limit - 1].id if len(rows) > limit else None


def faults_page(
    session: ScopedSession, actor: Actor, import_id: UUID, *, after: int = 0, limit: int = PAGE
) -> tuple[list[FaultOut], int | None]:
    """The faults of the next rows at fault behind row ``after``, and the row to go on after."""
    row = import_within(session, actor, import_id)
    header = Layout.restored(row.mapping).header
    found = _staged(session, row, after, limit, only_faulty=True)
    faults: list[FaultOut] = []
    for staged in found[:limit]:
        values = opened(session, staged)
        for fault in values.faults:
            column = header.column_of(fault.field)
            faults.append(
                FaultOut(
                    n=values.n,
                    field=fault.field,
                    title=fault.title,
                    column=None if column is None else column + 1,
                    written=values.written.get(fault.field) or _shown(values, fault.field),
                    message=fault.shown_message(),
                    allowed=fault.shown_allowed(),
                )
            )
    return faults, found[limit - 1].n if len(found) > limit else None


def preview_rows(
    session: ScopedSession, actor: Actor, import_id: UUID, *, after: int = 0, limit: int = PAGE
) -> tuple[list[PreviewRow], int | None]:
    """The next rows as they were understood, and the row to go on after."""
    row = import_within(session, actor, import_id)
    found = _staged(session, row, after, limit)
    rows = []
    for staged in found[:limit]:
        values = opened(session, staged)
        cells = {column.field: _shown(values, column.field) for column in COLUMNS}
        cells |= {field: _shown(values, field) for field in values.values if "." in field}
        cells.update(values.written)
        rows.append(PreviewRow(n=values.n, effect=staged.effect, faulty=bool(values.faults), cells=cells))
    return rows, found[limit - 1].n if len(found) > limit else None


def commit_import(session: ScopedSession, actor: Actor, import_id: UUID, progress: Any = None) -> ImportOut:
    """Write every row, or none: one transaction, the register as it is now being judged once more.

    Nobody who is absent from the file is touched. The staged rows and the uploaded file are removed afterwards.

    Args:
        session: of a unit of work with a long ``ttl``.
        actor: who commits.
        import_id: an import whose state is ``ready`` or ``committing``.
        progress: called with the number of rows written so far.

    Raises:
        Conflict: it is not ready, was committed already, or the register has changed since the check.
        ColumnFailed: a plugin could not write its column.
        NotFound: there is no such import where the actor may import.
    """
    row = import_within(session, actor, import_id)
    _take(session, row)
    _require_checked(row, "ready", "committing")
    places = Places(session, row.compound_id)
    further = FurtherColumns(session, further_columns(session, row.community_id))
    run = Run(session, row.community_id, places, further, locks=True)
    for each in all_rows(session, row.community_id, row.id):
        run.remember(each)
    writer = Writer(session, row.community_id, row.compound_id, places)
    totals: dict[str, int] = {"created": 0, "updated": 0, "unchanged": 0, "moved_out": 0}
    after, done, measured = b"", 0, 100
    while True:
        rows, after = rows_by_door(session, row.community_id, row.id, after=after, limit=BATCH)
        if not rows:
            break
        batch = run.plan(rows)
        if any(each.faults for each in rows):
            raise Conflict(_("检查之后登记有了变化，请重新检查名册"))
        try:
            writer.write(batch)
        except IntegrityError as error:
            raise Conflict(_("检查之后登记有了变化，请重新检查名册")) from error
        further.write(rows)
        for effect in batch.effects.values():
            totals[effect] += 1
        done += len(rows)
        if done >= measured * _MEASURE_AT_GROWTH:
            measure_register(session)
            measured = done
        if progress is not None:
            progress(done)
    _finish(session, row, "committed")
    row.rows_written = done
    row.summary = {**totals, "doors": row.summary.get("doors", 0), **writer.written}
    session.flush()
    record(
        session,
        "core.roster.commit",
        ("roster_import", row.id),
        community_id=row.community_id,
        after={"file": row.file_name, "rows": done, **row.summary},
    )
    recount(session, row.community_id)
    return import_out(row)


def take_for_commit(session: ScopedSession, actor: Actor, import_id: UUID) -> ImportOut:
    """Note that an import is about to be committed; raises ``Conflict`` unless it is ready, ``NotFound``."""
    row = import_within(session, actor, import_id)
    _take(session, row)
    _require_checked(row, "ready")
    row.state, row.message = "committing", ""
    session.flush()
    return import_out(row)


def discard_import(session: ScopedSession, actor: Actor, import_id: UUID) -> ImportOut:
    """Throw away an import that was not committed, with its rows and its file; raises ``Conflict``, ``NotFound``."""
    row = import_within(session, actor, import_id)
    _take(session, row)
    if row.state in ("committed", "discarded"):
        raise Conflict(_("这次导入已经完成") if row.state == "committed" else _("这次导入已经放弃"))
    _finish(session, row, "discarded")
    session.flush()
    record(session, "core.roster.discard", ("roster_import", row.id), community_id=row.community_id)
    return import_out(row)


def check_again(session: ScopedSession, actor: Actor, import_id: UUID) -> ImportOut:
    """Compare a ready import with the register of now once more; ``Conflict`` in any other state, ``NotFound``."""
    row = import_within(session, actor, import_id)
    _take(session, row)
    if row.state not in ("ready", "committing"):
        raise Conflict(_("只有检查通过的名册可以重新检查"))
    row.state = "checking"
    row.summary = {"phase": "comparing"}
    session.flush()
    return import_out(row)


def put_back(session: ScopedSession, actor: Actor, import_id: UUID, message: str) -> ImportOut:
    """Let an import whose commit failed be committed again, and say why it failed; ``NotFound``."""
    row = import_within(session, actor, import_id)
    _take(session, row)
    if row.state == "committing":
        row.state, row.message = "ready", message
        session.flush()
    return import_out(row)


def import_within(session: ScopedSession, actor: Actor, import_id: UUID) -> RosterImport:
    """The import, or ``NotFound`` where the actor may not import."""
    row = session.get(RosterImport, (session.scope.tenant_id, import_id))
    if row is None or not _may_import(actor, row):
        raise NotFound(_("找不到这次导入"))
    return row


def import_out(row: RosterImport) -> ImportOut:
    """What is told about an import."""
    summary = row.summary
    total = max(row.rows_total, 1)
    percent = {"uploaded": 0, "checking": 50 * bool(row.rows_total)}.get(row.state, 100)
    if row.state == "checking" and row.rows_total:
        percent = 50 + 50 * int(summary.get("compared", 0)) // total
    return ImportOut(
        id=row.id,
        compound_id=row.compound_id,
        file_name=row.file_name,
        state=row.state,
        percent=min(percent, 100),
        rows_total=row.rows_total,
        rows_checked=row.rows_checked,
        rows_faulty=row.rows_faulty,
        rows_written=row.rows_written,
        counts={name: number for name, number in summary.items() if isinstance(number, int)},
        unknown_columns=Layout.restored(row.mapping).header.unknown,
        message=row.message,
        job_id=row.job_id,
        created_at=row.created_at,
    )


def _may_import(actor: Actor, row: RosterImport) -> bool:
    return actor.can(ROSTER_IMPORT, community_id=row.community_id, compound_id=row.compound_id)


def _require_checked(row: RosterImport, *states: str) -> None:
    if row.state in states:
        return
    if row.state == "committing":
        raise Conflict(_("这次导入正在进行"))
    raise Conflict(_("这次导入已经完成") if row.state == "committed" else _("名册还没有检查通过，不能导入"))


def _take(session: ScopedSession, row: RosterImport) -> None:
    try:
        session.execute(_LOCK_COMPOUND, {"compound": row.compound_id})
    except OperationalError as error:
        raise Conflict(_("这个小区正在导入另一份名册，请稍后再试")) from error
    session.refresh(row)


def _finish(session: ScopedSession, row: RosterImport, state: str) -> None:
    session.execute(delete(RosterRow).where(RosterRow.community_id == row.community_id, RosterRow.import_id == row.id))
    remove_file(session, SYSTEM, row.file_id)
    row.state = state


def _staged(
    session: ScopedSession, row: RosterImport, after: int, limit: int, *, only_faulty: bool = False
) -> list[RosterRow]:
    wanted = select(RosterRow).where(
        RosterRow.community_id == row.community_id, RosterRow.import_id == row.id, RosterRow.n > after
    )
    if only_faulty:
        wanted = wanted.where(func.coalesce(RosterRow.faults.is_not(None), False))
    return list(session.scalars(wanted.order_by(RosterRow.n).limit(limit + 1)))


def _shown(row: RosterRowValues, field: str) -> str:
    value = row.get(field)
    if value is None:
        return ""
    if isinstance(value, bool):
        return word_for(field, "yes" if value else "no")
    if field in ("phone", "id_number") and not is_masked(value):
        return mask_phone(value) if field == "phone" else mask_id_number(value)
    return word_for(field, value) or str(value)
