"""Nothing that refers to people is forgotten: every such table is answered for by a declaration or excused."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from linli.privacy.sources import data_classes, personal_data
from linli.testing.houses import activate_plugins

#: Tables that refer to people and that no declaration answers for, and why.
EXCUSED = {
    "core.household": "names nobody; its members do",
    "core.setting": "seals the keys to services of an office or a plugin, of no person",
    "core.app": "names an office that answers for a program, and seals that program's secret",
}

_REFERS = text(
    """
    SELECT DISTINCT n.nspname || '.' || c.relname
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relkind IN ('r', 'p') AND (n.nspname = 'core' OR n.nspname ~ '^plugin_')
       AND (a.attname IN ('resident_id', 'account_id') OR a.attname ~ '_ct$')
    """
)


@pytest.fixture(autouse=True)
def _plugins() -> None:
    activate_plugins()


def test_every_table_that_refers_to_people_is_declared_or_excused(shared_house) -> None:
    with shared_house.owner.engine.connect() as connection:
        tables = set(connection.scalars(_REFERS))
    declared = {table for source in personal_data() for table in source.item.tables}
    assert {"core.resident", "core.account", "plugin_notices.notice_read"} <= tables, "control"
    assert tables - declared - set(EXCUSED) == set()


def test_what_is_declared_exists(shared_house) -> None:
    with shared_house.owner.engine.connect() as connection:
        known = set(connection.scalars(text("SELECT schemaname || '.' || tablename FROM pg_tables")))
    assert {table for source in personal_data() for table in source.item.tables} <= known


def test_every_class_of_data_keeps_its_own_limits() -> None:
    names = [source.item.name for source in data_classes()]
    assert len(names) == len(set(names))
    for source in data_classes():
        item = source.item
        assert item.name.partition(".")[0] == source.owner
        assert item.days is None or item.days >= item.least_days
        assert item.most_days is None or (item.days is not None and item.days <= item.most_days)
        assert item.source
