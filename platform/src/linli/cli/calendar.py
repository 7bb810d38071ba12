"""`linli calendar`: official holidays and make-up workdays."""

from __future__ import annotations

from pathlib import Path

import click

from linli.cli.opening import opened_house
from linli.kit.text import gettext as _
from linli.tenancy.calendar import OFFICIAL_CALENDAR, load_calendar, read_calendar


@click.group()
def calendar() -> None:
    """节假日和调休。"""


@calendar.command()
@click.argument("file", type=click.Path(path_type=Path), default=OFFICIAL_CALENDAR)
def load(*, file: Path) -> None:
    """写入日历；不给文件就用随程序的（2025 和 2026 年）。"""
    days = read_calendar(file)
    with opened_house(needs_owner=True) as house, house.owner.open_transaction() as connection:
        load_calendar(connection, days)
    click.echo(_("已写入 {count} 天。").format(count=len(days)))
