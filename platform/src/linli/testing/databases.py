"""Databases for tests: one template, migrated and filled once, cloned for whoever commits."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy import create_engine, make_url

import linli
from linli.db.addresses import derived_addresses, role_passwords
from linli.db.bootstrap import bootstrap, grant_database
from linli.db.migrate import Lineage, upgrade
from linli.db.scope import ScopeSigner

#: Every test database trusts this key and no other does.
MASTER = hashlib.sha256(b"the key of every test database").digest()

_TEMPLATE_LOCK = 0x4C494E4C54


def fingerprint(lineages: Sequence[Lineage]) -> str:
    """Changes whenever the migrated and filled template would."""
    digest = hashlib.sha256()
    core = Path(linli.__file__).parent
    sources = [*core.glob("db/**/*"), *core.glob("*/models.py"), *core.glob("testing/*.py")]
    for lineage in lineages:
        sources += lineage.versions.parent.rglob("*")
    for path in sorted({each for each in sources if each.suffix in {".py", ".sql"}}):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def ensure_template(superuser_url: str, lineages: Sequence[Lineage], fill: Callable[[str], None]) -> str:
    """The name of a template that is migrated and filled; made by whoever comes first.

    Args:
        superuser_url: to any database of the server.
        lineages: core first, then plugins.
        fill: called once with the new database's superuser URL.
    """
    name = f"linli_template_{fingerprint(lineages)}"
    with _connect(superuser_url) as server:
        server.execute("SELECT pg_advisory_lock(%s)", [_TEMPLATE_LOCK])
        found = server.execute("SELECT datistemplate FROM pg_database WHERE datname = %s", [name]).fetchone()
        if found and found[0]:
            return name
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        url = _database(superuser_url, name)
        with _connect(url) as connection:
            bootstrap(connection, ScopeSigner(MASTER), role_passwords(MASTER))
        owner = derived_addresses(url, MASTER, name).owner
        engine = create_engine(make_url(owner or "").set(drivername="postgresql+psycopg"))
        try:
            for lineage in lineages:
                upgrade(engine, lineage)
        finally:
            engine.dispose()
        fill(url)
        server.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE true").format(sql.Identifier(name)))
    return name


@contextmanager
def clone_of(superuser_url: str, template: str) -> Iterator[str]:
    """The superuser URL of a copy of the template, dropped afterwards."""
    name = f"linli_clone_{os.getpid()}_{uuid4().hex[:8]}"
    with _connect(superuser_url) as server:
        server.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
    url = _database(superuser_url, name)
    try:
        with _connect(url) as connection:
            # A clone inherits neither grants on the database nor settings of roles in it.
            connection.execute(sql.SQL("GRANT CREATE ON DATABASE {} TO linli_owner").format(sql.Identifier(name)))
            grant_database(connection, name)
        yield url
    finally:
        with _connect(superuser_url) as server:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _connect(url: str) -> psycopg.Connection:
    return psycopg.connect(url, autocommit=True)


def _database(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)
