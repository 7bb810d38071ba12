"""The session door: one unit of work is one transaction in one scope, committed at the edge."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, TypeVar

from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction, sessionmaker

from linli.db.scope import REQUEST_TTL, ScopeSigner
from linli.db.vault import Vault
from linli.kit.actor import SYSTEM, Actor
from linli.kit.scope import Scope

T = TypeVar("T")
_SET_SCOPE = text("SELECT set_config('app.scope', :token, true)")
_SCOPE = text("SELECT current_setting('app.scope', true)")
#: Both at once: a page has hardly a shorter way to its first row.
_SET_SCOPE_READ_ONLY = text(
    "SELECT set_config('transaction_read_only', 'on', true), set_config('app.scope', :token, true)"
)
_FORGET = "RESET ALL; CLOSE ALL; UNLISTEN *; SELECT pg_advisory_unlock_all()"


class LastRank(IntEnum):
    """The order of the last acts before a commit, which is the order in which they lock."""

    #: Events take their places in the lanes of their compounds.
    LANES = 0
    OTHER = 1
    #: The tenant's one chain.
    AUDIT = 2
    #: The tenant's doorbell.
    BELL = 3


@dataclass(frozen=True, slots=True)
class _LastAct:
    rank: LastRank
    key: str
    act: Callable[[Any], None]


class ScopeMissing(RuntimeError):
    """A session was used without a scope, or its scope was exchanged while it lived."""


class TransactionLost(RuntimeError):
    """Somebody swallowed an error of the database, or ended the transaction: a commit would quietly keep nothing."""


class NotYours(RuntimeError):
    """Code that was handed a unit of work tried to end it; its edge alone commits and rolls back."""


class ScopedSession(Session):
    """A session that belongs to one scope for its whole life and refuses to begin without one."""

    @property
    def scope(self) -> Scope:
        return self.info["scope"]

    @property
    def actor(self) -> Actor:
        return self.info["actor"]

    @property
    def vault(self) -> Vault:
        """What seals and opens this tenant's personal columns."""
        return self.info["vault"]

    def commit(self) -> None:
        self._refuse_to_guests("commit")
        super().commit()

    def rollback(self) -> None:
        self._refuse_to_guests("rollback")
        super().rollback()

    def close(self) -> None:
        self._refuse_to_guests("close")
        super().close()

    def _refuse_to_guests(self, what: str) -> None:
        if self.info.get("guests"):
            raise NotYours(f"{what}(): a unit of work is ended at its edge; raise an error to undo what was done")


@contextmanager
def hands_off(session: Session) -> Iterator[None]:
    """Inside the block nobody ends the unit of work: it is in a guest's hands."""
    session.info["guests"] = session.info.get("guests", 0) + 1
    try:
        yield
    finally:
        session.info["guests"] -= 1


def require_intact(session: Session) -> None:
    """Go on only while the transaction can still be committed.

    Raises:
        TransactionLost: a statement failed and its error was swallowed, or the transaction was ended by hand.
    """
    connection: Connection | None = session.info.get("connection")
    if connection is None or connection.closed or connection.invalidated:
        return
    driver: Any = connection.connection.driver_connection
    if driver.info.transaction_status is TransactionStatus.INERROR:
        raise TransactionLost("a statement failed and its error was swallowed: nothing of this would be kept")
    if driver.info.transaction_status is TransactionStatus.IDLE and session.in_nested_transaction():
        raise TransactionLost("the transaction was ended by a statement")


@event.listens_for(ScopedSession, "after_begin")
def _set_scope(session: ScopedSession, transaction: SessionTransaction, connection: Connection) -> None:
    scope = session.info.get("scope")
    if not isinstance(scope, Scope):
        raise ScopeMissing("a session needs a scope: open it with Database.unit_of_work(scope)")
    if session.info.setdefault("first_scope", scope) != scope:
        raise ScopeMissing("a session keeps its scope for its whole life: open another unit of work")
    session.info["connection"] = connection
    signer: ScopeSigner = session.info["signer"]
    reads = is_reading(session)
    if reads and transaction.nested:
        # The scope of the transaction holds in its savepoints. Long work, which writes, has its token renewed by them.
        return
    statement = _SET_SCOPE_READ_ONLY if reads and not connection.in_nested_transaction() else _SET_SCOPE
    connection.execute(statement, {"token": signer.token(scope, ttl=session.info["ttl"])})


