"""The sample plugin of ``tests/plugins/sample`` at work: its tables, and its hooks switched on in one community."""

from __future__ import annotations

import sys
from pathlib import Path

import psycopg

from linli.db.walls import protect
from linli.plugins.discovery import Candidate
from linli.plugins.models import PluginAllowance, PluginEnablement
from linli.plugins.registry import Plugins
from linli.testing.world import WORLD

SAMPLE = Path(__file__).parent / "sample"
HERE, NEXT_DOOR = WORLD.here.communities

_IDS = """tenant_id uuid NOT NULL DEFAULT sec.tenant_id(), id uuid NOT NULL DEFAULT gen_random_uuid(),
          community_id uuid NOT NULL, PRIMARY KEY (tenant_id, id)"""
_TABLES = (
    "CREATE SCHEMA plugin_lending",
    "GRANT USAGE ON SCHEMA plugin_lending TO linli_app",
    f"CREATE TABLE plugin_lending.tool (name text, {_IDS})",
    f"""CREATE TABLE plugin_lending.card (resident_id uuid, number text CHECK (number <> '999999'), {_IDS},
                                          UNIQUE (tenant_id, community_id, resident_id))""",
    f"CREATE TABLE plugin_lending.inspection (compound_id uuid, name text, done_at timestamptz DEFAULT now(), {_IDS})",
)


def load_sample() -> Plugins:
    """The core and the sample plugin alone."""
    if str(SAMPLE) not in sys.path:
        sys.path.insert(0, str(SAMPLE))
    return Plugins.load(found=[Candidate("lending", "linli_lending.plugin", "linli-lending", "1.0")])


def make_tables(house) -> None:
    """What the plugin's revisions would make; one tool in each of the street's two communities."""
    with psycopg.connect(house.addresses.superuser, autocommit=True) as connection:
        for statement in (
            *_TABLES,
            *protect("plugin_lending.tool", community=True),
            *protect("plugin_lending.card", community=True),
            *protect("plugin_lending.inspection", community=True),
        ):
            connection.execute(statement)
    for community in (HERE, NEXT_DOOR):
        with house.database.unit_of_work(community.scope) as session:
            session.connection().exec_driver_sql(
                "INSERT INTO plugin_lending.tool (community_id, name) VALUES (%s, '电钻')", (community.id,)
            )


def switch_on(house) -> None:
    """Allow the plugin in the first street and switch it on in its first community."""
    with house.owner.unit_of_work(WORLD.here.scope) as session:
        session.add(PluginAllowance(plugin="lending"))
        session.add(PluginEnablement(community_id=HERE.id, plugin="lending"))
