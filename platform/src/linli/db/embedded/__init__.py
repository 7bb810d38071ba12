"""A PostgreSQL server of Linli's own for a first run, a demo or a test, on a machine without one."""

from linli.db.embedded.binaries import Binaries, find_binaries, wheel_binaries
from linli.db.embedded.errors import EmbeddedServerError, ServerVersionError
from linli.db.embedded.server import EmbeddedServer
from linli.db.embedded.versions import check_server_version

__all__ = [
    "Binaries",
    "EmbeddedServer",
    "EmbeddedServerError",
    "ServerVersionError",
    "check_server_version",
    "find_binaries",
    "wheel_binaries",
]
