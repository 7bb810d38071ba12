"""A plugin's tables before the catalogue lint: which rows may belong to the whole street."""

from __future__ import annotations

from sqlalchemy import text

from linli.db.lint import lint


def test_a_plugins_table_lists_itself_as_the_streets_and_the_cores_cannot(house) -> None:
    def r19(*statements: str) -> list[str]:
        with house.owner.engine.connect() as connection:
            connection.execute(text("SET ROLE linli_owner"))
            for statement in statements:
                connection.execute(text(statement))
            found = [finding.subject for finding in lint(connection) if finding.rule == "R19"]
            connection.rollback()
        return found

    assert r19() == []
    assert r19("COMMENT ON TABLE plugin_notices.notice IS NULL") == ["plugin_notices.notice (community_id may be NULL)"]
    assert r19("COMMENT ON TABLE plugin_notices.notice IS 'street-wide: '") != []
    assert r19(
        "ALTER TABLE core.dwelling ALTER community_id DROP NOT NULL",
        "COMMENT ON TABLE core.dwelling IS 'street-wide: because'",
    ) == ["core.dwelling (community_id may be NULL)"]
