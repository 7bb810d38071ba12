"""The pytest plugin: fixtures for a real database, rolled back or cloned. Loaded wherever Linli is installed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from litestar import Litestar
    from litestar.testing import TestClient

    from linli.channels import Channels
    from linli.db.session import ScopedSession
    from linli.house import House
    from linli.kit.actor import Actor
    from linli.kit.scope import Scope
    from linli.plugins.events import Event
    from linli.testing.actors import Person
    from linli.testing.contract.stage import Stage
    from linli.testing.web import Api, Browser
    from linli.testing.world import World

#: The fixtures that plugins may rely on.
__all__ = [
    "actor",
    "api",
    "assert_queries",
    "browser",
    "clock",
    "house",
    "mails",
    "module_house",
    "open_session",
    "outbox",
    "world",
]

_SERVER = pytest.StashKey[ExitStack]()

_MARKERS = (
    'actor(role, street="here", community=0): who acts: the fixtures actor, browser and api are theirs',
    "today(day): the day at whose noon the fixture clock stands still",
    "network: the test may talk to other machines",
)

OpenSession = "Callable[..., AbstractContextManager[ScopedSession]]"


def pytest_configure(config: pytest.Config) -> None:
    """Make the markers known, and let the log be plain."""
    from linli.testing.logs import plain_logs

    plain_logs()
    for line in _MARKERS:
        config.addinivalue_line("markers", line)


def pytest_configure_node(node: Any) -> None:
    """Tell an xdist worker where the one server of this run is."""
    node.workerinput["linli_superuser_url"] = _server_url(node.config)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server that this run started."""
    if stack := config.stash.get(_SERVER, None):
        stack.close()


def _server_url(config: pytest.Config) -> str:
    given = os.environ.get("LINLI_TEST_SUPERUSER_URL") or getattr(config, "workerinput", {}).get("linli_superuser_url")
    if given:
        return given
    if url := getattr(config, "_linli_superuser_url", None):
        return url
    from linli.db.embedded import EmbeddedServer
    from linli.testing.folders import open_folder

    stack = config.stash.setdefault(_SERVER, ExitStack())
    folder = stack.enter_context(open_folder("linli-test-"))
    server = EmbeddedServer(folder / "postgres", volatile=True)
    server.start()
    stack.callback(server.stop)
    config._linli_superuser_url = server.superuser_url  # type: ignore[attr-defined]
    return server.superuser_url


@pytest.fixture(scope="session")
def superuser_url(request: pytest.FixtureRequest) -> str:
    """A superuser's address on a real server: ``LINLI_TEST_SUPERUSER_URL``, or one that this run starts and stops."""
    return _server_url(request.config)


@pytest.fixture(scope="session")
def template(superuser_url: str) -> Iterator[str]:
    """The name of the migrated template, which holds ``linli.testing.world.WORLD``.

    While it is in use, an act that has no words in the record fails (``linli.testing.record``).
    """
    from linli.testing.databases import MASTER, ensure_template
    from linli.testing.houses import activate_plugins, installed_lineages, installed_plugins, open_test_house
    from linli.testing.record import worded_record
    from linli.testing.world import fill_world

    activate_plugins()

    def fill(url: str) -> None:
        house = open_test_house(url, MASTER)
        try:
            fill_world(house.owner, installed_plugins())
        finally:
            house.close()

    with worded_record(["core", *installed_plugins()]):
        yield ensure_template(superuser_url, installed_lineages(), fill)


@contextmanager
def _cloned_house(superuser_url: str, template: str) -> Iterator[House]:
    from linli.testing.databases import MASTER, clone_of
    from linli.testing.houses import open_test_house

    with clone_of(superuser_url, template) as url:
        house = open_test_house(url, MASTER)
        try:
            yield house
        finally:
            house.close()


@pytest.fixture(scope="session")
def shared_house(superuser_url: str, template: str) -> Iterator[House]:
    """A clone for this worker in which nothing is ever committed: use it through ``open_session``."""
    with _cloned_house(superuser_url, template) as house:
        yield house


@pytest.fixture
def house(superuser_url: str, template: str) -> Iterator[House]:
    """A clone of one's own, for a test that commits."""
    with _cloned_house(superuser_url, template) as house:
        yield house


@pytest.fixture(scope="module")
def module_house(superuser_url: str, template: str) -> Iterator[House]:
    """A clone shared by one test module, for tests that commit but do not disturb each other."""
    with _cloned_house(superuser_url, template) as house:
        yield house


@pytest.fixture
def world() -> World:
    """The ids and codes of the two streets that every test database holds."""
    from linli.testing.world import WORLD

    return WORLD


