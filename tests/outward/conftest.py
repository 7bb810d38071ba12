"""A real server on this machine that answers as a test says, and a certificate for a name of its own."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAME = "app.example.test"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

Script = Callable[[socket.socket], None]


@dataclass
class Receiver:
    """What came in, whole requests; ``script`` answers each."""

    port: int
    script: Script
    requests: list[bytes] = field(default_factory=list)


def answering(answer: bytes) -> Script:
    """Send these bytes."""
    return lambda wire: wire.sendall(answer)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For ``NAME`` alone; its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    today = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "app.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


@pytest.fixture
def trust(certificate: Path) -> ssl.SSLContext:
    """Trusts the test's own authority, and nothing else."""
    return ssl.create_default_context(cafile=str(certificate))


@pytest.fixture
def receive(certificate: Path) -> Iterator[Callable[..., Receiver]]:
    """``receive(script, tls=True)``: a server on loopback until the test ends."""
    listening: list[socket.socket] = []

    def start(script: Script | None = None, *, tls: bool = True) -> Receiver:
        listener = socket.create_server(("127.0.0.1", 0))
        listening.append(listener)
        receiver = Receiver(listener.getsockname()[1], script or answering(OK))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if tls else None
        if context is not None:
            context.load_cert_chain(certificate)
        threading.Thread(target=_serve, args=(listener, receiver, context), daemon=True).start()
        return receiver

    yield start
    for each in listening:
        each.close()


def _serve(listener: socket.socket, receiver: Receiver, context: ssl.SSLContext | None) -> None:
    while True:
        try:
            wire, _address = listener.accept()
        except OSError:
            return
        try:
            wire.settimeout(10)
            if context is not None:
                wire = context.wrap_socket(wire, server_side=True)
            receiver.requests.append(_read(wire))
            receiver.script(wire)
        except OSError:
            # Who hangs up is what some tests are about.
            pass
        finally:
            wire.close()


def _read(wire: socket.socket) -> bytes:
    got = b""
    while b"\r\n\r\n" not in got:
        got += wire.recv(65536)
    head, _blank, body = got.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    while len(body) < length:
        body += wire.recv(65536)
    return head + b"\r\n\r\n" + body
