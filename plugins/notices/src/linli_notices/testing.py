"""What the test kit must know of this plugin: odd names of parameters, and what a notice needs to be shown at all."""

from __future__ import annotations

from typing import Any

import psycopg

from linli.testing.facts import PluginFacts
from linli.testing.planted import Place, Planted, copy_row
from linli.testing.world import WORLD


def _furnish(connection: psycopg.Connection, planted: Planted, place: Place) -> None:
    """Give each place a draft with the planted file, and the planted objection to the resident who asks."""
    notice = planted.rows["plugin_notices.notice", place.key]
    draft = copy_row(connection, "plugin_notices.notice", notice, {"state": "draft"})
    connection.execute(
        "UPDATE core.file SET owner = 'notices', subject_type = 'notice', subject_id = %s WHERE id = %s",
        [draft, planted.rows["core.file", place.key]["id"]],
    )
    if place.community_id is None:
        return
    street = WORLD.here if place.tenant_id == WORLD.here.id else WORLD.there
    community = next(each for each in street.communities if each.id == place.community_id)
    objection = planted.rows["plugin_notices.objection", place.key]["id"]
    with connection.transaction():
        # The trigger wants to see the notice as it was planted, its checks among them.
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute(
            "UPDATE plugin_notices.objection SET notice_id = %s, resident_id = %s, account_id = %s, state = 'open', "
            "merged_into = NULL WHERE id = %s",
            [notice["id"], community.residents[0], community.resident_account, objection],
        )
    subject: dict[str, Any] = {"owner": "notices", "subject_type": "objection", "subject_id": objection}
    copy_row(connection, "core.file", planted.rows["core.file", place.key], {**subject, "removed_at": None})


FACTS = PluginFacts(
    plain={"key": "outage"},
    tables={"template_id": "plugin_notices.notice_template", "channel_id": "plugin_notices.notice_channel"},
    rows={
        "plugin_notices.notice": {
            "kind": "announcement",
            "state": "published",
            "posting_from": "2025-01-01",
            "posting_to": "2099-01-01",
            "allows_objections": True,
            "published_at": "2025-01-01T00:00:00Z",
        }
    },
    furnish=_furnish,
)
