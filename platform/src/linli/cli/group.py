"""The root of `linli`: imports a command when it is called, and turns every failure into one sentence."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import click

from linli.cli.failures import Failure, explained, wants_traceback
from linli.cli.usage import told
from linli.logs import log_beside_output


class LazyGroup(click.Group):
    """The root of `linli`.

    Args:
        commands_at: command name to ``module:attribute``.
        further: the plugins' groups by name; asked only for what is not among them, since it imports every plugin.
    """

    def __init__(
        self,
        name: str,
        *,
        commands_at: Mapping[str, str],
        further: Callable[[], Mapping[str, click.Command]] = dict,
        **options: Any,
    ) -> None:
        super().__init__(name, **options)
        self._commands_at = commands_at
        self._further = further

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 click names it
        return [*sorted(self._commands_at), *sorted(self._further())]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        place = self._commands_at.get(cmd_name)
        if place is None:
            return self._further().get(cmd_name)
        module, _, attribute = place.partition(":")
        return getattr(import_module(module), attribute)

    def make_context(self, *words: Any, **options: Any) -> click.Context:
        try:
            return super().make_context(*words, **options)
        except click.UsageError as error:
            raise told(error) from error

    def invoke(self, ctx: click.Context) -> Any:
        log_beside_output()
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            raise told(error) from error
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            if wants_traceback():
                traceback.print_exc()
            raise Failure(explained(error)) from error
