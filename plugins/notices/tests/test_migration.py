"""The revisions build what the models say."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from linli_notices import participation_models
from linli_notices.models import Base
from linli_notices.objections import models

#: Imported so that the metadata knows their tables.
TABLES = (models, participation_models)


def test_the_migrated_schema_is_the_modelled_one(house) -> None:
    with house.owner.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "include_name": lambda name, kind, parents: kind != "schema" or name == "plugin_notices",
                "include_object": lambda each, name, kind, *rest: kind != "table" or each.schema == "plugin_notices",
                "compare_type": True,
                "compare_server_default": False,
            },
        )
        assert compare_metadata(context, Base.metadata) == []
