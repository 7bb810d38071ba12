"""For a plugin's revisions: what every table has, and the walls that the catalogue lint asks for."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from linli.db.walls import APPEND_ONLY, READ_ONLY, READ_WRITE
from linli.db.walls import protect as wall_statements

__all__ = [
    "APPEND_ONLY",
    "READ_ONLY",
    "READ_WRITE",
    "append_only",
    "community_row",
    "protect",
    "refers",
    "stamps",
    "tenant_row",
]


def community_row(
    table: str, *, stamped: bool = False, versioned: bool = False, street_wide: bool = False
) -> tuple[sa.schema.SchemaItem, ...]:
    """The columns and keys of a table whose model is a ``CommunityRow``, for ``op.create_table``.

    The street, the id and the community with the primary key, the key that others refer to, and the reference to the
    community. Names are those that the models' metadata give, so that the catalogue says the same as the models.

    Args:
        table: its name, without the schema.
        stamped: for a ``Stamped`` model: when a row was made and changed, behind the keys. See ``stamps``.
        versioned: for a ``Versioned`` model: those two and the version.
        street_wide: for a ``StreetOrCommunityRow``: the community may be NULL.
    """
    return (
        *_row(),
        sa.Column("community_id", sa.Uuid, nullable=street_wide),
        *(stamps(versioned=versioned) if stamped or versioned else ()),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=f"pk_{table}"),
        sa.UniqueConstraint("tenant_id", "community_id", "id", name=f"uq_{table}_tenant_id_community_id_id"),
        refers(table, "community_id", "core.community", community=False),
    )


def tenant_row(table: str, *, stamped: bool = False, versioned: bool = False) -> tuple[sa.schema.SchemaItem, ...]:
    """The columns and keys of a table whose model is a ``TenantRow``: rows of a street that belong to no community.

    Args:
        table, stamped, versioned: as for ``community_row``.
    """
    return (
        *_row(),
        *(stamps(versioned=versioned) if stamped or versioned else ()),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=f"pk_{table}"),
        sa.ForeignKeyConstraint(["tenant_id"], ["core.tenant.id"], name=f"fk_{table}_tenant_id"),
    )


def stamps(*, versioned: bool = False) -> tuple[sa.Column[object], ...]:
    """When a row was made and last changed, and with ``versioned`` its version; alone for who wants them last."""
    moments: list[sa.Column[object]] = [
        sa.Column(name, sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False)
        for name in ("created_at", "updated_at")
    ]
    if versioned:
        moments.append(sa.Column("version", sa.Integer, server_default=sa.text("1"), nullable=False))
    return tuple(moments)


def refers(table: str, column: str, target: str, *, community: bool = True) -> sa.ForeignKeyConstraint:
    """A reference, as ``community_fk`` and ``tenant_fk`` of a model make it.

    Args:
        table: that refers; its name, without the schema.
        column: that holds the id of the other row.
        target: ``core.<table>`` or ``plugin_<name>.<table>``.
        community: whether it carries the community too, as it must between two rows of a community (lint R19).
    """
    carried = ("tenant_id", "community_id") if community else ("tenant_id",)
    return sa.ForeignKeyConstraint(
        [*carried, column],
        [f"{target}.{each}" for each in (*carried, "id")],
        name=f"fk_{table}_{'_'.join((*carried, column))}",
    )


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


def _row() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("tenant_id", sa.Uuid, server_default=sa.text("sec.tenant_id()"), nullable=False),
        sa.Column("id", sa.Uuid, server_default=sa.text("gen_random_uuid()"), nullable=False),
    )
