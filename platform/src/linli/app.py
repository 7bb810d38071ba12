"""The one place where the house becomes a web application."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib import import_module
from pathlib import Path

from litestar import Litestar, Router
from litestar.datastructures import CacheControlHeader
from litestar.static_files import create_static_files_router

from linli.house import House
from linli.kit.text import load_catalogue
from linli.manifests.demo_plugins import demonstrate
from linli.plugins.registry import Plugins
from linli.plugins.standing import unfit
from linli.tasks.bells import BELL
from linli.tasks.broker import PatientBell
from linli.tasks.registry import Tasks
from linli.tasks.runner import JobRunner
from linli.web.assets import BUILT, PATH, STATIC, Assets
from linli.web.document import Document, config
from linli.web.errors import make_handler
from linli.web.guest_routes import mount_plugins
from linli.web.health import health_routes
from linli.web.limits import limited
from linli.web.methods import allowing
from linli.web.middleware import careful
from linli.web.mount import mount
from linli.web.packing import packed
from linli.web.routing import Handler, Portal
from linli.web.site import Site
from linli.web.templating import Templates

#: Each domain's pages and API; a module exports a list under the portal's name for each portal that it serves.
DOMAINS = (
    "linli.web.home",
    "linli.web.document",
    "linli.web.gallery",
    "linli.web.picking",
    "linli.web.days",
    "linli.tenancy.portal",
    "linli.tenancy.admin_portal",
    "linli.tenancy.routes",
    "linli.residents.portal",
    "linli.residents.routes",
    "linli.identity.portal",
    "linli.access.portal",
    "linli.access.routes",
    "linli.approvals.portal",
    "linli.approvals.routes",
    "linli.audit.portal",
    "linli.audit.routes",
    "linli.settings.portal",
    "linli.settings.routes",
    "linli.rules.portal",
    "linli.rules.routes",
    "linli.plugins.portal",
    "linli.plugins.routes",
    "linli.files.portal",
    "linli.files.routes",
    "linli.tasks.portal",
    "linli.tasks.routes",
    "linli.events.portal",
    "linli.events.routes",
    "linli.notifications.portal",
    "linli.notifications.routes",
    "linli.privacy.portal",
    "linli.privacy.routes",
    "linli.obligations.portal",
    "linli.obligations.routes",
    "linli.apps.portal",
    "linli.apps.routes",
    "linli.showing.portal",
    "linli.portals.portal",
    "linli.showing.routes",
    "linli.assignments.portal",
    "linli.assignments.routes",
    "linli.pushes.portal",
    "linli.pushes.routes",
    "linli.console.portal",
    "linli.console.routes",
)

#: Whole site: larger bodies are refused before anything is read.
LARGEST_BODY = 32 * 1024 * 1024


def load_domains() -> None:
    """Import every domain of the core, so that its tasks, acts and tidings are declared in this process."""
    for name in DOMAINS:
        import_module(name)


def create_app(house: House, plugins: Plugins | None = None, *, works: bool = True) -> Litestar:
    """The application of one process.

    Args:
        house: opened on a migrated database.
        plugins: those to serve; the installed ones where none are given.
        works: without Redis, does the work that waits in the job table, too, in threads of its own.

    Raises:
        PluginsRefused: a plugin is broken and this installation refuses to start with it.
    """
    settings = house.settings
    if plugins is None:
        plugins = Plugins.load(off=settings.plugins_off, on_failure=settings.plugin_failure)
    if settings.plugin_failure == "quarantine":
        with house.database.open_transaction() as connection:
            plugins = plugins.without(unfit(connection, plugins))
    load_catalogue(Path(__file__).parent / "locale", "linli")
    folders = {plugin.name: plugin.folder / "templates" for plugin in plugins.plugins}
    templates = Templates(Assets(), folders, reload=settings.environment == "development")
    site = Site(house, plugins, templates)
    handlers = _handlers()
    core = [mount(site, portal, declared) for portal, declared in handlers.items() if declared]
    guests = mount_plugins(site)
    # From here on those that can be served.
    plugins = site.plugins.activate()
    if settings.is_demo:
        demonstrate(house.database, plugins)
    app = Litestar(
        route_handlers=[*core, *guests, *health_routes(site), *_static()],
        exception_handlers={Exception: make_handler(site)},
        request_max_body_size=LARGEST_BODY,
        openapi_config=config(),
        lifespan=[_open(site, works=works)],
        logging_config=None,
        debug=False,
    )
    app.state.site = site
    app.state.document = Document(app, plugins)
    # Around everything, so that an address that leads nowhere is answered with the same care.
    app.asgi_handler = careful(limited(packed(allowing(app.asgi_handler, app.routes)), site), https=settings.https)
    return app


def _handlers() -> dict[Portal, list[Handler]]:
    handlers: dict[Portal, list[Handler]] = {}
    for name in DOMAINS:
        module = import_module(name)
        for portal in Portal:
            handlers.setdefault(portal, []).extend(getattr(module, portal.value, ()))
    return handlers


def _static() -> list[Router]:
    BUILT.mkdir(parents=True, exist_ok=True)
    # Built names carry a hash of their content; the others are revalidated.
    forever = CacheControlHeader(max_age=31_536_000, immutable=True, public=True)
    soon = CacheControlHeader(max_age=300, public=True)
    return [
        create_static_files_router(PATH, [BUILT], cache_control=forever, include_in_schema=False, name="built"),
        create_static_files_router(f"{PATH}/own", [STATIC], cache_control=soon, include_in_schema=False, name="own"),
    ]


def _open(site: Site, *, works: bool) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def opened(_app: Litestar) -> AsyncIterator[None]:
        await site.read_door.open()
        stop = _work(site) if works else None
        try:
            yield
        finally:
            if stop is not None:
                stop()
            await site.read_door.close()
            await site.counter.close()

    return opened


def _work(site: Site) -> Callable[[], object]:
    """See to it that what waits is done: here, or by the processes of `linli worker`; returns what ends it."""
    redis_url = site.house.settings.redis_url
    if redis_url is None:
        # The job table is shared: any number of web processes and workers may look after it.
        runner = JobRunner(site.house, Tasks.of(site.plugins), gate=site.is_enabled)
        runner.start()
        return runner.stop
    Tasks.of(site.plugins)
    bell = PatientBell(redis_url)
    bell.start()
    site.house.database.info[BELL] = bell
    return bell.stop
