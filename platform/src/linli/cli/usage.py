"""What is wrong with the words of a command, told as every other failure is."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import IO, Any

import click

from linli.kit.text import gettext as _
from linli.kit.text import listed

_NO_SUCH_COMMAND = re.compile(r"No such command ['\"](.*)['\"]")

_NO_SUCH_PATH = re.compile(r"(File|Directory|Path) '(.*)' does not exist")
_OTHER_PATH = re.compile(r"(?:File|Directory|Path) '(.*)' is a (file|directory)")


class Misuse(click.UsageError):
    """Ends a command with exit code 2: what is wrong, how the command is written, and where to read more."""

    def show(self, file: IO[Any] | None = None) -> None:  # noqa: ARG002 click names it
        click.echo(_("错误：{message}").format(message=self.message), err=True)
        if self.ctx is not None:
            words = [self.ctx.command_path, *self.ctx.command.collect_usage_pieces(self.ctx)]
            click.echo(_("用法：{usage}").format(usage=" ".join(words)), err=True)
            click.echo(_("说明：{command}").format(command=f"{self.ctx.command_path} --help"), err=True)


def told(error: click.UsageError) -> click.UsageError:
    """Click's own complaint in the language of the terminal."""
    if isinstance(error, Misuse | click.exceptions.NoArgsIsHelpError):
        return error
    return Misuse(_message(error), error.ctx)


def _message(error: click.UsageError) -> str:
    if unknown := _NO_SUCH_COMMAND.match(error.message):
        return _unknown(_("没有命令“{name}”"), unknown[1], _commands(error.ctx))
    if error.message.startswith("Got unexpected extra argument"):
        return _("多余的参数 {words}。").format(words=error.message.partition("(")[2].rstrip(")."))
    match error:
        case click.NoSuchOption():
            return _unknown(_("没有选项 {name}"), error.option_name, _options(error.ctx))
        case click.MissingParameter():
            return _missing(error)
        case click.BadParameter():
            if allowed := _allowed(error.param):
                return _("{name} 的值不对（允许：{allowed}）。").format(name=_name(error), allowed=allowed)
            return _("{name} 的值不对（{detail}）。").format(name=_name(error), detail=_detail(error.message))
        case click.BadOptionUsage() if "requires an argument" in error.message:
            return _("选项 {name} 后面要写值。").format(name=error.option_name)
        case _other:
            return _("命令写得不对（{detail}）。").format(detail=error.message.rstrip("."))


def _detail(message: str) -> str:
    """What is wrong with a path, in the language of the terminal; anything else as it is told."""
    if missing := _NO_SUCH_PATH.match(message):
        sentence = _("没有文件 {path}") if missing[1] == "File" else _("没有文件夹 {path}")
        return sentence.format(path=missing[2])
    if mistaken := _OTHER_PATH.match(message):
        sentence = _("{path} 是文件夹，要的是文件") if mistaken[2] == "directory" else _("{path} 是文件，要的是文件夹")
        return sentence.format(path=mistaken[1])
    return message.rstrip(".")


def _unknown(sentence: str, name: str, known: list[str]) -> str:
    message = sentence.format(name=name)
    near = get_close_matches(name, known, n=1)
    return message + _("，您是否想写“{near}”？").format(near=near[0]) if near else message


def _missing(error: click.MissingParameter) -> str:
    if isinstance(error.param, click.Argument):
        return _("缺少参数 {name}").format(name=_name(error))
    if allowed := _allowed(error.param):
        return _("缺少选项 {name}（允许：{allowed}）").format(name=_name(error), allowed=allowed)
    return _("缺少选项 {name}").format(name=_name(error))


def _commands(ctx: click.Context | None) -> list[str]:
    return ctx.command.list_commands(ctx) if ctx is not None and isinstance(ctx.command, click.Group) else []


def _options(ctx: click.Context | None) -> list[str]:
    return [word for each in ctx.command.get_params(ctx) for word in each.opts if word[0] == "-"] if ctx else []


def _name(error: click.BadParameter) -> str:
    if error.param is None:
        return str(error.param_hint or "")
    if isinstance(error.param, click.Argument):
        return error.param.make_metavar(error.ctx or click.Context(click.Command(None)))
    return max(error.param.opts, key=len)


def _allowed(param: click.Parameter | None) -> str:
    match param.type if param is not None else None:
        case click.Choice(choices=choices):
            return listed([str(each) for each in choices])
        case click.IntRange(min=least, max=most):
            return f"{least}-{most}"
        case _other:
            return ""
