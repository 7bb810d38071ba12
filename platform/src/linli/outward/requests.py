"""One POST to a checked address: no redirects, no proxies, a limit to each wait, to the whole and to the answer."""

from __future__ import annotations

import io
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from typing import Any, cast

from linli.outward.addresses import Address, Outward

#: Seconds to reach the other side, and for all of it.
CONNECT, TOTAL = 3.0, 5.0
#: Bytes of an answer that are read, its head included; the rest is left where it is.
MOST = 64 * 1024


class Unanswered(Exception):
    """Nothing that could be read came back; ``reason`` is a word of ``REASONS``."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


#: Why nothing came back, in Chinese; messages.
REASONS: dict[str, str] = {
    "no connection": "连接不上",
    "too slow": "太慢，没有等到回答",
    "certificate": "对方的证书不对",
    "unreadable": "对方的回答读不懂",
    "too much": "对方的回答太长",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes:
        status: of HTTP.
        body: its beginning.
        ms: how long it took, from looking up the name on.
        is_inside: it came from an address of the operator's own network.
    """

    status: int
    body: bytes
    ms: int
    is_inside: bool


def post(
    outward: Outward,
    address: Address,
    body: bytes,
    headers: Mapping[str, str],
    *,
    tls: ssl.SSLContext | None = None,
    total: float = TOTAL,
    connect: float = CONNECT,
) -> Answer:
    """Send one request to the address that was checked, however often its name changes meanwhile.

    Args:
        outward: what may be called.
        address: where to.
        body: as it is signed.
        headers: beside Host and the length.
        tls: how certificates are judged; the system's trust where left out.
        total: seconds for all of it.
        connect: seconds to reach the other side.

    Raises:
        Refused: the address is none that we call.
        Unanswered: nothing readable came back in time.
    """
    began = time.monotonic()
    deadline = began + total
    numbers, is_inside = outward.find(address)
    wire = _reached(numbers, address.port, min(deadline, time.monotonic() + connect))
    try:
        if address.scheme == "https":
            wire.settimeout(_left(deadline))
            # The name is what the certificate is held against; the address it lives at is the one that was checked.
            wire = (tls or ssl.create_default_context()).wrap_socket(wire, server_hostname=address.host)
        wire.settimeout(_left(deadline))
        wire.sendall(_head(address, headers, len(body)) + body)
        status, beginning = _read(wire, deadline)
    except ssl.SSLCertVerificationError as error:
        raise Unanswered("certificate") from error
    except TimeoutError as error:
        raise Unanswered("too slow") from error
    except (HTTPException, ValueError) as error:
        raise Unanswered("unreadable") from error
    except OSError as error:
        raise Unanswered("no connection") from error
    finally:
        wire.close()
    return Answer(status, beginning, round((time.monotonic() - began) * 1000), is_inside)


def _reached(numbers: list[str], port: int, deadline: float) -> socket.socket:
    late = False
    for number in numbers:
        try:
            return socket.create_connection((number, port), timeout=_left(deadline))
        except TimeoutError:
            late = True
        except OSError:
            continue
    raise Unanswered("too slow" if late else "no connection")


def _head(address: Address, headers: Mapping[str, str], length: int) -> bytes:
    lines = {"Host": address.host_header, "Connection": "close", "Content-Length": str(length), **headers}
    told = [f"POST {address.target} HTTP/1.1", *(f"{name}: {value}" for name, value in lines.items())]
    if any("\r" in each or "\n" in each for each in told):
        raise ValueError("a header of more than one line")
    return ("\r\n".join(told) + "\r\n\r\n").encode("ascii")


def _read(wire: socket.socket, deadline: float) -> tuple[int, bytes]:
    reader = _Within(wire, deadline)
    response = HTTPResponse(cast("Any", reader), method="POST")
    with response:
        response.begin()
        try:
            return response.status, response.read(MOST)
        except _TooMuch:
            # A status was told: how much else the other side has to say is not waited for.
            return response.status, b""


class _TooMuch(OSError):
    pass


class _Within(io.RawIOBase):
    """Reads what comes in until the deadline, and no more than is allowed; a drip does not prolong it."""

    def __init__(self, wire: socket.socket, deadline: float) -> None:
        self._wire = wire
        self._deadline = deadline
        self._room = MOST + 8 * 1024

    def makefile(self, _mode: str) -> io.BufferedReader:
        """As a socket gives it."""
        return io.BufferedReader(self, 8192)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._room <= 0:
            raise _TooMuch("the answer is too long")
        self._wire.settimeout(_left(self._deadline))
        got = self._wire.recv_into(memoryview(buffer)[: self._room])
        self._room -= got
        return got


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
