"""The `linli` command: opens a house, calls the same services as the portals, prints what happened."""

from __future__ import annotations

from collections.abc import Mapping

import click

from linli.cli.group import LazyGroup
from linli.cli.language import speak_as_the_terminal_does

_COMMANDS = {
    "audit": "linli.cli.audit:audit",
    "calendar": "linli.cli.calendar:calendar",
    "db": "linli.cli.db:db",
    "demo": "linli.cli.demo:demo",
    "doctor": "linli.cli.doctor:doctor",
    "events": "linli.cli.events:events",
    "files": "linli.cli.files:files",
    "keys": "linli.cli.keys:keys",
    "plugin": "linli.cli.plugin:plugin",
    "scheduler": "linli.cli.working:scheduler",
    "serve": "linli.cli.serve:serve",
    "streets": "linli.cli.streets:streets",
    "tenants": "linli.cli.tenants:tenants",
    "worker": "linli.cli.working:worker",
}


def _of_plugins() -> Mapping[str, click.Command]:
    from linli.cli.of_plugins import plugin_groups

    return plugin_groups()


cli = LazyGroup("linli", commands_at=_COMMANDS, further=_of_plugins, help="Linli 邻里：街道、社区、小区的自治平台。")


def main() -> None:
    """The entry point of the `linli` script."""
    speak_as_the_terminal_does()
    cli.main(prog_name="linli")
