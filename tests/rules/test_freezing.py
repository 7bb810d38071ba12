"""The rules that a decision was made under stay as they held on its day."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.rules.conftest import chooser

from linli.kit.clock import today
from linli.kit.errors import Conflict, Invalid, NotFound
from linli.rules import Duration, Share, freeze, get_freeze, rule_value
from linli.rules.overrides import set_override
from linli.rules.repository import find_freeze, list_freezes
from linli.rules.schemas import OverrideIn

KEYS = ["owners_assembly.notice", "owners_assembly.participation_heads", "owners_assembly.vote_window_max"]


def test_what_was_frozen_stays_when_the_rule_changes(open_session, world, street_chooser) -> None:
    with open_session(world.here.scope, street_chooser) as session:
        kept = freeze(session, KEYS, purpose="2026 年业主大会")
        set_override(session, street_chooser, KEYS[0], OverrideIn(value="30 days", starts_on=today(), reason="统一"))
    with open_session(world.here.scope, street_chooser) as session:
        assert rule_value(session, KEYS[0]).value == Duration(30, "days"), "control: the rule has changed"
        again = get_freeze(session, kept.id)
        assert again == kept
        assert again.is_intact
        assert again.required(KEYS[0]) == Duration(15, "days")
        assert isinstance(again[KEYS[1]].value, Share)
        assert again[KEYS[1]].article == "278"
        assert freeze(session, KEYS, purpose="2026 年业主大会").digest != kept.digest


def test_the_day_of_the_decision_counts(open_session, world) -> None:
    with open_session(world.here.scope) as session:
        kept = freeze(session, ["maintenance_fund.use_decision"], purpose="旧决定", on=date(2015, 5, 5))
        assert kept["maintenance_fund.use_decision"].value == "two_thirds_of_scope"
        assert kept.held_on == date(2015, 5, 5)


def test_what_was_unknown_is_kept_as_unknown(open_session, world) -> None:
    with open_session(world.here.scope) as session:
        kept = freeze(session, KEYS, purpose="会议")
        assert kept[KEYS[2]].value is None
        with pytest.raises(Conflict, match="投票期最长"):
            kept.required(KEYS[2])
        with pytest.raises(KeyError):
            kept["owners_assembly.ordinary_area"]
        with pytest.raises(Invalid):
            freeze(session, ["no.such_rule"], purpose="会议")


def test_neither_the_application_nor_a_program_changes_it(open_session, world) -> None:
    with open_session(world.here.scope) as session:
        kept = freeze(session, KEYS, purpose="会议")
        with pytest.raises(AttributeError):
            kept.purpose = "另一次"  # type: ignore[misc]
        with pytest.raises(AttributeError):
            kept.values[0].written = "1 days"  # type: ignore[misc]
        for statement in ("UPDATE core.rule_freeze SET purpose = 'x'", "DELETE FROM core.rule_freeze"):
            with pytest.raises(DBAPIError, match="permission denied"), session.begin_nested():
                session.execute(text(statement))


def test_a_change_past_the_platform_shows(house, world) -> None:
    with house.database.unit_of_work(world.here.scope) as session:
        kept = freeze(session, KEYS, purpose="会议")
    for number, change in enumerate(
        (
            """jsonb_set("values", '{0,written}', '"1 days"')""",
            """jsonb_set("values", '{0,article}', '"99"')""",
            "'[]'::jsonb",
            "'{}'::jsonb",
        )
    ):
        with house.owner.engine.begin() as connection:
            connection.execute(text("SET LOCAL ROLE linli_owner"))
            connection.execute(text("ALTER TABLE core.rule_freeze NO FORCE ROW LEVEL SECURITY"))
            before = connection.execute(text('SELECT "values" FROM core.rule_freeze')).scalar_one()
            connection.execute(text(f'UPDATE core.rule_freeze SET "values" = {change}'))
        with house.database.unit_of_work(world.here.scope) as session:
            assert not get_freeze(session, kept.id).is_intact, number
        with house.owner.engine.begin() as connection:
            connection.execute(text("SET LOCAL ROLE linli_owner"))
            connection.execute(
                text('UPDATE core.rule_freeze SET "values" = CAST(:kept AS jsonb)'),
                {"kept": msgspec.json.encode(before).decode()},
            )
            connection.execute(text("ALTER TABLE core.rule_freeze FORCE ROW LEVEL SECURITY"))
        with house.database.unit_of_work(world.here.scope) as session:
            assert get_freeze(session, kept.id).is_intact, "control: as it was"


def test_it_is_seen_in_its_own_place_alone(open_session, world, here, community_chooser, street_chooser) -> None:
    with open_session(here.scope, community_chooser) as session:
        kept = freeze(session, KEYS, purpose="小区会议", compound_id=here.compound)
        assert (kept.community_id, kept.compound_id) == (here.id, here.compound)
        assert find_freeze(session, community_chooser, kept.id).id == kept.id, "control"
    with open_session(world.here.scope, street_chooser) as session:
        assert [row.id for row in list_freezes(session, street_chooser)[0]] == [kept.id], "the street sees it"
    neighbour = world.here.communities[1]
    for scope, administrator in ((neighbour.scope, neighbour), (world.there.scope, world.there)):
        actor = chooser(administrator.administrator)
        with open_session(scope, actor) as session:
            assert list_freezes(session, actor) == ([], None)
            with pytest.raises(NotFound):
                get_freeze(session, kept.id)
            with pytest.raises(NotFound):
                find_freeze(session, actor, kept.id)


def test_lists_go_page_by_page(open_session, world, street_chooser) -> None:
    with open_session(world.here.scope, street_chooser) as session:
        made = [freeze(session, KEYS[:1], purpose=f"会议{n}").id for n in range(3)]
        first, more = list_freezes(session, street_chooser, limit=2)
        rest, end = list_freezes(session, street_chooser, limit=2, after=more)
        assert [row.id for row in [*first, *rest]] == made[::-1]
        assert end is None
