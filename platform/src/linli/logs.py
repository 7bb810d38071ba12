"""How a process writes its log: one line for each event, for people on a terminal or as JSON for machines."""

from __future__ import annotations

import logging
import sys

import structlog

from linli.config import Settings

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def configure_logs(settings: Settings) -> None:
    """Send everything to standard error, ours and the libraries', from the chosen level on.

    Times are UTC. No event carries a request's query, body or cookies.
    """
    level = _LEVELS[settings.log_level]
    renderer = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings.log_json
        # The plain formatter: the rich one prints local variables, which may be somebody's phone number.
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info if settings.log_json else _as_it_is,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    others = max(level, logging.WARNING)
    logging.basicConfig(level=others, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")


def _as_it_is(_logger: object, _name: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    return event
