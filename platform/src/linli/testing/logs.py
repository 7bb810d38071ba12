"""The log of tests: on standard output, which pytest shows where a test fails."""

from __future__ import annotations

import structlog


def plain_logs() -> None:
    """Write events as production does on a terminal. The library's own way draws every local variable of a trace.

    Of a deep trace it draws for three seconds.
    """
    structlog.reset_defaults()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ]
    )
