"""What the helpers of revisions write is what the models say, name for name."""

from __future__ import annotations

from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlalchemy.schema import CreateTable

from linli.db.base import CATALOGUES
from linli.sdk import (
    CommunityRow,
    Stamped,
    StreetOrCommunityRow,
    TenantRow,
    Versioned,
    community_fk,
    plugin_base,
    tenant_fk,
)
from linli.sdk.migrations import community_row, refers, stamps, tenant_row

Base = plugin_base("probing")
# No plugin of this process has these tables: whoever looks at all of them must not meet them.
CATALOGUES.remove(Base.metadata)


class Street(Base, TenantRow, Versioned):
    __tablename__ = "street"
    __keys__ = (tenant_fk("other_id", "core.community"),)

    other_id: Mapped[UUID]


class Thing(Base, CommunityRow, Versioned):
    __tablename__ = "thing"
    __keys__ = (community_fk("dwelling_id", "core.dwelling"),)

    dwelling_id: Mapped[UUID]


class Noted(Base, CommunityRow, Stamped):
    __tablename__ = "noted"


class Bare(Base, CommunityRow):
    __tablename__ = "bare"


class Shared(Base, StreetOrCommunityRow):
    __tablename__ = "shared"


_ID = sa.Column("dwelling_id", sa.Uuid, nullable=False)
WRITTEN = {
    Street: (
        *tenant_row("street"),
        sa.Column("other_id", sa.Uuid, nullable=False),
        *stamps(versioned=True),
        refers("street", "other_id", "core.community", community=False),
    ),
    Thing: (*community_row("thing"), _ID, *stamps(versioned=True), refers("thing", "dwelling_id", "core.dwelling")),
    Noted: community_row("noted", stamped=True),
    Bare: community_row("bare"),
    Shared: community_row("shared", street_wide=True),
}


def said(table: sa.Table) -> tuple[list[str], set[str]]:
    """The columns in their order, and the named keys, as the database is told of them."""
    written = str(CreateTable(table).compile(dialect=sa.dialects.postgresql.dialect()))
    lines = [each.strip().rstrip(",") for each in written.strip().splitlines()[1:-1]]
    keys = {each for each in lines if each.startswith("CONSTRAINT")}
    return [each for each in lines if each and each not in keys], keys


@pytest.mark.parametrize("model", list(WRITTEN), ids=lambda model: model.__tablename__)
def test_a_revision_says_what_the_model_says(model) -> None:
    metadata = sa.MetaData(schema="plugin_probing")
    for other in ("tenant", "community", "dwelling"):
        columns = ("id",) if other == "tenant" else ("tenant_id", "community_id", "id")
        sa.Table(other, metadata, *(sa.Column(each, sa.Uuid) for each in columns), schema="core")
    table = sa.Table(model.__tablename__, metadata, *WRITTEN[model])
    assert said(table) == said(model.__table__)


def test_one_call_may_hold_the_version_too() -> None:
    names = [each.name for each in community_row("thing", versioned=True) if isinstance(each, sa.Column)]
    assert names == ["tenant_id", "id", "community_id", "created_at", "updated_at", "version"]
    names = [each.name for each in tenant_row("thing", stamped=True) if isinstance(each, sa.Column)]
    assert names == ["tenant_id", "id", "created_at", "updated_at"]
