"""A job in the API: for its asker and for those who read the audit trail; for nobody else it does not exist."""

from __future__ import annotations

from uuid import uuid4

import pytest

from linli.kit.actor import Actor
from linli.plugins.registry import Plugins
from linli.tasks import enqueue
from linli.testing.web import Api, serving
from linli.testing.world import WORLD

OWN, SIBLING = WORLD.here.communities


def at(community, job_id) -> str:
    return f"/api/v1/s/{community.street_code}/c/{community.code}/jobs/{job_id}"


@pytest.fixture(scope="module")
def api(module_house):
    # Its thread would do the work before the test has looked at it.
    with serving(module_house, Plugins.core(), works=False) as client:
        yield Api(client, module_house)


@pytest.fixture
def job_id(module_house):
    asker = Actor(account_id=OWN.steward, display_name="楼门长")
    with module_house.database.unit_of_work(OWN.scope, asker) as session:
        return enqueue(session, "core.absent_work", {"secret": 1}, total=4)


def test_the_asker_sees_how_it_stands(api, job_id) -> None:
    answer = api.token_for(OWN.steward, WORLD.here.id).get(at(OWN, job_id))
    assert answer.status_code == 200
    assert (answer.json()["task"], answer.json()["total"], answer.json()["percent"]) == ("core.absent_work", 4, 0)
    assert "secret" not in answer.text


def test_a_reader_of_the_audit_trail_sees_it_too(api, job_id) -> None:
    auditor = api.token_for(WORLD.here.auditor, WORLD.here.id)
    assert auditor.get(at(OWN, job_id)).status_code == 200
    assert auditor.get(f"/api/v1/s/{WORLD.here.code}/jobs/{job_id}").status_code == 200


def test_others_get_the_answer_of_a_job_that_is_nowhere(api, job_id) -> None:
    resident = api.token_for(OWN.resident_account, WORLD.here.id)
    hidden, nowhere = resident.get(at(OWN, job_id)), resident.get(at(OWN, uuid4()))
    assert hidden.status_code == nowhere.status_code == 404
    assert hidden.json()["type"] == nowhere.json()["type"]


@pytest.mark.parametrize("where", [SIBLING, WORLD.there.communities[0]], ids=["other community", "other street"])
def test_a_job_stays_behind_its_walls(api, job_id, where) -> None:
    administrator = api.token_for(where.administrator, where.tenant_id)
    assert administrator.get(at(where, job_id)).status_code == 404
