"""`linli plugin export|remove|restore`: what a plugin stored, as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from linli.cli.failures import Failure
from linli.cli.opening import loaded_plugins, opened_house
from linli.config import load_settings
from linli.kit.clock import today
from linli.kit.text import gettext as _
from linli.upkeep.plugin_data import ArchiveBroken, Archived, export_plugin, remove_plugin, restore_plugin

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("export")
@click.argument("name")
@click.option("--to", "target", type=_FILE, help="写到哪个文件；默认是当前目录里的“名称-日期.zip”")
def export_command(*, name: str, target: Path | None) -> None:
    """把插件存下的全部数据和附件写进一个文件，不改动数据库。"""
    target = target or _default_target(name)
    with opened_house(needs_owner=True) as house, _free(target):
        done = export_plugin(house, name, target)
    _tell(_("{name}：{rows} 行、{files} 个附件已写入 {target}。"), done, target)


@click.command("remove")
@click.argument("name")
@click.option("--to", "target", type=_FILE, help="备份写到哪个文件；默认是当前目录里的“名称-日期.zip”")
@click.option("--yes", is_flag=True, help="不再询问")
def remove_command(*, name: str, target: Path | None, yes: bool) -> None:
    """先把插件的全部数据备份成一个文件，再从数据库里移除。停用插件不需要移除，数据会一直保留。"""
    target = target or _default_target(name)
    plugins = loaded_plugins(load_settings())
    if not yes:
        warning = _("插件“{name}”的数据会从所有街道移除，备份在 {target}。请输入插件名称确认")
        if click.prompt(warning.format(name=name, target=target), err=True).strip() != name:
            raise Failure(_("名称不一致，没有移除。"))
    with opened_house(needs_owner=True) as house, _free(target):
        done = remove_plugin(house, plugins, name, target)
    _tell(_("{name}：{rows} 行、{files} 个附件已备份到 {target} 并从数据库移除。"), done, target)
    if name in plugins:
        package = plugins[name].distribution
        click.echo(_("接下来请卸载安装包（pip uninstall {package}）并重新启动。").format(package=package))


@click.command("restore")
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore_command(*, source: Path) -> None:
    """把备份里的数据和附件放回数据库。先安装同一版本的插件并运行 linli db upgrade。"""
    plugins = loaded_plugins(load_settings())
    with opened_house(needs_owner=True) as house:
        try:
            done = restore_plugin(house, plugins, source)
        except ArchiveBroken as error:
            raise Failure(f"{source}: {error}") from error
    _tell(_("{name}：已从 {target} 恢复 {rows} 行、{files} 个附件。"), done, source)


@contextmanager
def _free(target: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError as error:
        raise Failure(_("{target} 已经存在，请另选一个文件名（--to）。").format(target=target)) from error


def _default_target(name: str) -> Path:
    return Path(f"{name}-{today():%Y%m%d}.zip")


def _tell(line: str, done: Archived, target: Path) -> None:
    click.echo(line.format(name=done.plugin, rows=done.total, files=done.files, target=target))
    if done.lost:
        lost = _("{n} 个附件的内容在存储里找不到，只备份了登记：{ids}")
        click.echo(lost.format(n=len(done.lost), ids=", ".join(done.lost[:10])), err=True)


commands = [export_command, remove_command, restore_command]
