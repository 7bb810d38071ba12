"""Where the database is, for each role: given by the operator, or derived for the embedded server."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import make_url

from linli.db.walls import APP_ROLE, BACKUP_ROLE, MIGRATE_ROLE
from linli.kit.crypto import derive_key

DATABASE = "linli"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Connection URLs, ``postgresql://…``; ``None`` where the operator gave none."""

    app: str = field(repr=False)
    owner: str | None = field(repr=False, default=None)
    superuser: str | None = field(repr=False, default=None)


def role_password(master: bytes, role: str) -> str:
    """The password of a role on a server that is Linli's own; derived, so that nothing need be stored."""
    return derive_key(master, f"role/{role}").hex()


def role_passwords(master: bytes) -> dict[str, str]:
    """The passwords of all roles that sign in."""
    return {role: role_password(master, role) for role in (APP_ROLE, MIGRATE_ROLE, BACKUP_ROLE)}


def derived_addresses(superuser_url: str, master: bytes, database: str = DATABASE) -> Addresses:
    """The addresses on a server whose superuser is Linli's own."""
    server = make_url(superuser_url).set(drivername="postgresql", database=database)
    app, owner = (
        server.set(username=role, password=role_password(master, role)).render_as_string(hide_password=False)
        for role in (APP_ROLE, MIGRATE_ROLE)
    )
    return Addresses(app, owner, server.render_as_string(hide_password=False))
