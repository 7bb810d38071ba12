"""Whole numbers: so many looks a day, an alert at so many an hour, and the person concerned reads who looked."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import func, select

from linli.audit.models import AuditEntry
from linli.kit.actor import SYSTEM
from linli.kit.clock import SHANGHAI, frozen
from linli.kit.errors import Invalid, TooMany
from linli.notifications.models import Notification
from linli.privacy.models import NumberReveal
from linli.privacy.reveals import note_roster, reveal, reveals_of
from linli.residents.schemas import Reveal
from linli.settings.service import set_setting

LOOK = Reveal(field="phone", purpose="contact", reason="通知停水")


def at(hour: int, minute: int = 0, day: int = 25) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


def look(session, office, here, times: int = 1) -> None:
    for _n in range(times):
        reveal(session, office, here.residents[0], LOOK)


class TestTheBudget:
    def test_the_fiftieth_look_is_the_last_of_a_day(self, open_session, here, office) -> None:
        with open_session(here.scope, office) as session:
            with frozen(at(8)):
                look(session, office, here, 49)
            with frozen(at(20)):
                look(session, office, here)
                with pytest.raises(TooMany) as refused:
                    look(session, office, here)
                assert refused.value.retry_after == 4 * 3600 + 1
                assert session.scalar(select(func.count()).select_from(NumberReveal)) == 50, "nothing was kept of it"
            with frozen(at(0, 0, 26)):
                look(session, office, here)

    def test_a_street_chooses_another_number(self, open_session, here, office) -> None:
        with open_session(here.scope, office) as session, frozen(at(8)):
            set_setting(session, SYSTEM, "core", "reveal_daily_budget", value=2, community_id=here.id)
            look(session, office, here, 2)
            with pytest.raises(TooMany):
                look(session, office, here)

    def test_a_roster_counts_as_one_act_of_its_own(self, open_session, here, office) -> None:
        with open_session(here.scope, office) as session, frozen(at(8)):
            note_roster(session, office, here.id, None, "人口普查")
            look(session, office, here, 50)
            noted = session.scalar(select(func.count()).where(NumberReveal.purpose == "export"))
        assert noted == 3, "each person in it reads of it"


class TestTheAlert:
    @pytest.mark.parametrize(("looks", "alerts"), [(49, 0), (50, 1), (51, 1)])
    def test_comes_once_at_the_limit_of_an_hour(self, open_session, here, office, looks, alerts) -> None:
        with open_session(here.scope, office) as session, frozen(at(9)):
            set_setting(session, SYSTEM, "core", "reveal_daily_budget", value=1000, community_id=here.id)
            look(session, office, here, looks)
            found = session.scalar(
                select(func.count()).select_from(Notification).where(Notification.kind == "core.numbers_revealed_often")
            )
            assert (found or 0) > 0 if alerts else not found
        with open_session(here.scope) as session:
            noted = session.scalar(select(func.count()).where(AuditEntry.action == "core.reveal.alert"))
        assert noted == alerts


class TestReading:
    def test_the_person_reads_office_role_and_reason_and_no_name(self, open_session, here, office) -> None:
        with open_session(here.scope, office) as session:
            look(session, office, here)
            (seen,) = reveals_of(session, [here.residents[0]])
            assert (seen.field, seen.purpose, seen.reason) == ("phone", "contact", "通知停水")
            assert seen.office == here.name
            assert seen.viewer == ""
            set_setting(session, SYSTEM, "core", "reveal_shows_names", value=True, community_id=here.id)
            (seen,) = reveals_of(session, [here.residents[0]])
            assert seen.viewer == office.display_name

    def test_nobody_else_reads_of_it(self, open_session, world, here, office) -> None:
        with open_session(here.scope, office) as session:
            look(session, office, here)
            assert reveals_of(session, [here.residents[1]]) == []
        for place in (world.here.communities[1], *world.there.communities):
            with open_session(place.scope) as session:
                assert reveals_of(session, [here.residents[0]], with_names=True) == []

    def test_other_needs_an_explanation(self, open_session, here, office) -> None:
        with open_session(here.scope, office) as session:
            with pytest.raises(Invalid) as refused:
                reveal(session, office, here.residents[0], Reveal(field="phone", purpose="other", reason=" "))
            assert refused.value.errors[0].field == "reason"
            assert reveals_of(session, [here.residents[0]]) == []
