"""Opening a house from the command line: settings, a server if Linli brings its own, addresses, doors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import click
import psycopg
from psycopg import sql
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from linli.cli.failures import Failure
from linli.config import Settings, load_settings
from linli.db.addresses import DATABASE, Addresses, derived_addresses, role_passwords
from linli.db.bootstrap import Bootstrapped, bootstrap
from linli.db.embedded import EmbeddedServer, check_server_version
from linli.db.migrate import Lineage, upgrade
from linli.house import House, old_signer_of, open_house, signer_of
from linli.kit.text import gettext as _
from linli.plugins.discovery import installed_lineages
from linli.plugins.registry import Plugins, activate_core, keep_faults
from linli.plugins.standing import unfit
from linli.tenancy.calendar import OFFICIAL_CALENDAR, load_calendar, read_calendar

_BOOTSTRAP_LOCK = 0x4C494E4C42

Step = Callable[[str], None]


def say(step: str) -> None:
    """Tell what takes time, beside the output proper."""
    click.echo(step, err=True)


def brings_own_server(settings: Settings) -> bool:
    """Whether the embedded server is used: the operator gave no address at all."""
    given = (settings.database_url, settings.database_owner_url, settings.database_superuser_url)
    return not any(given)


def embedded_server(settings: Settings, on_step: Step = say) -> EmbeddedServer:
    """The server that belongs to the data folder, running or not."""
    return EmbeddedServer(settings.data_dir / "postgres", on_step=on_step)


def find_addresses(settings: Settings, on_step: Step = say) -> Addresses:
    """Where the database is for each role; starts and prepares the embedded server if need be.

    Raises:
        Failure: the operator gave an address to some roles but not to the runtime role.
    """
    if brings_own_server(settings):
        server = embedded_server(settings, on_step)
        server.start()
        return prepare_embedded(settings, server)
    if settings.database_url is None:
        raise Failure(_("没有设置 LINLI_DATABASE_URL。请给出应用角色的连接地址。"))
    return Addresses(settings.database_url, settings.database_owner_url, settings.database_superuser_url)


def prepare_embedded(settings: Settings, server: EmbeddedServer) -> Addresses:
    """Create and bootstrap the database on Linli's own running server, once.

    Raises:
        Failure: the database trusts another key than this installation's.
    """
    addresses = derived_addresses(server.superuser_url, settings.secret_key)
    signer, old = signer_of(settings), old_signer_of(settings)
    with psycopg.connect(server.superuser_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [_BOOTSTRAP_LOCK])
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(DATABASE)))
        with psycopg.connect(addresses.superuser or "", autocommit=True) as database:
            trusted = _trusted_pads(database)
            if not trusted or (signer.pads() not in trusted and old is not None and old.pads() in trusted):
                bootstrap(database, signer, role_passwords(settings.secret_key), old=old)
            elif signer.pads() not in trusted:
                raise Failure(
                    _(
                        "数据目录 {folder} 里的数据库属于另一把密钥。"
                        "请放回原来的 secret.key，或用 LINLI_DATA_DIR 另选一个目录。"
                    ).format(folder=settings.data_dir)
                )
    return addresses


def _trusted_pads(database: psycopg.Connection) -> list[tuple[int, bytes, bytes]]:
    # The pads are what bootstrap writes last: where they are, it was finished.
    if database.execute("SELECT to_regclass('sec.scope_pad')").fetchone() == (None,):
        return []
    return database.execute("SELECT kid, ip, op FROM sec.scope_pad").fetchall()


def bootstrap_database(settings: Settings, on_step: Step = say, *, new_key: bool = False) -> Bootstrapped:
    """Roles, keys and revokes, by a superuser; on the operator's server with the passwords it was given.

    Args:
        settings: whose key the database shall trust.
        on_step: is told what takes time.
        new_key: exchange the key of a database that holds no street yet.

    Raises:
        Failure: an address is missing.
        BootstrapRefused: the database trusts another key.
    """
    signer, old = signer_of(settings), old_signer_of(settings)
    if brings_own_server(settings):
        addresses = find_addresses(settings, on_step)
        passwords = role_passwords(settings.secret_key)
        superuser = addresses.superuser or ""
    else:
        superuser = settings.database_superuser_url or ""
        if not superuser:
            raise Failure(_("没有设置 LINLI_DATABASE_SUPERUSER_URL。请给出数据库管理员的连接地址。"))
        passwords = _given_passwords(settings)
    with psycopg.connect(superuser, autocommit=True) as connection:
        check_server_version(connection.info.server_version)
        return bootstrap(connection, signer, passwords, new_key=new_key, old=old)


def _given_passwords(settings: Settings) -> dict[str, str]:
    passwords = {}
    for url in (settings.database_url, settings.database_owner_url):
        parts = make_url(url) if url else None
        if parts is not None and parts.username and parts.password:
            passwords[parts.username] = str(parts.password)
    return passwords


def owner_url(settings: Settings, on_step: Step = say) -> str:
    """The migrate role's address.

    Raises:
        Failure: the operator gave none.
    """
    if brings_own_server(settings):
        return find_addresses(settings, on_step).owner or ""
    if settings.database_owner_url is None:
        raise Failure(_no_owner())
    return settings.database_owner_url


def _no_owner() -> str:
    return _("没有设置 LINLI_DATABASE_OWNER_URL。请给出迁移角色 linli_migrate 的连接地址。")


@contextmanager
def owner_engine(settings: Settings, on_step: Step = say) -> Iterator[Engine]:
    """An engine of the migrate role on a server that Linli trusts."""
    url = make_url(owner_url(settings, on_step)).set(drivername="postgresql+psycopg")
    engine = create_engine(url, pool_size=1, connect_args={"application_name": "linli"})
    try:
        with engine.connect() as connection:
            check_server_version(int(connection.execute(text("SHOW server_version_num")).scalar_one()))
        yield engine
    finally:
        engine.dispose()


@contextmanager
def opened_house(on_step: Step = say, *, needs_owner: bool = False) -> Iterator[House]:
    """A house on the configured database, closed afterwards; the embedded server goes on running.

    Args:
        on_step: is told what takes time.
        needs_owner: the work touches open tables, so the migrate role's address is needed too.

    Raises:
        Failure: an address is missing.
    """
    settings = load_settings()
    addresses = find_addresses(settings, on_step)
    if needs_owner and addresses.owner is None:
        raise Failure(_no_owner())
    # What the core declares holds for every command; the plugins join where a command asks for them.
    activate_core()
    house = open_house(settings, addresses)
    try:
        yield house
    finally:
        house.close()


@contextmanager
def house_if_there(settings: Settings) -> Iterator[House | None]:
    """A house on the database where one answers now; ``None`` where there is none. No server is started for it."""
    if brings_own_server(settings) and not embedded_server(settings).is_running():
        yield None
        return
    with opened_house(lambda _step: None) as house:
        try:
            with house.database.open_transaction() as connection:
                connection.execute(text("SELECT FROM core.installed_plugin"))
        except DBAPIError:
            is_there = False
        else:
            is_there = True
        yield house if is_there else None


def all_lineages(settings: Settings) -> list[Lineage]:
    """The core's revisions, then those of every installed plugin that is not switched off.

    Raises:
        PluginsRefused: a plugin is broken and this installation does not put broken plugins aside.
    """
    return installed_lineages(settings.plugins_off, strict=settings.plugin_failure == "refuse")


@dataclass(frozen=True, slots=True)
class Upgraded:
    """What an upgrade did.

    Attributes:
        ran: lineage to the revisions that were run.
        faults: plugin to why it stays as it was and off.
    """

    ran: dict[str, list[str]]
    faults: dict[str, str]


def upgrade_all(settings: Settings, on_step: Step = say) -> Upgraded:
    """Bring core and plugins to their newest revisions, and the official calendar into the database.

    Where broken plugins are put aside, one whose revision fails is rolled back and stays off, with those that require
    it; core and neighbours are upgraded all the same.
    """
    lineages = all_lineages(settings)
    plugins = Plugins.load(off=settings.plugins_off, on_failure="quarantine")
    ran: dict[str, list[str]] = {}
    faults: dict[str, str] = {}
    with owner_engine(settings, on_step) as engine:
        for lineage in lineages:
            if lineage.name in plugins.with_dependents(faults):
                continue
            try:
                ran[lineage.name] = upgrade(engine, lineage)
            except (Exception, SystemExit) as error:
                if lineage.name == "core" or settings.plugin_failure == "refuse":
                    raise
                faults[lineage.name] = f"its revision failed and was rolled back: {_without_values(error)}"
        with engine.begin() as connection:
            load_calendar(connection, read_calendar(OFFICIAL_CALENDAR), replace=False)
            standing = plugins.without(faults)
            if settings.plugin_failure == "quarantine":
                standing = standing.without(unfit(connection, standing))
            keep_faults(connection, standing)
    return Upgraded(ran, {each.plugin: each.message for each in standing.faults})


def _without_values(error: BaseException) -> str:
    # The server's details may quote somebody's row.
    driver = getattr(error, "orig", error)
    told = driver.diag.message_primary if isinstance(driver, psycopg.Error) else str(error)
    return f"{type(driver).__name__}: {told}"


def loaded_plugins(settings: Settings) -> Plugins:
    """The plugins that run in this installation, their settings known to this process.

    Raises:
        PluginsRefused: a plugin is broken and this installation does not put broken plugins aside.
    """
    return Plugins.load(off=settings.plugins_off, on_failure=settings.plugin_failure).activate()
