"""A plugin "probe", on in the first community of each street; some of its contributions work, others break."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import psycopg
import pytest

from linli.plugins.models import PluginAllowance, PluginEnablement
from linli.plugins.registry import Owned, Plugins
from linli.sdk import Disclosed, Disclosure, Found, Health, HealthCheck, Metric, SearchProvider
from linli.testing.web import serving
from linli.testing.world import WORLD


def breaks(*_given):
    raise RuntimeError("小明 138")


def offline(_session):
    return Health("warning", "有两道门离线", "请检查网络")


def found(_session, _actor, words, limit):
    return [Found(f"{words}{n}", f"things/{n}", "说明") for n in range(limit)]


def owned(*items) -> tuple[Owned, ...]:
    return tuple(Owned("probe", item) for item in items)


METRICS = owned(
    Metric(
        name="probe.meetings",
        title="会议",
        measure=lambda session: {WORLD.here.communities[0].id: 7, WORLD.here.communities[1].id: 5},
        unit="次",
        period="month",
        path="meetings",
    ),
    Metric(
        name="probe.share",
        title="比例",
        measure=lambda _session: {WORLD.here.communities[0].id: Decimal("81.5")},
        unit="%",
        adds_up=False,
        needs="core.settings.manage",
    ),
    Metric(name="probe.nothing", title="没有数据的比例", measure=lambda _session: {}, unit="%", adds_up=False),
    Metric(name="probe.broken", title="坏掉的数", measure=breaks, unit="公斤"),
    Metric(
        name="probe.hearings",
        title="听证会",
        measure=lambda _session: {None: 3},
        level="street",
        unit="场",
        period="year",
    ),
)
SEARCH = owned(
    SearchProvider(name="probe.things", title="东西", portal="admin", find=found),
    SearchProvider(name="probe.secrets", title="秘密", portal="admin", find=found, needs="core.privacy.manage"),
    SearchProvider(name="probe.broken", title="坏的", portal="admin", find=breaks),
    SearchProvider(name="probe.things", title="东西", portal="resident", find=found),
)
DISCLOSURES = owned(
    Disclosure(
        name="probe.accounts",
        title="收支",
        description="每季度的收支。",
        path="accounts",
        source="《物业管理条例》第五十四条",
        state=lambda _session: Disclosed(4, datetime(2026, 3, 1, tzinfo=UTC)),
    ),
    Disclosure(name="probe.books", title="账本", description="流水", path="books", audience="residents", state=breaks),
)
CHECKS = owned(
    HealthCheck(name="probe.gate", title="门禁网关", check=offline),
    HealthCheck(name="probe.broken", title="坏的检查", check=breaks),
)


@contextmanager
def probe_on(house) -> Iterator[None]:
    for street in WORLD.streets:
        with house.owner.unit_of_work(street.scope) as session:
            session.add(PluginAllowance(plugin="probe"))
            session.add(PluginEnablement(community_id=street.communities[0].id, plugin="probe"))
    yield


@pytest.fixture(scope="module")
def plugins() -> Plugins:
    core = Plugins.core()
    return replace(
        core,
        metrics=(*core.metrics, *METRICS),
        search=(*core.search, *SEARCH),
        disclosures=(*core.disclosures, *DISCLOSURES),
        health_checks=(*core.health_checks, *CHECKS),
    )


@pytest.fixture(scope="module")
def served(module_house, plugins) -> Iterator:
    with probe_on(module_house), serving(module_house, plugins, works=False) as client:
        yield client


@pytest.fixture(autouse=True)
def forgiven(request) -> None:
    """What is broken on purpose here is left out after five failures; each test begins with a clean slate."""
    if "module_house" in request.fixturenames:
        house = request.getfixturevalue("module_house")
        with psycopg.connect(house.addresses.superuser, autocommit=True) as connection:
            connection.execute("DELETE FROM core.plugin_circuit")


@pytest.fixture
def own(world):
    return world.here.communities[0]


@pytest.fixture
def console(world) -> str:
    return f"/s/{world.here.code}/console"


@pytest.fixture
def admin(own) -> str:
    return f"/s/{own.street_code}/c/{own.code}/admin"
