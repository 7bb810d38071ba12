"""Calling one implementation of one plugin: alone, in a savepoint, against its budget, its answer looked at."""

from __future__ import annotations

import asyncio
import copy
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import Any, TypeVar

import msgspec
import structlog

from linli.approvals.acts import Act, Words
from linli.db.session import ScopedSession, afterwards
from linli.kit.errors import LinliError
from linli.plugins.containment import kinds
from linli.plugins.containment.circuits import NO_CIRCUITS, Circuits, Report, reported
from linli.plugins.containment.kinds import OVERRUN, Kind
from linli.plugins.containment.savepoint import contained

T = TypeVar("T")
log = structlog.get_logger("linli.plugins")

Description = Callable[[ScopedSession, Mapping[str, Any]], Words]

#: Where ``session.info`` keeps which circuits are open in this street, as the request learnt it.
CIRCUITS = "circuits"
#: Bytes of JSON that a job may leave as its result.
_MOST_RESULT = 64 * 1024
_MOST_WORDS = 100
_MOST_FRAMES = 12
_MOST_MESSAGE = 300


class PluginFailed(Exception):
    """A plugin's code failed; the cause is its own error. ``owner`` is the plugin."""

    def __init__(self, owner: str, kind: Kind, error: BaseException, where: str = "") -> None:
        self.owner, self.kind, self.error_type, self.where = owner, kind, type(error).__name__, where
        super().__init__(f"{owner}: {kind.name} {where}: {self.error_type}")

    def report(self, seconds: float = 0.0) -> Report:
        """For the health of the plugin in one street."""
        return Report(self.owner, self.kind, self.where, seconds, self.error_type)


class UnitLost(PluginFailed):
    """It took the whole unit of work along: its connection is gone, because nothing was heard of it for too long."""


class PluginSkipped(Exception):
    """The plugin was not asked: its circuit is open in this street."""


class Overrun(Exception):
    """It took more than ``OVERRUN`` times its budget."""


class WrongAnswer(TypeError):
    """It returned something else than the hook says, or far too much of it."""


def log_failure(failed: PluginFailed, error: BaseException, **more: Any) -> None:
    """Write down what a plugin did wrong, briefly: what it was working on may be as large as it likes."""
    frames = traceback.extract_tb(error.__traceback__)[-_MOST_FRAMES:]
    trace = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    try:
        words = str(error)[:_MOST_MESSAGE]
    except Exception:
        words = ""
    log.error(
        "plugin failed",
        plugin=failed.owner,
        kind=failed.kind.name,
        where=failed.where,
        error=f"{failed.error_type}: {words}",
        trace=trace,
        **more,
    )


def is_lost(session: ScopedSession) -> bool:
    """Whether the unit of work has no connection any more."""
    connection = session.info.get("connection")
    return connection is not None and (connection.closed or connection.invalidated)


def is_end_of_process(error: BaseException) -> bool:
    """Whether an error is no fault of the code that was called: somebody cancelled it, or pressed Ctrl-C."""
    if isinstance(error, asyncio.CancelledError):
        return True
    # Signals are told to the main thread alone: in any other the code itself has raised it.
    return isinstance(error, KeyboardInterrupt) and threading.current_thread() is threading.main_thread()


def call(
    session: ScopedSession,
    owner: str,
    kind: Kind,
    work: Callable[[], T],
    *,
    where: str = "",
    check: Callable[[Any], Any] | None = None,
    expected: tuple[type[BaseException], ...] = (),
) -> T:
    """Call one implementation of a plugin.

    Args:
        session: the unit of work; what the call did to it is kept or undone as a whole.
        owner: the plugin.
        kind: what is called.
        work: calls it, with arguments that it may alter as it likes.
        where: which of the plugin's implementations, in the plugin's own words; no personal data.
        check: looks at the answer and returns it; raises ``WrongAnswer`` where it is not what the hook says.
        expected: what the hook is meant to raise: passed on, and no failure.

    Raises:
        PluginSkipped: an advisory kind whose circuit is open.
        PluginFailed: it raised, exited, swallowed an error of the database, or gave a wrong answer.
    """
    circuits: Circuits = session.info.get(CIRCUITS, NO_CIRCUITS)
    if not kind.is_gate and circuits.is_open(owner, kind.part):
        raise PluginSkipped(owner)
    began = perf_counter()
    try:
        with contained(session):
            answer = work()
            if check is not None:
                answer = check(answer)
    except expected:
        raise
    except BaseException as error:
        if is_end_of_process(error):
            raise
        failed = (UnitLost if is_lost(session) else PluginFailed)(owner, kind, error, where)
        log_failure(failed, error)
        _report(session, failed.report(perf_counter() - began))
        raise failed from error
    _measure(session, owner, kind, where, perf_counter() - began, circuits)
    return answer


