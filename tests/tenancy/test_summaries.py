"""The community's counts follow what was written in the same unit of work."""

from __future__ import annotations

from sqlalchemy import select

from linli.residents.models import Resident
from linli.tenancy.models import CommunitySummary
from linli.tenancy.summaries import recount


def _counts(session, community_id) -> tuple[int, ...]:
    row = session.scalars(select(CommunitySummary).where(CommunitySummary.community_id == community_id)).one()
    session.refresh(row)
    return row.compounds, row.buildings, row.dwellings, row.households, row.residents


def test_counts_are_taken_at_the_end_of_the_unit_of_work(open_session, world) -> None:
    here = world.here.communities[0]
    with open_session(here.scope) as session:
        recount(session, here.id)
        session.add(Resident(community_id=here.id, name="后来的人"))
        assert _counts(session, here.id)[4] == 4
    with open_session(here.scope) as session:
        assert _counts(session, here.id) == (1, 1, 4, 3, 5)


def test_another_communitys_rows_are_not_counted(open_session, world) -> None:
    first, second = world.here.communities
    with open_session(world.here.scope) as session:
        session.add(Resident(community_id=second.id, name="邻社区的人"))
        recount(session, first.id)
        recount(session, second.id)
    with open_session(world.here.scope) as session:
        assert _counts(session, first.id)[4] == 4
        assert _counts(session, second.id)[4] == 5


def test_a_missing_row_is_made(open_session, world) -> None:
    here = world.here.communities[0]
    with open_session(here.scope) as session:
        session.delete(session.scalars(select(CommunitySummary)).one())
        session.flush()
        recount(session, here.id)
    with open_session(here.scope) as session:
        assert _counts(session, here.id) == (1, 1, 4, 3, 4)
