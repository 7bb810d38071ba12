"""Tables of plugins: none can be written down without a street."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Mapped, mapped_column

from linli.db.base import CATALOGUES, CommunityRow, StreetOrCommunityRow, TenantRow, plugin_base


@pytest.fixture
def base(monkeypatch):
    """The base of a plugin that nobody else hears of."""
    monkeypatch.setattr("linli.db.base.CATALOGUES", list(CATALOGUES))
    return plugin_base("garden")


def test_a_table_without_a_street_is_told_what_it_must_be(base) -> None:
    with pytest.raises(TypeError, match=r"\.Bed: a table is a CommunityRow, a StreetOrCommunityRow or a TenantRow"):

        class Bed(base):
            __tablename__ = "bed"
            id: Mapped[int] = mapped_column(primary_key=True)

    assert not [name for name in base.metadata.tables if name.startswith("plugin_garden")]


@pytest.mark.parametrize("kind", [TenantRow, CommunityRow, StreetOrCommunityRow])
def test_each_kind_of_row_brings_its_street_and_its_key(base, kind) -> None:
    class Bed(base, kind):
        __tablename__ = "bed"

    assert [column.name for column in Bed.__table__.primary_key] == ["tenant_id", "id"]


def test_what_several_tables_share_needs_none(base) -> None:
    class Planted:
        name: Mapped[str] = mapped_column()

    class Bed(Planted, base, CommunityRow):
        __tablename__ = "bed"

    assert "name" in Bed.__table__.columns