def _measure(session: ScopedSession, owner: str, kind: Kind, where: str, seconds: float, circuits: Circuits) -> None:
    if seconds > kind.budget * OVERRUN:
        log.error("plugin far too slow", plugin=owner, kind=kind.name, where=where, seconds=round(seconds, 2))
        _report(session, Report(owner, kind, where, seconds, Overrun.__name__))
    elif seconds > kind.budget or circuits.is_tried(owner, kind.part):
        _report(session, Report(owner, kind, where, seconds))


def _report(session: ScopedSession, report: Report) -> None:
    tenant_id = session.scope.tenant_id
    afterwards(session, lambda database: reported(database, tenant_id, report))


def contained_act(owner: str, act: Act) -> Act:
    """The act of a plugin as the core performs and describes it."""
    describe = act.describe

    def perform(session: ScopedSession, actor: Any, payload: Mapping[str, Any]) -> str:
        return call(
            session,
            owner,
            kinds.ACT,
            partial(act.perform, session, actor, copy.deepcopy(dict(payload))),
            where=act.name,
            check=_text,
            expected=(LinliError,),
        )

    if describe is None:
        return replace(act, perform=perform)
    return replace(act, perform=perform, describe=_contained_description(owner, act.name, describe))


def _contained_description(owner: str, name: str, describe: Description) -> Description:
    def described(session: ScopedSession, payload: Mapping[str, Any]) -> Words:
        asked = partial(describe, session, copy.deepcopy(dict(payload)))
        return call(session, owner, kinds.DESCRIPTION, asked, where=name, check=_pairs, expected=(LinliError,))

    return described


def contained_job(
    owner: str, kind: Kind, name: str, handler: Callable[[Any], Any], *, expected: tuple[type[BaseException], ...]
) -> Callable[[Any], dict[str, Any] | None]:
    """A plugin's background work as the runner calls it: whatever it raises is an error of the plugin's.

    Its steps are units of work of their own, which nobody but their edge ends.
    """

    def run_it(run: Any) -> dict[str, Any] | None:
        began = perf_counter()
        try:
            result = _job_result(handler(run))
        except (LinliError, *expected):
            raise
        except BaseException as error:
            if is_end_of_process(error):
                raise
            raise PluginFailed(owner, kind, error, name) from error
        if kind.budget and perf_counter() - began > kind.budget * OVERRUN:
            log.error("plugin far too slow", plugin=owner, kind=kind.name, where=name)
        return result

    return run_it


def _job_result(answer: Any) -> dict[str, Any] | None:
    if answer is None:
        return None
    if not isinstance(answer, dict):
        raise WrongAnswer(f"a job returns a dict or None, not {type(answer).__name__}")
    if len(msgspec.json.encode(answer)) > _MOST_RESULT:
        raise WrongAnswer(f"a job's result is at most {_MOST_RESULT} bytes of JSON")
    return answer


def _text(answer: Any) -> str:
    if not isinstance(answer, str):
        raise WrongAnswer(f"an act returns a sentence, not {type(answer).__name__}")
    return answer


def _pairs(answer: Any) -> list[tuple[str, str]]:
    pairs = list(answer)[: _MOST_WORDS + 1]
    if len(pairs) > _MOST_WORDS or not all(
        isinstance(each, tuple | list) and len(each) == 2 and all(isinstance(part, str) for part in each)
        for each in pairs
    ):
        raise WrongAnswer(f"a description is at most {_MOST_WORDS} pairs of texts")
    return [(label, value) for label, value in pairs]
