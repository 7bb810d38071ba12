"""What a web process of `linli serve` runs: opens its own house and assembles the application."""

from __future__ import annotations

from litestar.types import ASGIApp

from linli.app import create_app
from linli.cli.ending import end_with_parent, ending_in_time
from linli.cli.growth import telling_growth
from linli.cli.opening import find_addresses
from linli.config import load_settings
from linli.house import open_house
from linli.logs import configure_logs


def make_app() -> ASGIApp:
    """The application of this process."""
    end_with_parent()
    settings = load_settings()
    configure_logs(settings)
    app = create_app(open_house(settings, find_addresses(settings, on_step=lambda _step: None)))
    return ending_in_time(telling_growth(app, settings.worker_memory))
