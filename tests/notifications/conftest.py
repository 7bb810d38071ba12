"""What the tests of messages share: kinds of a plugin that is not there, and the people of the first community."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.plugins.conftest import make_plugin
from tests.residents.conftest import count_queries, second_building

import linli
from linli.kit.text import load_catalogue
from linli.notifications import Recipient
from linli.plugins.contributions import NotificationType
from linli.plugins.messages import declare_notifications, declared_notifications

__all__ = ["count_queries", "make_plugin", "second_building"]

#: Goes nowhere but to the inbox unless people ask for more.
QUIET = NotificationType(
    name="trial.thing_happened", title="有事", subject="{what}发生了", body="{street}{community}：{what}发生了。"
)
LOUD = NotificationType(
    name="trial.alarm_raised",
    title="警报",
    subject="警报：{what}",
    body="{what}，请立即处理。",
    is_urgent=True,
    channels=("email", "sms"),
)
MAILED = NotificationType(
    name="trial.letter_sent", title="来信", subject="{what}", body="{what}来信了。", channels=("email", "sms", "wechat")
)


load_catalogue(Path(linli.__file__).parent / "locale", "linli")


@pytest.fixture(autouse=True)
def kinds() -> Iterator[None]:
    before = declared_notifications()
    declare_notifications([*before, QUIET, LOUD, MAILED])
    yield
    declare_notifications(before)


@pytest.fixture
def here(world):
    """The community in which the tests work."""
    return world.here.communities[0]


@pytest.fixture
def people(here) -> list[Recipient]:
    """The owner with an account, a resident without one, and the administrator, who lives elsewhere."""
    return [
        Recipient(here.resident_account, here.residents[0], here.building),
        Recipient(None, here.residents[1], here.building),
        Recipient(here.administrator, None, None),
    ]
