"""`linli serve`: the web processes of an installation."""

from __future__ import annotations

import click
from sqlalchemy import create_engine, make_url

from linli.cli.failures import Failure
from linli.cli.opening import (
    all_lineages,
    brings_own_server,
    embedded_server,
    find_addresses,
    loaded_plugins,
    say,
)
from linli.cli.serving import PATIENCE, check_port, ended_by_signals, serve_until_ended, use_port
from linli.config import Settings, load_settings
from linli.db.lineages import CORE
from linli.db.migrate import status
from linli.kit.text import gettext as _
from linli.kit.text import listed
from linli.plugins.standing import unfit


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="端口，默认取 LINLI_PORT 或 8000")
@click.option("--host", help="地址，默认取 LINLI_HOST 或 127.0.0.1")
def serve(*, port: int | None, host: str | None) -> None:
    """提供网站服务，直到 Ctrl-C 或 SIGTERM。"""
    use_port(port, host)
    settings = load_settings()
    check_port(settings.host, settings.port, patience=PATIENCE)
    with ended_by_signals():
        server = embedded_server(settings) if brings_own_server(settings) else None
        try:
            if server is not None:
                server.start(until_exit=True)
            check_serviceable(settings)
            serve_until_ended(settings, respawn=True, when_ready=lambda: _tell(settings))
        except KeyboardInterrupt:
            pass
        finally:
            if server is not None and server.started_here:
                server.stop()
    say(_("已停止。"))


def check_serviceable(settings: Settings) -> None:
    """Refuse to start web processes that could only refuse to be ready.

    Raises:
        Failure: the database is behind the programs.
        PluginsRefused: a plugin is broken and this installation does not put broken plugins aside.
    """
    plugins = loaded_plugins(settings)
    url = make_url(find_addresses(settings).app).set(drivername="postgresql+psycopg")
    engine = create_engine(url, pool_size=1)
    try:
        with engine.connect() as connection:
            lineages = all_lineages(settings)
            if settings.plugin_failure == "quarantine":
                # Each web process puts its own aside; here the operator is told.
                plugins = plugins.without(unfit(connection, plugins))
                lineages = [CORE]
            behind = [each.name for each in status(connection, lineages) if not each.is_current]
    finally:
        engine.dispose()
    if behind:
        names = listed(behind)
        raise Failure(_("数据库还没有升级（{names}）。请先运行 linli db upgrade。").format(names=names))
    for fault in plugins.faults:
        say(_("警告：插件 {name} 已隔离，其余照常：{fault}").format(name=fault.plugin, fault=fault.message))


def _tell(settings: Settings) -> None:
    say(_("已就绪：{url}").format(url=settings.base_url))
