"""Rosters in the background: checked chunk by chunk, committed in one step, both taken up again after a crash."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.errors import Conflict
from linli.kit.text import gettext as _
from linli.residents.roster import Checker, check_again, check_chunk, commit_import, take_for_commit
from linli.residents.roster.further import ColumnFailed
from linli.residents.roster.schemas import ImportOut
from linli.residents.roster.service import import_within, put_back
from linli.tasks import JobRun, enqueue, task

CHECK = "core.check_roster"
COMMIT = "core.commit_roster"

#: Seconds: a commit of the largest roster is one step.
_COMMIT_LEASE = 900


def begin_check(session: ScopedSession, actor: Actor, import_id: UUID) -> UUID:
    """Have an import checked in the background; the job's id. Raises ``NotFound`` where the actor may not import."""
    return _enqueue(session, actor, import_id, CHECK)


def begin_commit(session: ScopedSession, actor: Actor, import_id: UUID) -> UUID:
    """Have an import committed in the background; the job's id.

    Raises:
        Conflict: it is not ready, or on its way already.
        NotFound: there is no such import where the actor may import.
    """
    take_for_commit(session, actor, import_id)
    return _enqueue(session, actor, import_id, COMMIT)


def _enqueue(session: ScopedSession, actor: Actor, import_id: UUID, name: str) -> UUID:
    row = import_within(session, actor, import_id)
    job_id = enqueue(session, name, {"import_id": str(import_id)}, community_id=row.community_id)
    row.job_id = job_id
    session.flush()
    return job_id


@task(CHECK, title="检查居民名册", lease=120)
def check_roster(run: JobRun) -> dict[str, Any]:
    """Check every chunk that was not checked yet."""
    return _result(_check(run, UUID(run.args["import_id"])))


@task(COMMIT, title="导入居民名册", lease=_COMMIT_LEASE)
def commit_roster(run: JobRun) -> dict[str, Any]:
    """Write a checked import; where the register has changed since, check it again and leave the choice to people."""
    import_id = UUID(run.args["import_id"])
    try:
        with run.unit_of_work() as session:
            # The signed scope has to live as long as the largest commit; nothing was sent yet.
            session.info["ttl"] = _COMMIT_LEASE
            total = import_within(session, run.actor, import_id).rows_total

            def tell(done: int) -> None:
                run.progress(done, total, _("正在写入"))

            return _result(commit_import(session, run.actor, import_id, progress=tell))
    except ColumnFailed as failed:
        with run.unit_of_work() as session:
            return _result(put_back(session, run.actor, import_id, str(failed)))
    except Conflict:
        with run.unit_of_work() as session:
            state = import_within(session, run.actor, import_id).state
            if state in ("ready", "committing"):
                check_again(session, run.actor, import_id)
        return _result(_check(run, import_id))


def _check(run: JobRun, import_id: UUID) -> ImportOut:
    checker = Checker()
    try:
        while True:
            with run.unit_of_work() as session:
                state = check_chunk(session, import_id, checker=checker)
            if state.state not in ("uploaded", "checking"):
                return state
            run.progress(state.percent, 100, _("已检查 {rows} 行").format(rows=state.rows_checked))
    finally:
        checker.close()


def _result(state: ImportOut) -> dict[str, Any]:
    return {"import_id": str(state.id), "state": state.state, "counts": state.counts}
