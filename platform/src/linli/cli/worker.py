"""What a web process of `linli serve` runs: opens its own house and assembles the application."""

from __future__ import annotations

from litestar import Litestar

from linli.app import create_app
from linli.cli.opening import find_addresses
from linli.config import load_settings
from linli.house import open_house
from linli.logs import configure_logs


def make_app() -> Litestar:
    """The application of this process."""
    settings = load_settings()
    configure_logs(settings)
    return create_app(open_house(settings, find_addresses(settings, on_step=lambda _step: None)))
