"""E-mail by SMTP (RFC 5321), over TLS unless the operator says otherwise."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Sequence
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate

import structlog

from linli.channels.interfaces import Fault, Letter
from linli.channels.settings import SmtpServer, is_mailbox

log = structlog.get_logger("linli.channels")

#: Seconds to wait for the server's next word.
PATIENCE = 20


class SmtpChannel:
    """Sends each batch over one connection."""

    is_connected = True

    def __init__(self, server: SmtpServer) -> None:
        self._server = server

    def send(self, messages: Sequence[Letter]) -> list[Fault | None]:
        """Send the letters one after the other; a lost connection costs those that are left a later try."""
        outcomes: list[Fault | None] = []
        try:
            with self._connected() as connection:
                # Those that went before a connection is lost stay in the list.
                outcomes.extend(self._send(connection, letter) for letter in messages)
        except (OSError, smtplib.SMTPException) as error:
            fault = _fault_of(error)
            # The name alone: what the server said may hold an address.
            log.warning("the mail server could not be used", error=type(error).__name__, fault=fault.kind)
            outcomes += [fault] * (len(messages) - len(outcomes))
        return outcomes

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        context = ssl.create_default_context()
        if server.tls == "implicit":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=PATIENCE, context=context)
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=PATIENCE)
        try:
            if server.tls == "starttls":
                connection.starttls(context=context)
            if server.user:
                connection.login(server.user, server.password)
        except BaseException:
            connection.close()
            raise
        return connection

    def _send(self, connection: smtplib.SMTP, letter: Letter) -> Fault | None:
        try:
            connection.send_message(make_message(letter, self._server.sender), self._server.sender, [letter.to])
        except (MessageError, ValueError):
            return Fault("unwritable", is_final=True)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _said in error.recipients.values()]
            return Fault("refused", is_final=all(code >= 500 for code in codes))
        except smtplib.SMTPServerDisconnected:
            raise
        except smtplib.SMTPResponseException as error:
            return Fault("rejected", is_final=error.smtp_code >= 500)
        return None


def make_message(letter: Letter, sender: str) -> EmailMessage:
    """The letter as it is sent: plain text, and HTML beside it.

    Raises:
        ValueError: a header would break out of its line.
        MessageError: an address is none.
    """
    if not is_mailbox(letter.to):
        raise ValueError("no mailbox")
    user, _at, domain = sender.rpartition("@")
    to_user, _at, to_domain = letter.to.rpartition("@")
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(_one_line(letter.sender_name), user, domain)
    message["To"] = Address("", to_user, to_domain)
    message["Subject"] = _one_line(letter.subject)
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{letter.id}@{domain}>"
    # Nobody's holiday notice comes back for it (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    return message


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _fault_of(error: Exception) -> Fault:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return Fault("login")
    if isinstance(error, ssl.SSLError | smtplib.SMTPNotSupportedError):
        return Fault("tls")
    return Fault("unreachable")
