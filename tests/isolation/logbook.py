"""All that a process writes to its log, at the finest level, caught while it is written."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import structlog

from linli.house import House
from linli.logs import configure_logs
from linli.testing.logs import plain_logs


class Log(io.StringIO):
    """All that the process writes to standard error, as JSON or for a terminal."""

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines() if line.startswith("{")]


@contextmanager
def logged(house: House, *, as_json: bool) -> Iterator[Log]:
    log, kept = Log(), sys.stderr
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    sys.stderr = log
    try:
        configure_logs(replace(house.settings, log_level="debug", log_json=as_json))
        structlog.configure(cache_logger_on_first_use=False)
        yield log
    finally:
        sys.stderr = kept
        plain_logs()
        root.handlers[:], root.level = handlers, level
