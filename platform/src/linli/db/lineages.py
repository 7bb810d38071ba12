"""The core's own line of revisions; plugins bring theirs."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from linli.db.migrate import Lineage

CORE = Lineage("core", Path(__file__).parent / "migrations" / "versions", version("linli"))
