"""What can go wrong with a server on this machine, each in one sentence with the way out."""

from __future__ import annotations

from linli.kit.text import gettext as _


class EmbeddedServerError(Exception):
    """The embedded server cannot be had. `message` says what is wrong, `way_out` what to do about it."""

    def __init__(self, message: str, way_out: str) -> None:
        self.message = message
        self.way_out = way_out
        super().__init__(_("{message}。{way_out}。").format(message=message, way_out=way_out))


class ServerVersionError(EmbeddedServerError):
    """The server, embedded or not, is older than Linli can trust with its walls."""
