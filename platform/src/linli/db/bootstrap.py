"""What a superuser does once per database: roles, schemas, keys of the signed scope, and revokes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql

from linli.db.scope import ScopeSigner
from linli.db.walls import APP_ROLE, BACKUP_ROLE, MIGRATE_ROLE, OWNER_ROLE, SEC_ROLE
from linli.kit.text import gettext as _

_SEC_SQL = Path(__file__).parent / "migrations" / "sql" / "sec.sql"

#: How long the runtime role may hold on to the database, as settings of that role in one database.
LIMITS = {
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


class BootstrapRefused(Exception):
    """What was asked for would ruin the database; nothing was changed. The message says the way out."""


@dataclass
class Bootstrapped:
    """What was done, and what a managed server forbade."""

    database: str
    warnings: list[str] = field(default_factory=list)


def make_roles(connection: psycopg.Connection, passwords: dict[str, str]) -> list[str]:
    """Create the five roles of the cluster, or bring them to the wanted shape.

    Args:
        connection: a superuser's (or on a managed server the administrator's), in autocommit.
        passwords: for the roles that sign in: the runtime role, the migrate role and, if wanted, the backup role.

    Returns:
        What the server forbade, in words.
    """
    wanted: dict[str, LiteralString] = {
        SEC_ROLE: "NOLOGIN",
        OWNER_ROLE: "NOLOGIN NOBYPASSRLS",
        MIGRATE_ROLE: "LOGIN NOBYPASSRLS",
        APP_ROLE: "LOGIN NOBYPASSRLS",
        # Without a word on LOGIN it is made unable to sign in, and stays as an operator has set it later.
        BACKUP_ROLE: "LOGIN" if BACKUP_ROLE in passwords else "",
    }
    for role, options in wanted.items():
        exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
        verb: LiteralString = "ALTER" if exists else "CREATE"
        connection.execute(sql.SQL("{} ROLE {} {}").format(sql.SQL(verb), sql.Identifier(role), sql.SQL(options)))
        if role in passwords:
            connection.execute(
                sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(passwords[role]))
            )
    connection.execute(f"GRANT {OWNER_ROLE} TO {MIGRATE_ROLE}")
    try:
        connection.execute(f"ALTER ROLE {BACKUP_ROLE} BYPASSRLS")
    except psycopg.errors.InsufficientPrivilege:
        message = _("没有权限让 {role} 绕过行级隔离，它还不能备份。请服务器的超级用户执行：{statement}")
        return [message.format(role=BACKUP_ROLE, statement=f"ALTER ROLE {BACKUP_ROLE} BYPASSRLS")]
    return []


def grant_database(connection: psycopg.Connection, database: str) -> None:
    """Rights and time limits that belong to one database; neither a clone nor a restored dump brings them along."""
    name = sql.Identifier(database)
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    connection.execute(
        sql.SQL(f"GRANT CONNECT ON DATABASE {{}} TO {APP_ROLE}, {MIGRATE_ROLE}, {BACKUP_ROLE}").format(name)
    )
    connection.execute(sql.SQL(f"GRANT CREATE ON DATABASE {{}} TO {OWNER_ROLE}").format(name))
    for setting, value in LIMITS.items():
        connection.execute(
            sql.SQL("ALTER ROLE {} IN DATABASE {} SET {} = {}").format(
                sql.Identifier(APP_ROLE), name, sql.Identifier(setting), sql.Literal(value)
            )
        )


def bootstrap(
    connection: psycopg.Connection,
    signer: ScopeSigner,
    passwords: dict[str, str],
    *,
    new_key: bool = False,
    old: ScopeSigner | None = None,
) -> Bootstrapped:
    """Prepare the connected database; repeatable.

    Args:
        connection: a superuser's to the database itself, in autocommit.
        signer: whose pads the database shall trust.
        passwords: see ``make_roles``.
        new_key: let a database that trusts another key trust this one instead.
        old: of the secret before: a database that trusts it is to trust both, until bootstrap is run without it.

    Raises:
        BootstrapRefused: the database trusts another key; nothing was changed. With ``new_key``: it holds a street,
            whose data only the other key can open.
    """
    database = connection.info.dbname
    if not _trusts(connection, signer, old):
        _refuse_key(connection, database, new_key=new_key)
    done = Bootstrapped(database, make_roles(connection, passwords))
    grant_database(connection, database)
    connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    for function in _LARGE_OBJECTS:
        try:
            connection.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
        except psycopg.errors.InsufficientPrivilege:
            message = _("没有权限收回 {function}，请服务器的超级用户来做")
            done.warnings.append(message.format(function=function))
    with connection.transaction():
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS sec AUTHORIZATION {SEC_ROLE}")
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS core AUTHORIZATION {OWNER_ROLE}")
        connection.execute(f"GRANT USAGE ON SCHEMA sec TO {APP_ROLE}, {OWNER_ROLE}")
        connection.execute(f"GRANT USAGE ON SCHEMA core TO {APP_ROLE}")
        with _as_role(connection, SEC_ROLE):
            connection.execute(_SEC_SQL.read_bytes())
            connection.execute(
                "INSERT INTO sec.scope_pad (kid, ip, op) VALUES (%s, %s, %s) "
                "ON CONFLICT (kid) DO UPDATE SET ip = excluded.ip, op = excluded.op",
                signer.pads(),
            )
    if old is None:
        _retire_others(connection, signer, done, new_key=new_key)
    _let_backup_read(connection)
    return done


def _trusts(connection: psycopg.Connection, signer: ScopeSigner, old: ScopeSigner | None) -> bool:
    """Whether the database trusts nobody yet, this very key, or the one before it."""
    if connection.execute("SELECT to_regclass('sec.scope_pad')").fetchone() == (None,):
        return True
    with _as_role(connection, SEC_ROLE):
        trusted = connection.execute("SELECT kid, ip, op FROM sec.scope_pad").fetchall()
    wanted = [each.pads() for each in (signer, old) if each is not None]
    kid = signer.pads()[0]
    if any(row[0] == kid and row != signer.pads() for row in trusted):
        return False
    return not trusted or any(row in wanted for row in trusted)


def _retire_others(connection: psycopg.Connection, signer: ScopeSigner, done: Bootstrapped, *, new_key: bool) -> None:
    """Trust no other key any more; not before what the other one wrapped has been carried over."""
    kid = signer.pads()[0]
    with _as_role(connection, SEC_ROLE):
        others = connection.execute("SELECT count(*) FROM sec.scope_pad WHERE kid <> %s", [kid]).fetchone()
    if others == (0,):
        return
    if not new_key and not _carried_over(connection):
        done.warnings.append(_("原来的密钥还没有交接，仍然有效。请设置 LINLI_SECRET_KEY_OLD，先运行 linli keys adopt"))
        return
    with _as_role(connection, SEC_ROLE):
        connection.execute("DELETE FROM sec.scope_pad WHERE kid <> %s", [kid])


def _carried_over(connection: psycopg.Connection) -> bool:
    if connection.execute("SELECT to_regclass('core.platform_key')").fetchone() == (None,):
        return False
    with _as_role(connection, OWNER_ROLE):
        return connection.execute("SELECT EXISTS (SELECT FROM core.platform_key)").fetchone() == (True,)


def _refuse_key(connection: psycopg.Connection, database: str, *, new_key: bool) -> None:
    if not new_key:
        message = _(
            "数据库 {name} 是用另一把 LINLI_SECRET_KEY 准备的，没有改动任何内容。"
            "请设置原来的密钥；库里还没有街道、确实要换密钥时，加上 --new-key。"
        )
        raise BootstrapRefused(message.format(name=database))
    if _has_street(connection):
        message = _(
            "数据库 {name} 里已有街道，它们的数据只有原来的 LINLI_SECRET_KEY 能打开，不能换密钥。请设置原来的密钥。"
        )
        raise BootstrapRefused(message.format(name=database))


def _has_street(connection: psycopg.Connection) -> bool:
    if connection.execute("SELECT to_regclass('core.tenant')").fetchone() == (None,):
        return False
    with _as_role(connection, OWNER_ROLE):
        return connection.execute("SELECT EXISTS (SELECT FROM core.tenant)").fetchone() == (True,)


def _let_backup_read(connection: psycopg.Connection) -> None:
    """Everything, with what later revisions and plugins will make: a dump must be whole."""
    found = connection.execute(
        "SELECT nspname::text FROM pg_namespace WHERE nspname LIKE 'plugin\\_%%' AND nspowner = %s::regrole",
        [OWNER_ROLE],
    )
    for owner, schemas in {SEC_ROLE: ["sec"], OWNER_ROLE: ["core", *(name for (name,) in found)]}.items():
        names = sql.SQL(", ").join(map(sql.Identifier, schemas))
        with _as_role(connection, owner):
            connection.execute(sql.SQL(f"GRANT USAGE ON SCHEMA {{}} TO {BACKUP_ROLE}").format(names))
            connection.execute(f"ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO {BACKUP_ROLE}")
            for kind in map(sql.SQL, ("TABLES", "SEQUENCES")):
                connection.execute(
                    sql.SQL(f"GRANT SELECT ON ALL {{}} IN SCHEMA {{}} TO {BACKUP_ROLE}").format(kind, names)
                )
                connection.execute(
                    sql.SQL(f"ALTER DEFAULT PRIVILEGES GRANT SELECT ON {{}} TO {BACKUP_ROLE}").format(kind)
                )


@contextmanager
def _as_role(connection: psycopg.Connection, role: str) -> Iterator[None]:
    # On a managed server the administrator may become these roles, but owns and reads nothing of its own accord.
    with connection.transaction():
        connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))
        yield
        connection.execute("SET LOCAL ROLE NONE")
