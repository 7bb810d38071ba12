"""A mail server for tests: speaks SMTP on loopback, keeps what it is sent, and refuses what it is told to refuse."""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import cast


@dataclass
class Kept:
    """One letter as the server got it."""

    sender: str
    recipients: list[str]
    data: bytes

    @property
    def message(self) -> EmailMessage:
        return cast("EmailMessage", message_from_bytes(self.data, policy=SMTP))

    def part(self, kind: str) -> str:
        """The content of the part of this kind, ``plain`` or ``html``."""
        body = self.message.get_body((kind,))
        assert body is not None
        return body.get_content()


@dataclass
class MailServer:
    """What the server is to do, and what it has seen.

    Attributes:
        answers: by recipient, the reply to RCPT instead of 250.
        data_reply: to the end of DATA.
        drop_after: letters after which the connection is cut.
        login: what ``AUTH PLAIN`` must say; ``None`` offers no login.
        tls: a context for STARTTLS.
    """

    port: int = 0
    letters: list[Kept] = field(default_factory=list)
    connections: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    data_reply: str = "250 kept"
    drop_after: int | None = None
    login: tuple[str, str] | None = None
    tls: ssl.SSLContext | None = None
    was_encrypted: bool = False


class _Talk(socketserver.StreamRequestHandler):
    def setup(self) -> None:
        super().setup()
        self.mail: MailServer = self.server.mail  # type: ignore[attr-defined]
        self.sender, self.recipients = "", []

    def handle(self) -> None:
        self.mail.connections += 1
        self.say("220 stand-in")
        while line := self.rfile.readline():
            verb, _space, rest = line.decode().strip().partition(" ")
            answer = getattr(self, f"on_{verb.lower()}", self.on_other)
            if answer(rest) is False:
                return

    def on_ehlo(self, _rest: str) -> None:
        offers = ["250-stand-in"]
        offers += ["250-STARTTLS"] if self.mail.tls and not isinstance(self.request, ssl.SSLSocket) else []
        offers += ["250-AUTH PLAIN"] if self.mail.login else []
        self.say(*offers, "250 8BITMIME")

    def on_starttls(self, _rest: str) -> None:
        self.say("220 go on")
        assert self.mail.tls is not None
        self.request = self.mail.tls.wrap_socket(self.request, server_side=True)
        self.setup()
        self.mail.was_encrypted = True

    def on_auth(self, rest: str) -> None:
        _none, user, password = base64.b64decode(rest.split()[1]).decode().split("\0")
        self.say("235 welcome" if (user, password) == self.mail.login else "535 who are you")

    def on_mail(self, rest: str) -> None:
        self.sender, self.recipients = _between(rest), []
        self.say("250 ok")

    def on_rcpt(self, rest: str) -> None:
        reply = self.mail.answers.get(_between(rest), "250 ok")
        if reply.startswith("2"):
            self.recipients.append(_between(rest))
        self.say(reply)

    def on_data(self, _rest: str) -> bool:
        self.say("354 go on")
        data = b""
        while (more := self.rfile.readline()) not in (b".\r\n", b""):
            data += more[1:] if more.startswith(b"..") else more
        if self.mail.data_reply.startswith("2"):
            self.mail.letters.append(Kept(self.sender, self.recipients, data))
        self.say(self.mail.data_reply)
        return self.mail.drop_after is None or len(self.mail.letters) < self.mail.drop_after

    def on_quit(self, _rest: str) -> bool:
        self.say("221 bye")
        return False

    def on_other(self, _rest: str) -> None:
        self.say("250 ok")

    def finish(self) -> None:
        super().finish()
        # Under TLS this is another socket than the one that the server closes.
        self.request.close()

    def say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())


def _between(rest: str) -> str:
    return rest.partition("<")[2].partition(">")[0]


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, mail: MailServer) -> None:
        self.mail = mail
        super().__init__(("127.0.0.1", 0), _Talk)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is part of some tests."""


@contextmanager
def mail_server(**options: object) -> Iterator[MailServer]:
    """A running server; stops with the block."""
    mail = MailServer(**options)  # type: ignore[arg-type]
    with _Server(mail) as server:
        mail.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield mail
        finally:
            server.shutdown()
            thread.join()
