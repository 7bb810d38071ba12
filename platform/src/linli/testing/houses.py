"""Houses for tests: opened on a test database, with settings that name it."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url

from linli.config import load_settings
from linli.db.addresses import derived_addresses
from linli.db.migrate import Lineage
from linli.db.session import Database, JoinedDatabase
from linli.house import House, open_house
from linli.plugins import discovery
from linli.plugins.registry import Plugins


def installed_lineages() -> list[Lineage]:
    """The core's revisions and those of every installed plugin."""
    return discovery.installed_lineages()


def installed_plugins() -> tuple[str, ...]:
    """The names of the installed plugins."""
    return discovery.installed_names()


def activate_plugins() -> Plugins:
    """Make the installed plugins' settings known to this process, as the application does when it starts."""
    return Plugins.load().activate()


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
            # A suite asks more in a minute than any client; who tests the limit sets it.
            "LINLI_API_RATE": "1000000",
            **variables,
        }
    )
    return open_house(settings, addresses)


@contextmanager
def rolled_back(database: Database) -> Iterator[JoinedDatabase]:
    """A database door whose units of work are savepoints of one transaction, undone at the end."""
    with database.engine.connect() as connection:
        outer = connection.begin()
        # It waits for whoever uses it, however slow the machine is: the server's limit on idle ones is production's.
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        try:
            yield JoinedDatabase(database, connection)
        finally:
            outer.rollback()
