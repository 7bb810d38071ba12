"""No test talks to another machine: what it needs it brings along, and what it would send it keeps."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest


class NetworkBlocked(RuntimeError):
    """A test wanted to talk to another machine."""

    def __init__(self, address: object) -> None:
        super().__init__(f"a test may not talk to {address}: replace what does, or mark it with @pytest.mark.network")


@contextmanager
def loopback_only() -> Iterator[None]:
    """While it lasts, Python's sockets reach this machine alone.

    Raises:
        NetworkBlocked: from whatever wants to connect elsewhere, or to look a name up.
    """
    connect, connect_ex, lookup = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def checked(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_here(address[0]):
            raise NetworkBlocked(address)

    def checked_connect(self: socket.socket, address: Any) -> None:
        checked(self, address)
        connect(self, address)

    def checked_connect_ex(self: socket.socket, address: Any) -> int:
        checked(self, address)
        return connect_ex(self, address)

    def checked_lookup(host: Any, *rest: Any, **options: Any) -> Any:
        if host is not None and _name(host).endswith(".invalid"):
            # Reserved never to exist (RFC 2606): what every resolver would answer, without asking one.
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        if host is not None and not _is_here(host):
            raise NetworkBlocked(host)
        return lookup(host, *rest, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", checked_connect)
        patch.setattr(socket.socket, "connect_ex", checked_connect_ex)
        patch.setattr(socket, "getaddrinfo", checked_lookup)
        yield


def _name(host: Any) -> str:
    return host.decode() if isinstance(host, bytes) else str(host)


def _is_here(host: Any) -> bool:
    name = _name(host)
    if name in ("", "localhost") or name.endswith(".localhost") or name == socket.gethostname():
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