@event.listens_for(ScopedSession, "before_commit")
def _last_acts(session: ScopedSession) -> None:
    # Only the outermost commit ends the unit of work; a released savepoint does not.
    if session.in_nested_transaction():
        return
    session.flush()
    acts: list[_LastAct] = session.info.setdefault("last_acts", [])
    while acts:
        # Looked for anew each time: a last act may ask for further ones.
        nearest = min(acts, key=lambda each: each.rank)
        acts.remove(nearest)
        session.info["last_act_keys"].discard(nearest.key)
        nearest.act(session)
    require_intact(session)


@event.listens_for(ScopedSession, "after_commit")
def _follow_ups(session: ScopedSession) -> None:
    if session.in_nested_transaction():
        return
    follow_ups, session.info["follow_ups"] = session.info.get("follow_ups", []), []
    if (later := session.info.get("later")) is not None:
        later.extend(follow_ups)
        return
    for act in follow_ups:
        act()


@event.listens_for(ScopedSession, "do_orm_execute")
def _no_commit_inside(state: ORMExecuteState) -> None:
    if state.session.info.get("closed"):
        raise ScopeMissing("this unit of work has ended")


def before_commit(session: Session, key: str, act: Callable[[Any], None], *, rank: LastRank = LastRank.OTHER) -> None:
    """Run ``act(session)`` once, as one of the last things before the commit; the same key is registered once.

    Args:
        session: the unit of work.
        key: tells the act from others; it may be asked for again once it has run.
        act: called with the session.
        rank: what locks rows that many transactions want does so in one order everywhere, or two of them would wait
            for each other; within a rank the order of asking holds.
    """
    keys = session.info.setdefault("last_act_keys", set())
    if key not in keys:
        keys.add(key)
        session.info.setdefault("last_acts", []).append(_LastAct(rank, key, act))


def after_commit(session: Session, act: Callable[[], None]) -> None:
    """Run ``act()`` when the transaction has been committed; never when it was rolled back."""
    session.info.setdefault("follow_ups", []).append(act)


def is_reading(session: Session) -> bool:
    """Whether a unit of work only reads, as that of a GET does."""
    return bool(session.info.get("read_only"))


def once(session: Session, key: Hashable, read: Callable[[], T]) -> T:
    """What ``read()`` answers, asked once in a unit of work that only reads; anew each time where it may write.

    For what many parts of one page ask for: it is forgotten with the unit of work.

    Args:
        session: the unit of work.
        key: tells the question from others, with everything that the answer depends on.
        read: asks; what it raises is not remembered.
    """
    if not is_reading(session):
        return read()
    known: dict[Hashable, Any] = session.info.setdefault("once", {})
    if key not in known:
        known[key] = read()
    answer: T = known[key]
    return answer


def afterwards(session: Session, act: Callable[[Database], None]) -> None:
    """Run ``act(database)`` when the unit of work has ended, kept or undone, and has given its connection back.

    It opens units of work of its own and raises nothing.
    """
    session.info.setdefault("afterwards", []).append(act)


