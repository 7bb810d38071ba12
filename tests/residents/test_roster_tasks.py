"""A roster in the background: checked and committed by the runner, judged again when the register has changed."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from tests.residents.actors import community_administrator, id_number
from tests.residents.rosters import Desk, counts, row, workbook

from linli.kit.errors import Conflict, NotFound
from linli.residents.models import Resident, RosterImport
from linli.residents.roster import discard_import, import_state
from linli.residents.tasks import begin_check, begin_commit
from linli.tasks import job_state
from linli.tasks.runner import JobRunner


@pytest.fixture
def busy(house, here):
    """A desk whose steps are committed, and a runner that does what it asks for."""
    desk = Desk(house.database.unit_of_work, here.scope, community_administrator(here), here.compound)
    desk.storage = house.files
    runner = JobRunner(house, gate=lambda session, owner, community_id: True, pause=0.01)
    return desk, runner


def test_from_upload_to_register(busy) -> None:
    desk, runner = busy
    state = desk.upload(workbook([row("101", "甲"), row("102", "乙")]))
    job_id = desk.act(begin_check, state.id)
    assert runner.run_due() == 1
    checked = desk.act(import_state, state.id)
    assert (checked.state, checked.percent, checked.job_id, counts(checked)) == ("ready", 100, job_id, (2, 0, 0, 0))
    desk.act(begin_commit, state.id)
    assert desk.act(import_state, state.id).state == "committing"
    with pytest.raises(Conflict):
        desk.act(begin_commit, state.id)
    assert runner.run_due() == 1
    done = desk.act(import_state, state.id)
    assert (done.state, done.rows_written) == ("committed", 2)
    assert desk.work(job_state, done.job_id).result["state"] == "committed"
    assert desk.work(lambda session: session.scalars(select(Resident.name).where(Resident.name == "甲")).all()) == [
        "甲"
    ]


def test_a_register_that_changed_meanwhile_is_told_and_not_overwritten(busy) -> None:
    desk, runner = busy
    first = desk.check(workbook([row("101", "甲", "", id_number(1))]))
    desk.bring_in(workbook([row("102", "乙", "", id_number(1))]))
    desk.act(begin_commit, first.id)
    assert runner.run_due() == 1
    state = desk.act(import_state, first.id)
    assert (state.state, [fault[:2] for fault in desk.faults(state)]) == ("faulty", [(2, "id_number")])
    names = desk.work(lambda session: set(session.scalars(select(Resident.name))))
    assert ("乙" in names, "甲" in names) == (True, False)


def test_what_was_thrown_away_meanwhile_is_not_written(busy) -> None:
    desk, runner = busy
    state = desk.check(workbook([row("101", "甲")]))
    desk.act(begin_commit, state.id)
    desk.act(discard_import, state.id)
    runner.run_due()
    assert desk.act(import_state, state.id).state == "discarded"
    assert desk.work(lambda session: session.scalars(select(Resident.id).where(Resident.name == "甲")).all()) == []


def test_nobody_begins_anothers_import(busy, house, world) -> None:
    desk, _runner = busy
    state = desk.check(workbook([row("101", "甲")]))
    other = world.here.communities[1]
    stranger = Desk(house.database.unit_of_work, other.scope, community_administrator(other), desk.compound_id)
    for step in (begin_check, begin_commit):
        with pytest.raises(NotFound):
            stranger.act(step, state.id)
    assert desk.work(lambda session: session.scalars(select(RosterImport.state)).all()) == ["ready"]
