"""`linli <plugin> <command>`: what plugins offer operators, each in the plugin's own group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import click
from sqlalchemy import or_, select

from linli.cli.opening import opened_house
from linli.config import load_settings
from linli.db.session import ScopedSession
from linli.kit.scope import Scope
from linli.kit.text import gettext as _
from linli.plugins.discovery import discover
from linli.plugins.extending import Streets
from linli.plugins.gate import is_enabled
from linli.plugins.registry import Plugins
from linli.tenancy.models import Tenant


def plugin_groups() -> Mapping[str, click.Command]:
    """A group for each plugin that has commands, by its name; a broken plugin has none and stops no other command."""
    plugins = Plugins.from_discovery(discover(load_settings().plugins_off))
    groups: dict[str, click.Command] = {}
    for plugin in plugins.plugins:
        commands = {each.item.name: each.item.command for each in plugins.commands if each.owner == plugin.name}
        if commands:
            groups[plugin.name] = _group(plugins, plugin.name, _(plugin.manifest.title), commands)
    return groups


def _group(plugins: Plugins, name: str, title: str, commands: Mapping[str, click.Command]) -> click.Group:
    @click.pass_context
    def begin(context: click.Context) -> None:
        plugins.activate()
        context.obj = Streets(lambda street: _opened(name, title, street))

    return click.Group(name, commands=dict(commands), callback=begin, help=title)


@contextmanager
def _opened(plugin: str, title: str, street: str) -> Iterator[ScopedSession]:
    with opened_house() as house:
        with house.database.open_transaction() as connection:
            wanted = select(Tenant.id).where(
                or_(Tenant.code == street, Tenant.slug == street), Tenant.status == "active"
            )
            tenant_id = connection.execute(wanted).scalar_one_or_none()
        if tenant_id is None:
            raise click.UsageError(_("没有代码或简称为“{street}”的街道").format(street=street))
        with house.database.unit_of_work(Scope.of_street(tenant_id)) as session:
            if not is_enabled(session, plugin):
                raise click.UsageError(_("街道没有允许使用“{plugin}”").format(plugin=title))
            yield session
