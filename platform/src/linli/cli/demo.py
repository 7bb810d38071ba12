"""`linli demo`: everything from nothing, in one command."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

import linli
from linli.cli.failures import Failure
from linli.cli.opening import (
    Step,
    brings_own_server,
    embedded_server,
    find_addresses,
    loaded_plugins,
    say,
    upgrade_all,
)
from linli.cli.serving import PATIENCE, check_port, ended_by_signals, serve_until_ended, use_port
from linli.config import Settings, load_settings
from linli.db.embedded import EmbeddedServer
from linli.house import open_house
from linli.kit.text import gettext as _
from linli.kit.text import listed
from linli.manifests.demo import DemoAccount, load_demo
from linli.manifests.reading import read_manifest

_PACKAGE = Path(linli.__file__).parent
#: Of the demo street: laid into the wheel when it is built, or that of the checkout.
_MANIFESTS = (_PACKAGE / "manifests" / "demo.toml", _PACKAGE.parents[2] / "tenants" / "jinsong.toml")
#: What `--reset` deletes; the key stays.
_MADE_BY_DEMO = ("postgres", "files")


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="端口，默认取 LINLI_PORT 或 8000")
@click.option("--reset", is_flag=True, help="删除演示数据，重新开始")
def demo(*, port: int | None, reset: bool) -> None:
    """启动演示：自带数据库，生成一个街道，打印登录名和密码。"""
    began = time.monotonic()
    use_port(port, None)
    os.environ["LINLI_ENV"] = "demo"
    settings = load_settings()
    if not brings_own_server(settings):
        raise Failure(_("设置了 LINLI_DATABASE_URL。演示只用自带的数据库，请先取消这个设置。"))
    with _alone(settings.data_dir), ended_by_signals():
        check_port(settings.host, settings.port, patience=PATIENCE)
        server = embedded_server(settings, on_step=_timed(began))
        try:
            if reset:
                _reset(settings, server)
            accounts = _prepare(settings, server, _timed(began))
            serve_until_ended(settings, respawn=False, when_ready=lambda: _show(settings, accounts))
        except KeyboardInterrupt:
            pass
        finally:
            if server.started_here:
                server.stop()
    say(_("演示已停止，数据保留在 {folder}。").format(folder=settings.data_dir))


def _timed(began: float) -> Step:
    def say_when(step: str) -> None:
        say(f"[{time.monotonic() - began:4.1f}s] {step}")

    return say_when


@contextmanager
def _alone(data_dir: Path) -> Iterator[None]:
    # A second demo on the same data would lose its database when the first one stops.
    data_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
    with (data_dir / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = _("另一个演示正在使用 {folder}。请先停止它，或用 LINLI_DATA_DIR 另选一个目录。")
            raise Failure(message.format(folder=data_dir)) from error
        yield


def _reset(settings: Settings, server: EmbeddedServer) -> None:
    server.stop()
    for name in _MADE_BY_DEMO:
        shutil.rmtree(settings.data_dir / name, ignore_errors=True)


def _prepare(settings: Settings, server: EmbeddedServer, on_step: Step) -> Sequence[DemoAccount]:
    server.start(until_exit=True)
    addresses = find_addresses(settings, on_step)
    if names := [name for name, ran in upgrade_all(settings, on_step).ran.items() if ran]:
        on_step(_("已建立数据表：{names}").format(names=listed(names)))
    plugins = loaded_plugins(settings)
    manifest = next(path for path in _MANIFESTS if path.is_file())
    house = open_house(settings, addresses)
    try:
        accounts = load_demo(house, plugins, read_manifest(manifest), on_step)
    finally:
        house.close()
    on_step(_("正在启动网站"))
    return accounts


def _show(settings: Settings, accounts: Sequence[DemoAccount]) -> None:
    table = Table(title=_("Linli 邻里演示"), title_justify="left")
    for heading in (_("门户"), _("登录名"), _("密码"), _("地址")):
        table.add_column(heading, no_wrap=True)
    for each in accounts:
        table.add_row(each.title, each.user_name, each.password, settings.base_url + each.portal)
    # Wider than any row: a name or password that is cut off is of no use.
    console = Console(width=200)
    console.print(table)
    console.print(_("首页 {url}    按 Ctrl-C 停止").format(url=settings.base_url), highlight=False)