class Database:
    """The engine, the signer and the one way to open a transaction."""

    def __init__(
        self, url: str, signer: ScopeSigner, vault: Vault, *, pool_size: int = 10, prepared: bool = True
    ) -> None:
        self.url = url
        self.signer = signer
        self.vault = vault
        self.engine: Engine = create_engine(
            make_url(url).set(drivername="postgresql+psycopg"),
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=10,
            pool_pre_ping=True,
            # An error's text goes to the log: without the values of the statement, which are somebody's name.
            hide_parameters=True,
            # A pooler in transaction mode cannot keep prepared statements.
            connect_args={"prepare_threshold": 5 if prepared else None, "application_name": "linli"},
        )
        event.listen(self.engine, "reset", _forget_everything)
        self._sessions = sessionmaker(self.engine, class_=ScopedSession, expire_on_commit=False)
        self._joined: dict[str, Any] = {}
        #: What every unit of work finds in its ``info``: the storage of files, the bell of the job runner.
        self.info: dict[str, Any] = {}

    @contextmanager
    def unit_of_work(
        self, scope: Scope, actor: Actor = SYSTEM, *, read_only: bool = False, ttl: int = REQUEST_TTL
    ) -> Iterator[ScopedSession]:
        """One transaction: committed when the block ends, rolled back when it raises.

        Args:
            scope: what may be seen and written.
            actor: on whose behalf; named in the audit trail.
            read_only: refuse every write, as for GET.
            ttl: seconds the signed scope lives; raise it for long batches.
        """
        session = self._sessions(
            info={
                "scope": scope,
                "actor": actor,
                "signer": self.signer,
                "vault": self.vault,
                "read_only": read_only,
                "ttl": ttl,
                **self.info,
                **self._joined,
            }
        )
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            session.close()
            session.info["closed"] = True
            for act in session.info.get("afterwards", ()):
                act(self)

    @contextmanager
    def open_transaction(self) -> Iterator[Connection]:
        """A transaction without a scope: open tables and definer functions; tenant rows stay out of reach."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def one_transaction(self, *, undo: bool = False) -> Iterator[Database]:
        """A door whose units of work, each in a scope of its own, are kept or undone together.

        For the platform's own work on several streets; acts registered with ``after_commit`` run at the very end.

        Args:
            undo: keep nothing, as a dry run wants.
        """
        later: list[Callable[[], None]] = []
        with self.engine.connect() as connection, connection.begin() as transaction:
            yield JoinedDatabase(self, connection, later)
            if undo:
                transaction.rollback()
                return
        for act in later:
            act()

    def dispose(self) -> None:
        self.engine.dispose()


class JoinedDatabase(Database):
    """A door on one connection whose transaction somebody else ends; a unit of work is a savepoint in it."""

    def __init__(
        self, database: Database, connection: Connection, later: list[Callable[[], None]] | None = None
    ) -> None:
        self.url, self.signer, self.vault, self.engine = (
            database.url,
            database.signer,
            database.vault,
            database.engine,
        )
        self.connection = connection
        self.info = database.info
        self._joined = {} if later is None else {"later": later}
        self._sessions = sessionmaker(
            connection, class_=ScopedSession, expire_on_commit=False, join_transaction_mode="create_savepoint"
        )

    @contextmanager
    def unit_of_work(
        self, scope: Scope, actor: Actor = SYSTEM, *, read_only: bool = False, ttl: int = REQUEST_TTL
    ) -> Iterator[ScopedSession]:
        # In the outer transaction the scope would outlive its session; and one that is open around this one, in a
        # transaction of its own otherwise, goes on in its own scope.
        around = self.connection.scalar(_SCOPE) or ""
        try:
            with super().unit_of_work(scope, actor, read_only=read_only, ttl=ttl) as session:
                yield session
        finally:
            self.connection.execute(_SET_SCOPE, {"token": around})

    @contextmanager
    def open_transaction(self) -> Iterator[Connection]:
        with self.connection.begin_nested():
            yield self.connection


def _forget_everything(dbapi_connection: Any, _record: Any, state: Any) -> None:
    # What a transaction set for its session must not reach the next borrower (security 1.2, rows 20 and 21).
    if state.terminate_only or dbapi_connection.closed:
        return
    dbapi_connection.rollback()
    autocommit, dbapi_connection.autocommit = dbapi_connection.autocommit, True
    try:
        # Unprepared: several statements in one round trip.
        dbapi_connection.execute(_FORGET, prepare=False)
    finally:
        dbapi_connection.autocommit = autocommit
