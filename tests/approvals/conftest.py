"""An act for tests, which leaves a mark in the record when it is done."""

from __future__ import annotations

import pytest

from linli.access.roles import role_permissions
from linli.approvals import acts
from linli.approvals.acts import Act
from linli.audit import record
from linli.kit.actor import Actor, Grant
from linli.kit.errors import Conflict
from linli.settings.core import TWO_PERSON_ACTS

ROLES = role_permissions()
DONE = "core.test.paint"


def paint(session, actor, payload) -> str:
    if payload.get("fails"):
        raise Conflict("漆没有了")
    record(session, DONE, ("wall", payload["wall"]), community_id=session.scope.community_id, after=dict(payload))
    assert session.info["actor"] is actor
    return f"{actor.display_name}的墙已刷成{payload['colour']}"


def describe(_session, payload):
    if payload.get("odd"):
        raise RuntimeError
    return [("墙", payload["wall"]), ("颜色", payload["colour"])]


def holder(account_id, role, **place) -> Actor:
    return Actor(account_id=account_id, display_name=role, grants=(Grant(role, **place),), permissions=ROLES)


def known(act: Act) -> None:
    """Let this process know an act for the rest of the test."""
    acts._keep(act)


@pytest.fixture(autouse=True)
def paint_act():
    """An act known for one test, asked for by whoever may change settings; all that the test registers goes with it."""
    before, choices = dict(acts._acts), dict(TWO_PERSON_ACTS)
    act = Act("core.paint_wall", "刷墙", "core.settings.manage", "core.approval.decide", paint, describe)
    known(act)
    yield act
    acts._acts.clear()
    acts._acts.update(before)
    TWO_PERSON_ACTS.clear()
    TWO_PERSON_ACTS.update(choices)
