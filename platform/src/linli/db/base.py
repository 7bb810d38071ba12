"""Base classes and key helpers of every table: tenant first in each key, communities carried by each reference."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

from linli.kit.ids import new_id

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

TYPES: dict[Any, Any] = {
    str: Text,
    int: Integer,
    datetime: DateTime(timezone=True),
    UUID: Uuid,
    bytes: LargeBinary,
    dict[str, Any]: JSONB,
    list[str]: JSONB,
}

#: Sums of money in fen, and counters that may outgrow 32 bits.
Fen = BigInteger


#: The tables of the core and of each plugin whose models this process has imported.
CATALOGUES: list[MetaData] = []


class Base(DeclarativeBase):
    """The core's tables. They live in schema ``core``."""

    metadata = MetaData(schema="core", naming_convention=NAMING)
    type_annotation_map = TYPES


CATALOGUES.append(Base.metadata)

#: Core tables that a plugin's tables may refer to, with the columns that a reference may carry beside ``tenant_id``.
REFERABLE: dict[str, tuple[str, ...]] = {
    "community": ("id",),
    "compound": ("community_id", "id"),
    "building": ("community_id", "compound_id", "id"),
    "unit_entrance": ("community_id", "id"),
    "dwelling": ("community_id", "id"),
    "household": ("community_id", "id"),
    "resident": ("community_id", "id"),
    "organisation": ("community_id", "id"),
    "file": ("community_id", "id"),
}


def plugin_base(plugin: str) -> type[DeclarativeBase]:
    """The declarative base of a plugin's tables, which live in schema ``plugin_<plugin>``."""

    class PluginBase(DeclarativeBase):
        metadata = MetaData(schema=f"plugin_{plugin}", naming_convention=NAMING)
        type_annotation_map = TYPES

        def __init_subclass__(cls, **options: Any) -> None:
            if "__tablename__" in vars(cls) and not issubclass(cls, TenantRow):
                raise TypeError(
                    f"{cls.__module__}.{cls.__name__}: a table is a CommunityRow, a StreetOrCommunityRow or a "
                    "TenantRow of linli.sdk, which bring its street, its key and its walls"
                )
            super().__init_subclass__(**options)

    CATALOGUES.append(PluginBase.metadata)
    # References are resolved within one catalogue: the keys of the core stand in it without the core's models.
    Table("tenant", PluginBase.metadata, Column("id", Uuid, primary_key=True), schema="core")
    for name, columns in REFERABLE.items():
        keys = [Column(column, Uuid) for column in ("tenant_id", *columns)]
        Table(name, PluginBase.metadata, *keys, schema="core")
    return PluginBase


def tenant_fk(column: str, target: str, **options: Any) -> ForeignKeyConstraint:
    """A reference to a row of the same street; ``target`` is ``schema.table``."""
    return ForeignKeyConstraint(["tenant_id", column], [f"{target}.tenant_id", f"{target}.id"], **options)


def community_fk(column: str, target: str, **options: Any) -> ForeignKeyConstraint:
    """A reference to a row of the same community; carries the community so that existence cannot leak (lint R19)."""
    return ForeignKeyConstraint(
        ["tenant_id", "community_id", column],
        [f"{target}.tenant_id", f"{target}.community_id", f"{target}.id"],
        **options,
    )


class Stamped:
    """When a row was made and last changed, by the database's clock."""

    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), sort_order=90)
    updated_at: Mapped[datetime] = mapped_column(
        server_default=func.now(), onupdate=func.clock_timestamp(), sort_order=91
    )


class Versioned(Stamped):
    """A row that people edit: a stale ``version`` is refused instead of overwriting somebody's change."""

    version: Mapped[int] = mapped_column(server_default=text("1"), nullable=False, sort_order=92)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 - the mapper calls it on the class
        return {"version_id_col": cls.version}


class TenantRow:
    """A row of one street office."""

    __abstract__ = True
    #: Lint R19/R20 and ``walls.protect`` read this: none, ``community`` or ``street_or_community``.
    __wall__ = "tenant"
    __keys__: tuple[Any, ...] = ()

    tenant_id: Mapped[UUID] = mapped_column(server_default=text("sec.tenant_id()"), sort_order=-99)
    id: Mapped[UUID] = mapped_column(default=new_id, server_default=text("gen_random_uuid()"), sort_order=-98)

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:  # noqa: N805 - the mapper calls it on the class
        return (*cls.__wall_keys__(), *cls.__keys__)

    @classmethod
    def __wall_keys__(cls) -> tuple[Any, ...]:
        return (
            PrimaryKeyConstraint("tenant_id", "id"),
            ForeignKeyConstraint(["tenant_id"], ["core.tenant.id"]),
        )


class CommunityRow(TenantRow):
    """A row of one community; invisible from every other community's portal."""

    __abstract__ = True
    __wall__ = "community"

    community_id: Mapped[UUID] = mapped_column(sort_order=-97)

    @classmethod
    def __wall_keys__(cls) -> tuple[Any, ...]:
        return (
            PrimaryKeyConstraint("tenant_id", "id"),
            UniqueConstraint("tenant_id", "community_id", "id"),
            tenant_fk("community_id", "core.community"),
        )


class StreetOrCommunityRow(TenantRow):
    """A row of one community, or of the whole street where ``community_id`` is NULL: all read it, the street writes."""

    __abstract__ = True
    __wall__ = "street_or_community"

    community_id: Mapped[UUID | None] = mapped_column(sort_order=-97)

    @classmethod
    def __wall_keys__(cls) -> tuple[Any, ...]:
        return (
            PrimaryKeyConstraint("tenant_id", "id"),
            UniqueConstraint("tenant_id", "community_id", "id"),
            tenant_fk("community_id", "core.community"),
        )
