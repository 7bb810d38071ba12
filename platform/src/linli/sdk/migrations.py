"""For a plugin's revisions: the walls that each of its tables must wear before the catalogue lint accepts it."""

from __future__ import annotations

from collections.abc import Sequence

from alembic import op

from linli.db.walls import APPEND_ONLY, READ_ONLY, READ_WRITE
from linli.db.walls import protect as wall_statements

__all__ = ["APPEND_ONLY", "READ_ONLY", "READ_WRITE", "append_only", "protect"]


def protect(table: str, *, community: bool, street_wide: str = "", rights: Sequence[str] = READ_WRITE) -> None:
    """Put a table that this revision made behind the tenant wall and, where asked, the community wall.

    Args:
        table: ``plugin_<name>.<table>``.
        community: whether rows carry ``community_id``.
        street_wide: why rows may belong to the whole street (``community_id`` NULL); empty where they may not.
        rights: what the application may do with rows; ``APPEND_ONLY`` for what is corrected by reversal.
    """
    for statement in wall_statements(table, community=community, rights=rights):
        op.execute(statement)
    if street_wide:
        reason = street_wide.replace("'", "''")
        op.execute(f"COMMENT ON TABLE {table} IS 'street-wide: {reason}'")


def append_only(table: str) -> None:
    """Refuse every change and removal of rows of a table that this revision made, whoever asks, its owner included.

    Beside ``rights=APPEND_ONLY``, which binds the application alone.

    Args:
        table: ``plugin_<name>.<table>``.
    """
    for name, events, each in (("append_only", "UPDATE OR DELETE", "FOR EACH ROW "), ("no_truncate", "TRUNCATE", "")):
        op.execute(f"CREATE TRIGGER {name} BEFORE {events} ON {table} {each}EXECUTE FUNCTION core.refuse_change()")
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
