"""How a process writes its log: one line for each event, for people on a terminal or as JSON for machines."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import structlog

from linli.config import Settings
from linli.kit.phones import mask_numbers

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
#: What opens a door: the tokens of sessions, invitations and the API, and signatures. No word of prose looks so.
_SECRET = re.compile(
    r"(?<![0-9A-Za-z_-])(?:linli_)?([0-9A-Za-z_-]{43})(?![0-9A-Za-z_-])|(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])"
)


def configure_logs(settings: Settings) -> None:
    """Send everything to standard error, ours and the libraries', from the chosen level on.

    Times are UTC. No event carries a request's query, body or cookies; phone and identity numbers and tokens that a
    message or a trace holds all the same are masked as the line is written.
    """
    _configure(_LEVELS[settings.log_level], as_json=settings.log_json, for_good=True)


def log_beside_output() -> None:
    """For a command whose standard output is its answer, perhaps JSON: warnings go to standard error, as above."""
    # Not for good: a command that serves configures its own way when it knows its settings.
    _configure(logging.WARNING, as_json=False, for_good=False)


def _configure(level: int, *, as_json: bool, for_good: bool) -> None:
    renderer = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
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
            structlog.processors.format_exc_info if as_json else _as_it_is,
            _careful(renderer),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=for_good,
    )
    others = max(level, logging.WARNING)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_CarefulFormatter("%(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=others, handlers=[handler], force=True)


def without_secrets(line: str) -> str:
    """A line of the log as it may be kept: numbers of people masked, tokens left out."""
    return mask_numbers(_SECRET.sub(_left_out, line))


def _left_out(found: re.Match[str]) -> str:
    # A name of code may be as long as a token, but has no capitals and digits all over it.
    token = found[1]
    is_name = token is not None and (token == token.lower() or not any(each.isdigit() for each in token))
    return found[0] if is_name else "[…]"


class _CarefulFormatter(logging.Formatter):
    """The libraries' lines, one each whatever a message holds."""

    def format(self, record: logging.LogRecord) -> str:
        # A message that came from outside must not look like a line of its own; a trace has several.
        record.msg, record.args = re.sub(r"[\r\n]+", " ⏎ ", record.getMessage()), None
        return without_secrets(super().format(record))


def _careful(renderer: Any) -> Any:
    def render(logger: Any, name: str, event: structlog.types.EventDict) -> str:
        return without_secrets(renderer(logger, name, event))

    return render


def _as_it_is(_logger: object, _name: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    return event
