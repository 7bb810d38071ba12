"""Somebody who can send any statement as the runtime role, as an injected query or a careless plugin can."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import psycopg

from linli.db.scope import ScopeSigner
from linli.kit.scope import Scope
from linli.testing.catalogue import Table


@dataclass
class Outcome:
    """What came of one statement, which was undone in any case."""

    rows: list[tuple[Any, ...]] = field(default_factory=list)
    count: int = 0
    error: psycopg.Error | None = None

    @property
    def state(self) -> str:
        """The SQLSTATE, or ``ok``."""
        return "ok" if self.error is None else str(self.error.sqlstate)

    @property
    def is_walled_off(self) -> bool:
        """Whether row security refused it."""
        return self.state == "42501" and "row-level security" in str(self.error)

    @property
    def said(self) -> str:
        """All that an error tells."""
        if self.error is None:
            return ""
        diag = self.error.diag
        parts = (diag.sqlstate, diag.message_primary, diag.message_detail, diag.message_hint, diag.constraint_name)
        return "|".join(part or "" for part in parts)


class Intruder:
    """A connection of the runtime role, and the signer of scopes that only the application holds."""

    def __init__(self, connection: psycopg.Connection, signer: ScopeSigner) -> None:
        self.connection = connection
        self.signer = signer
        #: How many statements were tried: shown at the end of the run.
        self.tries = 0

    def send(self, scope: Scope | str | None, *statements: Any, given: Any = None) -> Outcome:
        """Run statements in one transaction under a scope or a made-up token; report the last; undo everything."""
        self.tries += 1
        token = self.signer.token(scope) if isinstance(scope, Scope) else scope
        outcome = Outcome()
        try:
            with self.connection.transaction(force_rollback=True):
                if token is not None:
                    self.connection.execute("SELECT set_config('app.scope', %s, true)", [token])
                for statement in statements:
                    cursor = self.connection.execute(statement, given)
                    outcome = Outcome(count=cursor.rowcount)
                    if cursor.description:
                        outcome.rows = cursor.fetchall()
        except psycopg.Error as error:
            outcome = Outcome(error=error)
        return outcome

    def insert(self, scope: Scope | str | None, table: Table, row: dict[str, Any], end: str = "") -> Outcome:
        """Insert a row given as JSON."""
        statement = (
            f"INSERT INTO {table.name} ({table.names}) "
            f"SELECT {table.names} FROM jsonb_populate_record(NULL::{table.name}, %(row)s) {end}"
        )
        return self.send(scope, statement, given={"row": json.dumps(row)})

    def copy_out(self, scope: Scope, statement: str) -> str:
        """What COPY … TO STDOUT hands out."""
        self.tries += 1
        with self.connection.transaction(force_rollback=True):
            self.connection.execute("SELECT set_config('app.scope', %s, true)", [self.signer.token(scope)])
            with self.connection.cursor().copy(statement.encode()) as copy:
                return b"".join(bytes(block) for block in copy).decode()