@pytest.fixture
def open_session(shared_house: House) -> Iterator[Callable[..., AbstractContextManager[ScopedSession]]]:
    """Opens units of work of the runtime role, one after the other, in one transaction that is rolled back.

    ``with open_session(scope, actor) as session: …``. Each ends as in production (last acts run, constraints are
    checked), and the next one sees what it wrote. ``read_only`` as for GET.
    """
    from linli.testing.houses import rolled_back

    with rolled_back(shared_house.database) as database:

        @contextmanager
        def open_one(scope: Scope, actor: Actor | None = None, **options: Any) -> Iterator[ScopedSession]:
            from linli.kit.actor import SYSTEM

            with database.unit_of_work(scope, actor or SYSTEM, **options) as session:
                yield session

        yield open_one


@pytest.fixture(scope="module")
def served(module_house: House) -> Iterator[TestClient[Litestar]]:
    """The running application on this module's clone; ``module_house`` looks into its database."""
    from linli.testing.web import serving

    with serving(module_house) as client:
        yield client


@pytest.fixture
def browser(request: pytest.FixtureRequest, served: TestClient[Litestar], module_house: House) -> Iterator[Browser]:
    """A browser in which whoever ``@pytest.mark.actor`` names is signed in; without the marker, nobody yet.

    ``browser.sign_in_as(world.here.administrator)`` signs in another.
    """
    from linli.testing.web import Browser

    browser = Browser(served, module_house)
    served.cookies.clear()
    if person := _person(request):
        browser.sign_in_as(person.move_in(module_house))
    yield browser
    served.cookies.clear()


@pytest.fixture
def api(request: pytest.FixtureRequest, served: TestClient[Litestar], module_house: House) -> Api:
    """An API client with a token of whoever ``@pytest.mark.actor`` names; without the marker, with none yet.

    ``api.token_for(account, street)`` makes another.
    """
    from linli.testing.web import Api

    api = Api(served, module_house)
    if person := _person(request):
        api.token_for(person.move_in(module_house), person.street.id)
    return api


def _person(request: pytest.FixtureRequest) -> Person | None:
    from linli.testing.actors import person_of

    mark = request.node.get_closest_marker("actor")
    return None if mark is None else person_of(mark)


@pytest.fixture
def actor(request: pytest.FixtureRequest) -> Actor:
    """Whoever ``@pytest.mark.actor("community_administrator")`` names, for calling services.

    ``street="there"`` and ``community=1`` name another place than the first community of the first street.
    """
    from linli.plugins.registry import Plugins

    person = _person(request)
    if person is None:
        raise pytest.UsageError(
            'actor: mark the test with @pytest.mark.actor("community_administrator") or another role'
        )
    return person.actor(Plugins.load())


@pytest.fixture
def clock(request: pytest.FixtureRequest) -> Iterator[datetime]:
    """The clock held still: at noon of the day that ``@pytest.mark.today("2026-03-01")`` names, else of today."""
    from linli.kit.clock import SHANGHAI, frozen, today

    mark = request.node.get_closest_marker("today")
    day = date.fromisoformat(mark.args[0]) if mark else today()
    moment = datetime.combine(day, time(12), SHANGHAI)
    with frozen(moment):
        yield moment


@pytest.fixture
def outbox() -> Iterator[list[Event]]:
    """The events that are told while the test runs, in their order."""
    from linli.testing.events import recorded_events

    with recorded_events() as told:
        yield told


@pytest.fixture
def mails(house: House) -> Channels:
    """What leaves ``house``: ``mails.email.sent``, ``mails.sms.sent``, ``mails.wechat.sent``."""
    from linli.testing.mail import keep_mail

    return keep_mail(house)


@pytest.fixture
def assert_queries() -> Callable[..., AbstractContextManager[list[str]]]:
    """``with assert_queries(session, 3): …`` fails when more statements are sent than this, and shows them."""
    from linli.testing.queries import at_most

    return at_most


@pytest.fixture(autouse=True)
def _network(request: pytest.FixtureRequest) -> Iterator[None]:
    """No test talks to another machine, unless it is marked with ``@pytest.mark.network``."""
    from linli.testing.network import loopback_only

    if request.node.get_closest_marker("network"):
        yield
        return
    with loopback_only():
        yield


@pytest.fixture(scope="class")
def contract_stage(request: pytest.FixtureRequest, superuser_url: str, template: str) -> Iterator[Stage]:
    """Where the contract suite puts the plugin that its class names."""
    from linli.plugins.registry import Plugins
    from linli.testing.contract.stage import open_stage

    name, plugins = getattr(request.cls, "plugin", ""), Plugins.load()
    if name not in plugins:
        installed = ", ".join(plugins.names) or "none"
        pytest.fail(f"plugin = {name!r}: no such plugin is installed here; installed: {installed}", pytrace=False)
    with open_stage(superuser_url, template, name, plugins) as stage:
        yield stage
