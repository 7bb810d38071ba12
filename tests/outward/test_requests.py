"""What is sent out: to the checked address alone, for so long, and no more of the answer than is wanted."""

from __future__ import annotations

import socket
import time
from ipaddress import ip_network

import pytest
from tests.outward.conftest import NAME, OK, Receiver, answering

from linli.outward import Outward, Refused, Unanswered, post, read_address

LOOPBACK = (ip_network("127.0.0.0/8"),)


def allowing(receiver: Receiver, *numbers: str) -> Outward:
    return Outward(LOOPBACK, frozenset({receiver.port}), resolve=lambda _host, _port: numbers or ("127.0.0.1",))


def send(receiver: Receiver, trust, outward: Outward | None = None, host: str = NAME, **options):
    address = read_address(f"https://{host}:{receiver.port}/hook?x=1")
    return post(outward or allowing(receiver), address, b'{"a":1}', {"X-One": "1"}, tls=trust, **options)


def test_a_request_arrives_with_its_name_and_nothing_of_the_environment(receive, trust, monkeypatch) -> None:
    for name in ("http_proxy", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    receiver = receive()
    answer = send(receiver, trust)
    assert (answer.status, answer.body, answer.is_inside) == (200, b"ok", True)
    [request] = receiver.requests
    assert request.startswith(b"POST /hook?x=1 HTTP/1.1\r\n")
    assert f"Host: {NAME}:{receiver.port}\r\n".encode() in request
    assert b"X-One: 1\r\n" in request
    assert request.endswith(b'{"a":1}')


def test_a_name_that_changes_meanwhile_is_asked_once(receive, trust) -> None:
    """Rebinding: the address that was judged is the one that is called."""
    receiver = receive()
    asked: list[str] = []

    def rebind(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    answer = send(receiver, trust, Outward(LOOPBACK, frozenset({receiver.port}), resolve=rebind))
    assert answer.status == 200
    assert asked == [NAME]


def test_a_redirect_is_an_answer_and_is_not_followed(receive, trust) -> None:
    inside = receive(tls=False)
    away = f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{inside.port}/\r\nContent-Length: 0\r\n\r\n".encode()
    assert send(receive(answering(away)), trust).status == 302
    assert inside.requests == []


def test_the_certificate_is_held_against_the_name(receive, trust) -> None:
    receiver = receive()
    with pytest.raises(Unanswered, match="certificate"):
        send(receiver, trust, host="other.example.test")
    assert receiver.requests == [], "nothing was sent"


def test_a_certificate_that_nobody_vouches_for_is_refused(receive) -> None:
    with pytest.raises(Unanswered, match="certificate"):
        send(receive(), None)


def test_a_port_that_is_not_listed_is_not_called(receive, trust) -> None:
    receiver = receive()
    with pytest.raises(Refused, match="port"):
        send(receiver, trust, Outward(LOOPBACK, frozenset({443}), resolve=lambda _host, _port: ["127.0.0.1"]))
    assert receiver.requests == []


def drip(interval: float, what: bytes = b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 5000):
    def script(wire: socket.socket) -> None:
        for byte in what:
            wire.sendall(bytes([byte]))
            time.sleep(interval)

    return script


@pytest.mark.parametrize(
    "script",
    [
        drip(0.05),
        drip(0.05, b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + b"x" * 500),
        lambda _wire: time.sleep(5),
    ],
    ids=["drips its head", "drips its body", "says nothing"],
)
def test_whoever_is_slow_is_left_after_the_whole_time(receive, trust, script) -> None:
    began = time.monotonic()
    with pytest.raises(Unanswered, match="too slow"):
        send(receive(script), trust, total=0.6)
    assert 0.5 < time.monotonic() - began < 1.5


def test_a_handshake_that_never_ends_is_left_too(receive, trust) -> None:
    """A server that accepts and says nothing, where TLS is expected."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        began = time.monotonic()
        with pytest.raises(Unanswered, match="too slow"):
            send(Receiver(port, answering(OK)), trust, total=0.5)
        assert time.monotonic() - began < 1.5


def test_of_a_huge_answer_the_beginning_is_read(receive, trust) -> None:
    huge = b"HTTP/1.1 200 OK\r\nContent-Length: 10485760\r\n\r\n" + b"x" * 10_485_760
    answer = send(receive(answering(huge)), trust)
    assert answer.status == 200
    assert len(answer.body) <= 64 * 1024


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(10_000)) + b"\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"",
    ],
    ids=["a line without end", "lines without end", "another protocol", "nothing"],
)
def test_what_is_no_answer_is_none(receive, trust, head) -> None:
    with pytest.raises(Unanswered):
        send(receive(answering(head)), trust)


def test_nobody_there_is_no_connection(trust) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unanswered, match="no connection"):
        send(Receiver(port, answering(OK)), trust)


def test_a_header_of_two_lines_is_not_sent(receive, trust) -> None:
    receiver = receive()
    with pytest.raises(Unanswered):
        post(allowing(receiver), read_address(f"https://{NAME}:{receiver.port}/"), b"", {"X": "a\r\nY: b"}, tls=trust)
    assert receiver.requests == []
