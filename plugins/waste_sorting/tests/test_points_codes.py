"""Codes of households: signed for minutes on a phone, drawn by lot on a card; old and forged ones are told apart."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from linli.sdk import Forbidden, NotFound
from linli.testing.clock import frozen
from linli_waste_sorting.points import codes, giving, purses
from linli_waste_sorting.points.codes import LIFE, REMEMBERED, phone_code

#: The first moment of a code.
BEGIN = datetime(2026, 3, 5, 2, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class TestOnAPhone:
    def test_read_or_typed_it_leads_to_the_household(self, open_session, own, purse) -> None:
        with open_session(own.scope) as session:
            mine = purse(session, own)
            code = phone_code(mine).code
            assert re.fullmatch("[a-z2-7]{12}", code)
            typed = f" {code[:4]} {code[4:8]}-{code[8:]} ".upper()
            assert purses.purse_of_code(session, own.id, typed).id == mine.id
            assert purses.seen_purse(session, own.id, typed).id == mine.id

    def test_it_is_another_each_time_its_minutes_are_over_and_the_same_on_all_phones(
        self, open_session, own, purse
    ) -> None:
        with open_session(own.scope) as session:
            mine, other = purse(session, own), purse(session, own, 1)
            with frozen(BEGIN):
                first = phone_code(mine)
                assert first.code[4:] != phone_code(other).code[4:]
            with frozen(BEGIN + LIFE - SECOND):
                assert phone_code(mine) == first
            with frozen(BEGIN + LIFE):
                assert phone_code(mine).code != first.code

    def test_it_counts_until_the_moment_that_is_told(self, open_session, own, purse) -> None:
        with open_session(own.scope) as session:
            mine = purse(session, own)
            with frozen(BEGIN):
                shown = phone_code(mine)
            assert shown.until == BEGIN + 2 * LIFE
            with frozen(shown.until - SECOND):
                assert purses.seen_purse(session, own.id, shown.code).id == mine.id
            for moment in (shown.until, BEGIN + REMEMBERED):
                with frozen(moment), pytest.raises(NotFound, match="已经过期"):
                    purses.seen_purse(session, own.id, shown.code)
            with frozen(BEGIN + REMEMBERED + 2 * LIFE), pytest.raises(NotFound, match="没有这个家庭码"):
                purses.seen_purse(session, own.id, shown.code)

    def test_one_of_the_minutes_to_come_does_not_count_yet(self, open_session, own, purse) -> None:
        with open_session(own.scope) as session:
            mine = purse(session, own)
            with frozen(BEGIN + LIFE):
                later = phone_code(mine).code
            with frozen(BEGIN), pytest.raises(NotFound, match="没有这个家庭码"):
                purses.seen_purse(session, own.id, later)

    @pytest.mark.parametrize("code", ["", "aaaaaaaaaaaa", "%", "' OR 1=1", "%%%%%%%%%%%%"])
    def test_any_other_leads_nowhere(self, open_session, own, purse, code) -> None:
        with open_session(own.scope) as session:
            purse(session, own)
            for find in (purses.purse_of_code, purses.seen_purse):
                with pytest.raises(NotFound, match="没有这个家庭码"):
                    find(session, own.id, code)

    def test_forged_from_the_letters_that_are_known_it_leads_nowhere(self, open_session, own, purse) -> None:
        with open_session(own.scope) as session:
            mine, other = purse(session, own), purse(session, own, 1)
            code = phone_code(mine).code
            changed = code[:-1] + ("a" if code[-1] != "a" else "b")
            # The signature of another household, behind the letters of this one.
            for forged in (changed, code[:4] + phone_code(other).code[4:], code[:11], code + "a"):
                with pytest.raises(NotFound, match="没有这个家庭码"):
                    purses.seen_purse(session, own.id, forged)

    def test_of_two_that_begin_alike_each_leads_to_its_own(self, open_session, own, purse) -> None:
        with open_session(own.scope) as session:
            pair = [purse(session, own, n) for n in (0, 1)]
            for row, letters in zip(pair, ("aaaaaaaa", "bbbbbbbb"), strict=True):
                row.code = "same" + letters
            session.flush()
            assert [purses.seen_purse(session, own.id, phone_code(row).code).id for row in pair] == [
                row.id for row in pair
            ]

    def test_a_neighbouring_communitys_is_none_here(self, open_session, world, own, purse) -> None:
        other = world.here.communities[1]
        with open_session(other.scope) as session:
            code = phone_code(purse(session, other)).code
        with open_session(own.scope) as session, pytest.raises(NotFound):
            purses.purse_of_code(session, own.id, code)


class TestOnACard:
    def test_it_counts_once_it_was_given_however_late(self, open_session, own, purse, giver) -> None:
        with open_session(own.scope) as session:
            mine = purse(session, own)
            with pytest.raises(NotFound, match="没有这个家庭码"):
                purses.seen_purse(session, own.id, mine.code)
            card = giving.give_card(session, giver(own), own.id, mine.id)
            with frozen(card.carded_at + timedelta(days=300)):
                assert codes.find_purse(session, own.id, card.code).id == mine.id

    def test_another_card_takes_the_place_of_the_first(self, open_session, own, purse, giver) -> None:
        with open_session(own.scope) as session:
            mine = purse(session, own)
            phone = phone_code(mine).code
            before = giving.give_card(session, giver(own), own.id, mine.id).code
            after = giving.give_card(session, giver(own), own.id, mine.id).code
            assert purses.seen_purse(session, own.id, after).id == mine.id
            with pytest.raises(NotFound):
                purses.seen_purse(session, own.id, before)
            assert purses.seen_purse(session, own.id, phone).id == mine.id, "phones show what they showed"

    def test_only_by_those_who_give_by_hand_and_not_to_who_is_gone(self, open_session, own, purse, giver) -> None:
        with open_session(own.scope) as session:
            mine = purse(session, own)
            for role in ("building_steward", "property_staff", "resident"):
                with pytest.raises(Forbidden):
                    giving.give_card(session, giver(own, role), own.id, mine.id)
            purses.close(session, mine)
            with pytest.raises(NotFound, match="已经搬走"):
                giving.give_card(session, giver(own), own.id, mine.id)


class TestDrawnAnew:
    def test_what_was_shown_or_printed_before_is_worth_nothing(self, open_session, own, purse, at_home, giver) -> None:
        with open_session(own.scope) as session:
            mine = purse(session, own)
            before = [giving.give_card(session, giver(own), own.id, mine.id).code, phone_code(mine).code]
            purses.renew_code(session, at_home(own), own.id, None)
            for code in (*before, mine.code):
                with pytest.raises(NotFound, match="没有这个家庭码"):
                    purses.purse_of_code(session, own.id, code)
            assert purses.purse_of_code(session, own.id, phone_code(mine).code).dwelling_id == own.dwellings[0]

    def test_only_ones_own(self, open_session, own, purse, at_home) -> None:
        with open_session(own.scope) as session:
            purse(session, own, 1)
            with pytest.raises(NotFound):
                purses.renew_code(session, at_home(own), own.id, own.dwellings[1])
