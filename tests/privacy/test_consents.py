"""Consents: by edition, once per choice, withdrawn at any time, and by a guardian for whoever is under fourteen."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sqlalchemy import func, select
from tests.residents.actors import community_administrator, resident

from linli.kit.clock import SHANGHAI, frozen, now
from linli.kit.errors import Conflict, Invalid, NotFound
from linli.privacy import consents
from linli.privacy.models import Consent, ConsentPurpose
from linli.privacy.portal.mine import whom
from linli.privacy.schemas import PurposeIn
from linli.residents.models import HouseholdMember, Resident

PHOTOS = PurposeIn(code="photos", title="公开照片", body="活动照片在公告栏公开。")


@pytest.fixture
def asked(open_session, here, office):
    """What the community asks for."""
    with open_session(here.scope, office) as session:
        return consents.publish_purpose(session, office, here.id, PHOTOS)


def person(session, here, n: int = 0) -> Resident:
    return session.get_one(Resident, (here.tenant_id, here.residents[n]), populate_existing=True)


class TestChoosing:
    def test_holds_until_it_is_withdrawn(self, open_session, here, me, asked) -> None:
        with open_session(here.scope, me) as session:
            assert not consents.has_consent(session, here.residents[0], "photos")
            for _twice in range(2):
                consents.choose(session, me, person(session, here), asked.id, "given")
                assert consents.has_consent(session, here.residents[0], "photos")
            assert session.scalar(select(func.count()).select_from(Consent)) == 1, "a second click is one choice"
            assert not consents.has_consent(session, here.residents[1], "photos"), "nobody else's"
            consents.choose(session, me, person(session, here), asked.id, "withdrawn")
            assert not consents.has_consent(session, here.residents[0], "photos")
            acts = [each.act for each in consents.consent_history(session, [here.residents[0]])]
            assert acts == ["withdrawn", "given"], "the history keeps both"

    def test_keeps_which_text_was_agreed_to(self, open_session, here, me, asked) -> None:
        with open_session(here.scope, me) as session:
            consents.choose(session, me, person(session, here), asked.id, "given")
            kept = session.scalars(select(Consent)).one()
            assert (kept.edition, kept.text_hash) == (1, consents.text_hash(PHOTOS.title, PHOTOS.body))

    def test_a_new_text_asks_again(self, open_session, here, office, me, asked) -> None:
        with open_session(here.scope, me) as session:
            consents.choose(session, me, person(session, here), asked.id, "given")
        with open_session(here.scope, office) as session:
            same = consents.publish_purpose(session, office, here.id, PHOTOS)
            assert same.edition == 1, "the same words are no new text"
            assert consents.has_consent(session, here.residents[0], "photos")
            newer = PurposeIn(code="photos", title="公开照片", body="照片也在网上公开。")
            assert consents.publish_purpose(session, office, here.id, newer).edition == 2
            assert not consents.has_consent(session, here.residents[0], "photos")
            (line,) = consents.consents_of(session, person(session, here))
            assert line.state == "outdated"
        with open_session(here.scope, me) as session, pytest.raises(Conflict):
            consents.choose(session, me, person(session, here), asked.id, "given")

    def test_a_retired_purpose_counts_no_longer(self, open_session, here, office, me, asked) -> None:
        with open_session(here.scope, me) as session:
            consents.choose(session, me, person(session, here), asked.id, "given")
        with open_session(here.scope, office) as session:
            consents.retire_purpose(session, here.id, asked.id)
            assert not consents.has_consent(session, here.residents[0], "photos")
            assert consents.consents_of(session, person(session, here)) == []


class TestChildren:
    @pytest.fixture
    def child(self, open_session, here):
        """The second resident moves in with the first."""

        def born(day: date) -> None:
            with open_session(here.scope) as session:
                person(session, here, 1).born_on = day
                session.add(
                    HouseholdMember(
                        community_id=here.id,
                        household_id=here.households[0],
                        resident_id=here.residents[1],
                        relation="child",
                        moved_in_on=date(2020, 1, 1),
                    )
                )

        return born

    @pytest.mark.parametrize(
        ("born_on", "is_child"),
        [(date(2012, 11, 26), True), (date(2012, 11, 25), False), (date(2012, 11, 24), False)],
    )
    def test_are_under_fourteen_and_no_longer_on_that_birthday(self, open_session, here, born_on, is_child) -> None:
        with frozen(datetime(2026, 11, 25, 12, tzinfo=SHANGHAI)), open_session(here.scope) as session:
            assert consents.is_child(session, born_on) is is_child

    def test_cannot_agree_by_themselves(self, open_session, here, asked, child) -> None:
        child(date(now().year - 10, 1, 1))
        themselves = resident(here, here.residents[1])
        with open_session(here.scope, themselves) as session:
            with pytest.raises(Invalid) as refused:
                consents.choose(session, themselves, person(session, here, 1), asked.id, "given")
            assert refused.value.errors[0].field == "guardian_id"
            assert not consents.has_consent(session, here.residents[1], "photos")

    def test_have_a_guardian_of_their_household_agree(self, open_session, here, me, asked, child) -> None:
        child(date(now().year - 10, 1, 1))
        with open_session(here.scope, me) as session:
            ward, guardian_id = whom(session, me, here.residents[1])
            consents.choose(session, me, ward, asked.id, "given", guardian_id=guardian_id)
            kept = session.scalars(select(Consent)).one()
            assert (kept.resident_id, kept.guardian_id) == (here.residents[1], here.residents[0])
            assert consents.has_consent(session, here.residents[1], "photos")

    def test_of_another_household_are_not_theirs_to_choose_for(self, open_session, here, asked, child) -> None:
        child(date(now().year - 10, 1, 1))
        stranger = resident(here, here.residents[2])
        with open_session(here.scope, stranger) as session:
            with pytest.raises(NotFound):
                whom(session, stranger, here.residents[1])
            with pytest.raises(Invalid):
                consents.choose(
                    session,
                    stranger,
                    person(session, here, 1),
                    asked.id,
                    "given",
                    guardian_id=here.residents[2],
                )

    def test_a_grown_up_is_nobodys_ward(self, open_session, here, me, asked, child) -> None:
        child(date(now().year - 30, 1, 1))
        with open_session(here.scope, me) as session, pytest.raises(NotFound):
            whom(session, me, here.residents[1])


class TestThePurposes:
    def test_of_one_community_are_unknown_to_the_next(self, open_session, world, here, asked) -> None:
        next_door, stranger = world.here.communities[1], world.there.communities[0]
        for place in (next_door, stranger):
            with open_session(place.scope) as session:
                assert consents.list_purposes(session, place.id) == []
                with pytest.raises(NotFound):
                    consents.get_purpose(session, asked.id)
                assert session.scalar(select(func.count()).select_from(ConsentPurpose)) == 0

    def test_of_the_street_are_asked_everywhere_in_it(self, open_session, world, officer) -> None:
        with open_session(world.here.scope, officer) as session:
            consents.publish_purpose(session, officer, None, PHOTOS)
        for place in world.here.communities:
            with open_session(place.scope) as session:
                assert [each.code for each in consents.list_purposes(session, place.id)] == ["photos"]
        with open_session(world.there.communities[0].scope) as session:
            assert consents.list_purposes(session, world.there.communities[0].id) == []

    def test_a_code_belongs_to_one_place(self, open_session, world, here, asked, officer) -> None:
        with open_session(world.here.scope, officer) as session, pytest.raises(Invalid) as refused:
            consents.publish_purpose(session, officer, None, PHOTOS)
        assert refused.value.errors[0].field == "code"

    def test_of_the_street_are_not_a_communitys_to_retire(self, open_session, world, here, officer) -> None:
        with open_session(world.here.scope, officer) as session:
            made = consents.publish_purpose(session, officer, None, PHOTOS)
        own = community_administrator(here, frozenset({"core.privacy.manage"}))
        with open_session(here.scope, own) as session, pytest.raises(NotFound):
            consents.retire_purpose(session, here.id, made.id)
