"""`linli plugin new`, `add` and `messages`: from nothing to a plugin, and on from there."""

from __future__ import annotations

from pathlib import Path

import click

from linli.cli.failures import Failure
from linli.cli.plugin.editing import CannotEdit
from linli.cli.plugin.scaffold import (
    LICENSES,
    PARTS,
    PORTALS,
    Names,
    check_names,
    create,
    domain_of,
    open_project,
    plugin_in,
)
from linli.kit.messages import LOCALES
from linli.kit.text import gettext as _
from linli.plugins.manifest import CATEGORIES

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.argument("name")
@click.option("--title-zh", help="中文标题")
@click.option("--title-en", help="英文标题")
@click.option("--portals", help="页面：console,admin,resident 中的一个或几个，或 none")
@click.option("--noun", default="item", show_default=True, help="第一张表的英文名，单数")
@click.option("--noun-zh", default="条目", show_default=True, help="一条记录的中文叫法")
@click.option("--noun-en", default="item", show_default=True, help="一条记录的英文叫法")
@click.option("--category", type=click.Choice(list(CATEGORIES)), default="services", show_default=True, help="类别")
@click.option(
    "--license", "license_", type=click.Choice(LICENSES), default=LICENSES[0], show_default=True, help="许可证"
)
@click.option("--folder", type=_FOLDER, default=".", help="建在哪个文件夹里")
@click.option("--yes", is_flag=True, help="不提问，用默认值")
def new(
    *,
    name: str,
    title_zh: str | None,
    title_en: str | None,
    portals: str | None,
    noun: str,
    noun_zh: str,
    noun_en: str,
    category: str,
    license_: str,
    folder: Path,
    yes: bool,
) -> None:
    """新建一个插件：可以直接测试、安装和使用。"""
    guess = name.replace("_", " ").strip().capitalize()
    check_names(Names(name, "标题", "Title", noun, noun_zh, noun_en, category, license_))
    if not yes:
        title_zh = title_zh or click.prompt(_("中文标题"))
        title_en = title_en or click.prompt(_("英文标题"), default=guess)
        portals = portals or click.prompt(_("页面（console、admin、resident，用逗号隔开）"), default=",".join(PORTALS))
    if not title_zh:
        raise Failure(_("缺少 --title-zh：请给出中文标题。"))
    names = Names(name, title_zh, title_en or guess, noun, noun_zh, noun_en, category, license_)
    check_names(names)
    target = create(folder, names, _portals(portals), PARTS)
    click.echo(_("已建立 {path}。接下来：").format(path=target))
    for line in (f"cd {target}", "make test", "pip install -e .", "linli plugin check .", "linli db upgrade"):
        click.echo(f"    {line}")


def _portals(words: str | None) -> list[str]:
    wanted = [each.strip() for each in (words or ",".join(PORTALS)).split(",") if each.strip()]
    if wanted == ["none"]:
        return []
    if unknown := [each for each in wanted if each not in PORTALS]:
        message = _("没有页面 {names}。可以用：{known}，或 none。")
        raise Failure(message.format(names="、".join(unknown), known="、".join(PORTALS)))
    return [each for each in PORTALS if each in wanted]


@click.command()
@click.argument("part", type=click.Choice(["portal", *PARTS]))
@click.argument("which", required=False, type=click.Choice(PORTALS))
@click.option("--folder", type=_FOLDER, default=".", help="插件的文件夹")
def add(*, part: str, which: str | None, folder: Path) -> None:
    """给插件加一部分和它的测试；已经有的不动。"""
    if (part == "portal") != (which is not None):
        wanted = "linli plugin add portal admin" if part == "portal" else f"linli plugin add {part}"
        raise Failure(_("写法不对，请用：{command}").format(command=wanted))
    project = open_project(folder)
    name = f"portal_{which}" if which else part
    try:
        added = project.add_part(name)
    except CannotEdit as error:
        message = _("没有改动任何文件：源代码和新建时不同。请先手工加上 {line}，再运行一次。")
        raise Failure(message.format(line=error)) from error
    if not added:
        click.echo(_("{part} 已经有了，没有改动。").format(part=name))
        return
    for written in project.write():
        click.echo(f"  {written}")
    missing = project.translate()
    click.echo(_("已加上 {part}。{n} 条文字还没有译文。").format(part=name, n=missing))


@click.command()
@click.argument("folder", type=_FOLDER, default=".")
def messages(*, folder: Path) -> None:
    """收集插件的文字，写进译文目录；已有的译文保留。"""
    domain = domain_of(folder, plugin_in(folder))
    for locale in LOCALES:
        catalogue = domain.collect(locale)
        domain.write(locale, catalogue)
        missing = [str(each.id) for each in catalogue if each.id and not each.string]
        click.echo(
            _("{locale}：{n} 条文字，{missing} 条没有译文").format(
                locale=locale, n=len(catalogue), missing=len(missing)
            )
        )
        for each in missing:
            click.echo(f"  {each}")
