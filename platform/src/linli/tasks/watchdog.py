"""Ends a process whose job never comes back: the one thing that helps against an endless loop."""

from __future__ import annotations

import faulthandler

#: Seconds beyond the lease: a step that comes back in them finds out by itself whether the job is still its own.
GRACE = 5


class Watchdog:
    """A timer that does not need the interpreter's lock: even a loop inside a library is ended.

    The log then shows where every thread of the process stood.
    """

    def __init__(self, grace: float = GRACE) -> None:
        self._grace = grace

    def alive(self, lease: int) -> None:
        """The job has so many seconds from now on."""
        # Standard error by its number: what is written must not go through Python either.
        faulthandler.dump_traceback_later(lease + self._grace, exit=True, file=2)

    def over(self) -> None:
        """No job is under way."""
        faulthandler.cancel_dump_traceback_later()
