"""What a superuser does once per database: roles, schemas, keys of the signed scope, and revokes."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql

from linli.db.scope import ScopeSigner
from linli.db.walls import APP_ROLE, BACKUP_ROLE, MIGRATE_ROLE, OWNER_ROLE, SEC_ROLE

_SEC_SQL = Path(__file__).parent / "migrations" / "sql" / "sec.sql"

_LIMITS = {
    "statement_timeout": "15s",
    "idle_in_transaction_session_timeout": "10s",
    "lock_timeout": "3s",
}

_LARGE_OBJECTS = (
    "lo_create(oid)",
    "lo_creat(integer)",
    "lo_from_bytea(oid, bytea)",
    "lo_put(oid, bigint, bytea)",
    "lo_open(oid, integer)",
)


@dataclass
class Bootstrapped:
    """What was done, and what a managed server forbade."""

    database: str
    warnings: list[str] = field(default_factory=list)


def make_roles(connection: psycopg.Connection, passwords: dict[str, str]) -> None:
    """Create the five roles of the cluster, or bring them to the wanted shape.

    Args:
        connection: a superuser's (or on a managed server the administrator's), in autocommit.
        passwords: for the roles that sign in: the runtime role, the migrate role and, if wanted, the backup role.
    """
    wanted: dict[str, LiteralString] = {
        SEC_ROLE: "NOLOGIN",
        OWNER_ROLE: "NOLOGIN NOBYPASSRLS",
        MIGRATE_ROLE: "LOGIN NOBYPASSRLS",
        APP_ROLE: "LOGIN NOBYPASSRLS",
    }
    if BACKUP_ROLE in passwords:
        wanted[BACKUP_ROLE] = "LOGIN BYPASSRLS"
    for role, options in wanted.items():
        exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
        verb: LiteralString = "ALTER" if exists else "CREATE"
        connection.execute(sql.SQL("{} ROLE {} {}").format(sql.SQL(verb), sql.Identifier(role), sql.SQL(options)))
        if role in passwords:
            connection.execute(
                sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(passwords[role]))
            )
    connection.execute(f"GRANT {OWNER_ROLE} TO {MIGRATE_ROLE}")


def grant_database(connection: psycopg.Connection, database: str) -> None:
    """Rights and time limits that belong to one database; a clone of a database does not inherit them."""
    name = sql.Identifier(database)
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    connection.execute(sql.SQL(f"GRANT CONNECT ON DATABASE {{}} TO {APP_ROLE}, {MIGRATE_ROLE}").format(name))
    for setting, value in _LIMITS.items():
        connection.execute(
            sql.SQL("ALTER ROLE {} IN DATABASE {} SET {} = {}").format(
                sql.Identifier(APP_ROLE), name, sql.Identifier(setting), sql.Literal(value)
            )
        )


def bootstrap(connection: psycopg.Connection, signer: ScopeSigner, passwords: dict[str, str]) -> Bootstrapped:
    """Prepare the connected database; repeatable.

    Args:
        connection: a superuser's to the database itself, in autocommit.
        signer: whose pads the database shall trust.
        passwords: see ``make_roles``.
    """
    database = connection.info.dbname
    done = Bootstrapped(database)
    make_roles(connection, passwords)
    grant_database(connection, database)
    connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    for function in _LARGE_OBJECTS:
        try:
            connection.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
        except psycopg.errors.InsufficientPrivilege:
            done.warnings.append(f"could not revoke {function}: the server's administrator has to")
    with connection.transaction():
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS sec AUTHORIZATION {SEC_ROLE}")
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS core AUTHORIZATION {OWNER_ROLE}")
        connection.execute(f"GRANT USAGE ON SCHEMA sec TO {APP_ROLE}, {OWNER_ROLE}")
        connection.execute(f"GRANT USAGE ON SCHEMA core TO {APP_ROLE}")
        connection.execute(sql.SQL(f"GRANT CREATE ON DATABASE {{}} TO {OWNER_ROLE}").format(sql.Identifier(database)))
        connection.execute(f"SET LOCAL ROLE {SEC_ROLE}")
        connection.execute(_SEC_SQL.read_bytes())
        connection.execute(
            "INSERT INTO sec.scope_pad (kid, ip, op) VALUES (%s, %s, %s) "
            "ON CONFLICT (kid) DO UPDATE SET ip = excluded.ip, op = excluded.op",
            signer.pads(),
        )
    return done
