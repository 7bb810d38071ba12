"""An app of the first street with a receiver of its own: what it was sent, and what answers."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from ipaddress import ip_network
from typing import Any, ClassVar
from uuid import UUID

import pytest
from sqlalchemy import select, text, update
from tests.outward.conftest import NAME, Receiver, certificate, receive, trust
from tests.plugins.conftest import make_plugin

from linli.apps.models import App, AppAttempt
from linli.apps.schemas import AppIn
from linli.apps.service import Ground, Registered, register_app
from linli.events import Event, emit
from linli.house import House
from linli.kit.actor import SYSTEM
from linli.outward import Outward
from linli.plugins.registry import Plugins
from linli.tasks.models import Job
from linli.tasks.registry import Tasks
from linli.tasks.runner import JobRunner
from linli.testing.world import CommunityWorld, StreetWorld, World

__all__ = ["certificate", "make_plugin", "receive", "trust"]


class GateOpened(Event):
    """A gate was opened, by somebody whom not every app may know."""

    NAME: ClassVar[str] = "core.GateOpened"
    TITLE: ClassVar[str] = "大门打开"
    PERSONAL: ClassVar[dict[str, str]] = {"resident_id": "core.resident.read"}
    gate: int
    resident_id: UUID | None = None


def terms(**given: Any) -> AppIn:
    """An app that may read compounds everywhere and hears of gates."""
    usual: dict[str, Any] = {
        "name": "gate-keeper",
        "title": "平安门禁",
        "contact": "平安科技 010-12345678",
        "purpose": "开门时通知值班室",
        "permissions": ["core.compound.read"],
        "whole_street": True,
        "event_types": [GateOpened.NAME],
        "webhook_url": f"https://{NAME}/hook",
    }
    return AppIn(**{**usual, **given})


@dataclass
class Stage:
    """A street with an app, its receiver, and somebody who does the work that waits."""

    house: House
    world: World
    plugins: Plugins
    receiver: Receiver
    made: list[Registered] = field(default_factory=list)

    @property
    def ground(self) -> Ground:
        outward: Outward = self.house.database.info["outward"]
        return Ground(self.plugins, outward, "https://linli.test")

    def register(self, street: StreetWorld | None = None, **given: Any) -> Registered:
        """Another app."""
        url = {"webhook_url": f"https://{NAME}:{self.receiver.port}/hook", **given}
        scope = (street or self.world.here).scope
        with self.house.database.unit_of_work(scope) as session:
            made = register_app(session, SYSTEM, self.ground, terms(**url))
            session.expunge(made.app)
        self.made.append(made)
        return made

    def tell(self, *gates: int, community: CommunityWorld | None = None, **place: Any) -> None:
        """One transaction for each gate, in the first community."""
        scope = (community or self.world.here.communities[0]).scope
        for gate in gates:
            with self.house.database.unit_of_work(scope) as session:
                emit(session, GateOpened(gate=gate, resident_id=self.world.here.id), **place)

    def bring(self) -> int:
        """Do what waits, postponed attempts at once."""
        with self.house.database.unit_of_work(self.world.here.scope) as session:
            session.execute(update(Job).where(Job.state == "queued").values(run_after=text("now()")))
            for queue in ("default", "slow"):
                session.execute(text("SELECT core.ring_doorbell(now(), :queue)"), {"queue": queue})
        return JobRunner(self.house, Tasks.of(self.plugins), pause=60).run_due()

    def jobs(self) -> list[Job]:
        with self.house.database.unit_of_work(self.world.here.scope) as session:
            found = select(Job).where(Job.task == "core.deliver_webhook")
            return list(session.scalars(found.order_by(Job.created_at, Job.n)))

    def states(self) -> list[str]:
        return [each.state for each in self.jobs()]

    def attempts(self) -> list[AppAttempt]:
        with self.house.database.unit_of_work(self.world.here.scope) as session:
            return list(session.scalars(select(AppAttempt).order_by(AppAttempt.created_at, AppAttempt.id)))

    def app(self, number: int = 0) -> App:
        with self.house.database.unit_of_work(self.world.here.scope) as session:
            return session.scalars(select(App).where(App.id == self.made[number].app.id)).one()

    def change(self, number: int = 0, **values: Any) -> None:
        with self.house.database.unit_of_work(self.world.here.scope) as session:
            session.execute(update(App).where(App.id == self.made[number].app.id).values(**values))

    def failing_for(self, days: float) -> None:
        with self.house.database.unit_of_work(self.world.here.scope) as session:
            since = App.failing_since - timedelta(days=days)
            session.execute(update(App).values(failing_since=since))

    @property
    def messages(self) -> list[Message]:
        return [Message.read(each) for each in self.receiver.requests]


@dataclass
class Message:
    """What an app reads of a request."""

    headers: dict[str, str]
    body: bytes

    @classmethod
    def read(cls, request: bytes) -> Message:
        head, _blank, body = request.partition(b"\r\n\r\n")
        lines = [line.decode().partition(": ") for line in head.split(b"\r\n")[1:]]
        return cls({name.lower(): value for name, _colon, value in lines}, body)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def is_signed_by(self, secret: str) -> bool:
        """As an app checks it, by the standard alone and nothing of ours."""
        key = base64.b64decode(secret.split("_", 1)[1])
        told = self.headers["webhook-id"] + "." + self.headers["webhook-timestamp"] + "." + self.body.decode()
        right = "v1," + base64.b64encode(hmac.new(key, told.encode(), hashlib.sha256).digest()).decode()
        return right in self.headers["webhook-signature"].split(" ")


@pytest.fixture
def make_stage(house: House, world: World, receive, trust) -> Callable[..., Stage]:
    """``make_stage(script)``: the receiver answers as the script says."""
    plugins = Plugins.load()
    plugins.activate()

    def make(script: Any = None) -> Stage:
        receiver = receive(script)
        house.database.info["outward"] = replace(
            Outward(),
            inside=(ip_network("127.0.0.0/8"),),
            ports=frozenset({receiver.port}),
            resolve=lambda _host, _port: ["127.0.0.1"],
        )
        house.database.info["outward_tls"] = trust
        return Stage(house, world, plugins, receiver)

    return make


@pytest.fixture
def stage(make_stage) -> Stage:
    """One app, registered, whose receiver says yes."""
    made = make_stage()
    made.register()
    return made
