"""A street of many communities with numbers that the tests lay down, and pushes whose behaviour they choose."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec
import pytest

from linli.kit.errors import Conflict
from linli.plugins.informing import Metric, declare_metrics, declared_metrics
from linli.plugins.pushing import Foreseen, Push, Pushed, declare_pushes, declared_pushes, roles_here


@contextmanager
def declared(*metrics: Metric) -> Iterator[None]:
    """These are the numbers of this process; those before are put back."""
    before = declared_metrics()
    declare_metrics(("core", each) for each in metrics)
    try:
        yield
    finally:
        declare_metrics(before)


def counting(values: Mapping[UUID | None, Any], name: str = "core.tried", **more: Any) -> Metric:
    """A number whose values the test can change."""
    return Metric(name=name, title="试数", measure=lambda _session: dict(values), **more)


class TriedData(msgspec.Struct, kw_only=True):
    """What the tests push down."""

    words: str = "试一试"


@dataclass
class Desk:
    """What was pushed to whom; which communities refuse, and which break the process."""

    done: list[UUID] = field(default_factory=list)
    undone: list[UUID] = field(default_factory=list)
    refuses: dict[UUID, str] = field(default_factory=dict)
    crashes: dict[UUID, Callable[[], Any]] = field(default_factory=dict)

    def perform(self, _session: Any, _actor: Any, community_id: UUID, _data: Any, _push_id: UUID) -> Pushed:
        if community_id in self.crashes:
            self.crashes.pop(community_id)()
        if community_id in self.refuses:
            raise Conflict(self.refuses[community_id])
        self.done.append(community_id)
        return Pushed("办好了", "compounds", (community_id,))

    def undo(self, _session: Any, _actor: Any, community_id: UUID, undoing: Any) -> str:
        if community_id in self.refuses:
            raise Conflict(self.refuses[community_id])
        assert undoing.made == (community_id,)
        self.undone.append(community_id)
        return "收回了"

    @property
    def push(self) -> Push:
        return Push(
            name="core.tried",
            title="试验",
            help="试一试。",
            needs="core.task.give",
            template="assignments/push.html",
            data=TriedData,
            titled=lambda data: data.words,
            preview=lambda _session, _actor, ids, _data: dict.fromkeys(ids, Foreseen("会办")),
            perform=self.perform,
            undo=self.undo,
        )


@pytest.fixture
def desk() -> Iterator[Desk]:
    before, roles = declared_pushes(), roles_here()
    made = Desk()
    declare_pushes([*before.values(), ("core", made.push)], roles)
    yield made
    declare_pushes(before.values(), roles)
