"""Houses for tests: opened on a test database, with settings that name it."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url, text
from sqlalchemy.orm import sessionmaker

from linli.config import load_settings
from linli.db.addresses import derived_addresses
from linli.db.lineages import CORE
from linli.db.migrate import Lineage
from linli.db.session import Database, ScopedSession
from linli.house import House, open_house


def installed_lineages() -> list[Lineage]:
    """The core's revisions and those of every installed plugin."""
    return [CORE]


def installed_plugins() -> tuple[str, ...]:
    """The names of the installed plugins."""
    return ()


def open_test_house(superuser_url: str, master: bytes, **variables: str) -> House:
    """A house on the database of this URL.

    Args:
        superuser_url: of the clone.
        master: the key that the clone's roles and pads were made with.
        variables: further ``LINLI_…`` variables.
    """
    addresses = derived_addresses(superuser_url, master, make_url(superuser_url).database or "")
    settings = load_settings(
        {
            "LINLI_ENV": "development",
            "LINLI_DATA_DIR": str(Path(tempfile.gettempdir()) / "linli-test-data"),
            "LINLI_SECRET_KEY": base64.b64encode(master).decode(),
            "LINLI_DATABASE_URL": addresses.app,
            "LINLI_DATABASE_OWNER_URL": addresses.owner or "",
            "LINLI_POOL_SIZE": "4",
            **variables,
        }
    )
    return open_house(settings, addresses)


@contextmanager
def rolled_back(database: Database) -> Iterator[Database]:
    """A database door whose units of work are savepoints of one transaction, undone at the end."""
    with database.engine.connect() as connection:
        outer = connection.begin()
        inner = object.__new__(_RolledBack)
        inner.url, inner.signer, inner.vault, inner.engine = (
            database.url,
            database.signer,
            database.vault,
            database.engine,
        )
        inner._sessions = sessionmaker(
            connection, class_=ScopedSession, expire_on_commit=False, join_transaction_mode="create_savepoint"
        )
        inner.connection = connection
        try:
            yield inner
        finally:
            outer.rollback()


class _RolledBack(Database):
    @contextmanager
    def unit_of_work(self, *args, **options) -> Iterator[ScopedSession]:  # type: ignore[override]
        try:
            with super().unit_of_work(*args, **options) as session:
                yield session
        finally:
            # In the outer transaction the scope would outlive its session.
            self.connection.execute(text("SELECT set_config('app.scope', '', true)"))
