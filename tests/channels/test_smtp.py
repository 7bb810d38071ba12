"""E-mail in a real conversation with a mail server that stands in for the operator's."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tests.channels.mail_server import mail_server

from linli.channels import Fault, Letter
from linli.channels.settings import SmtpServer
from linli.channels.smtp import SmtpChannel

SENDER = "linli@example.cn"


def letter(to: str = "wang@example.cn", subject: str = "停水通知", **parts: str) -> Letter:
    values = {"id": "0198", "sender_name": "劲松街道", "text": "明天停水。\n", "html": "<p>明天停水。</p>", **parts}
    return Letter(to=to, subject=subject, **values)


def channel(port: int, **options: str) -> SmtpChannel:
    return SmtpChannel(SmtpServer("127.0.0.1", port, **{"tls": "none", "sender": SENDER, **options}))  # type: ignore[arg-type]


def test_a_letter_arrives_with_both_parts_and_readable_headers() -> None:
    with mail_server() as server:
        assert channel(server.port).send([letter()]) == [None]
    (kept,) = server.letters
    assert (kept.sender, kept.recipients) == (SENDER, ["wang@example.cn"])
    message = kept.message
    assert message["Subject"] == "停水通知"
    assert message["From"] == "劲松街道 <linli@example.cn>"
    assert message["To"] == "wang@example.cn"
    assert message["Message-ID"] == "<0198@example.cn>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert kept.part("plain").strip() == "明天停水。"
    assert "<p>明天停水。</p>" in kept.part("html")


def test_a_batch_goes_over_one_connection() -> None:
    with mail_server() as server:
        assert channel(server.port).send([letter(), letter("li@example.cn")]) == [None, None]
    assert server.connections == 1
    assert [kept.recipients for kept in server.letters] == [["wang@example.cn"], ["li@example.cn"]]


@pytest.mark.parametrize(
    "injected", ["停水\r\nBcc: spy@example.cn", "停水\nBcc: spy@example.cn", "停水\x00\u2028Bcc: x"]
)
def test_a_header_cannot_be_injected(injected) -> None:
    with mail_server() as server:
        assert channel(server.port).send([letter(subject=injected, sender_name=injected)]) == [None]
    (kept,) = server.letters
    assert kept.message["Bcc"] is None
    assert kept.recipients == ["wang@example.cn"]
    assert "Bcc: " in kept.message["Subject"]


@pytest.mark.parametrize("address", ["wang@example.cn\r\nRCPT TO:<spy@example.cn>", "wang example.cn", "a@b@c d"])
def test_an_address_that_is_none_is_refused_before_it_is_sent(address) -> None:
    with mail_server() as server:
        assert channel(server.port).send([letter(address), letter()]) == [Fault("unwritable", is_final=True), None]
    assert [kept.recipients for kept in server.letters] == [["wang@example.cn"]]


@pytest.mark.parametrize(
    ("reply", "fault"),
    [("550 no such user", Fault("refused", is_final=True)), ("450 come again", Fault("refused", is_final=False))],
)
def test_a_refused_recipient_costs_its_own_letter_alone(reply, fault) -> None:
    with mail_server(answers={"gone@example.cn": reply}) as server:
        assert channel(server.port).send([letter("gone@example.cn"), letter()]) == [fault, None]
    assert len(server.letters) == 1


@pytest.mark.parametrize(("reply", "is_final"), [("554 spam", True), ("451 busy", False)])
def test_a_rejected_text_is_told_apart_from_a_busy_server(reply, is_final) -> None:
    with mail_server(data_reply=reply) as server:
        assert channel(server.port).send([letter()]) == [Fault("rejected", is_final)]


def test_a_lost_connection_costs_those_that_are_left_a_later_try() -> None:
    with mail_server(drop_after=1) as server:
        assert channel(server.port).send([letter(), letter(), letter()]) == [
            None,
            Fault("unreachable"),
            Fault("unreachable"),
        ]


def test_a_server_that_is_away_is_no_error() -> None:
    with mail_server() as server:
        port = server.port
    assert channel(port).send([letter()]) == [Fault("unreachable")]


class TestLogin:
    def test_the_right_password_opens(self) -> None:
        with mail_server(login=("linli", "secret")) as server:
            assert channel(server.port, user="linli", password="secret").send([letter()]) == [None]

    def test_the_wrong_one_is_a_fault_and_shows_nowhere(self) -> None:
        with mail_server(login=("linli", "secret")) as server, capture_logs() as logs:
            assert channel(server.port, user="linli", password="hush").send([letter()]) == [Fault("login")]
        assert "hush" not in str(logs)
        assert "wang" not in str(logs)


class TestTls:
    def test_an_encrypted_conversation(self, certificate, monkeypatch) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        with mail_server(tls=_context(certificate)) as server:
            assert channel(server.port, tls="starttls").send([letter()]) == [None]
        assert server.was_encrypted

    def test_a_certificate_that_nobody_vouches_for_is_refused(self, certificate) -> None:
        with mail_server(tls=_context(certificate)) as server:
            assert channel(server.port, tls="starttls").send([letter()]) == [Fault("tls")]
        assert server.letters == []

    def test_nothing_is_said_in_clear_where_encryption_was_asked_for(self) -> None:
        with mail_server() as server:
            assert channel(server.port, tls="starttls").send([letter()]) == [Fault("tls")]
        assert server.letters == []


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A self-signed certificate of 127.0.0.1 with its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    today = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "mail.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path


def _context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
