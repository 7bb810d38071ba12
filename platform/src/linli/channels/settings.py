"""What the operator decides about channels, read from the environment by ``linli.config``."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Literal, Protocol, cast
from urllib.parse import parse_qs, unquote, urlsplit

from linli.kit.text import gettext as _

Tls = Literal["implicit", "starttls", "none"]

#: Where distributions offer further channels, and which of ours may stand in for one.
GROUPS = {
    "email": "linli.email_channels",
    "sms": "linli.sms_channels",
    "wechat": "linli.wechat_channels",
}
_SMTP_URL = "smtps://USER:PASSWORD@HOST:465, smtp://USER:PASSWORD@HOST:587, smtp://HOST:25?tls=none"
_MAILBOX = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """A mail server, and the address that letters come from."""

    host: str
    port: int
    tls: Tls
    user: str = ""
    password: str = field(default="", repr=False)
    sender: str = ""


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """The chosen channel of each way: ``null``, ``console``, ``smtp`` or the name of an installed one."""

    email: str = "null"
    sms: str = "null"
    wechat: str = "null"
    smtp: SmtpServer | None = None


class Reader(Protocol):
    """The part of ``linli.config``'s reader that is needed here."""

    def text(self, variable: str) -> str: ...
    def blame(self, variable: str, fault: str, allowed: str) -> None: ...


def read_channels(read: Reader, *, production: bool) -> ChannelSettings:
    """The channels that the variables choose; faults are told to the reader."""
    smtp = _smtp(read)
    usual = "null" if production else "console"
    # The former name, from the time when one-time codes were all that was sent.
    sms = "LINLI_CODE_CHANNEL" if read.text("LINLI_CODE_CHANNEL") else "LINLI_SMS_CHANNEL"
    email = _choice(read, "LINLI_EMAIL_CHANNEL", "email", "smtp" if smtp else usual, production=production)
    if email == "smtp" and smtp is None:
        read.blame("LINLI_SMTP_URL", _("邮件通道是 smtp，必须设置"), _SMTP_URL)
    return ChannelSettings(
        email=email,
        sms=_choice(read, sms, "sms", usual, production=production),
        wechat=_choice(read, "LINLI_WECHAT_CHANNEL", "wechat", usual, production=production),
        smtp=smtp,
    )


def installed(way: str) -> tuple[str, ...]:
    """The names of the channels that installed distributions offer for this way."""
    return tuple(sorted(each.name for each in entry_points(group=GROUPS[way])))


def is_mailbox(address: str) -> bool:
    """Whether an address is one of the plain kind, ``name@example.cn``: what every server takes (RFC 5321)."""
    return len(address) <= 254 and _MAILBOX.fullmatch(address) is not None


def _choice(read: Reader, variable: str, way: str, usual: str, *, production: bool) -> str:
    value = read.text(variable) or usual
    ours = ("smtp",) if way == "email" else ()
    allowed = ("null", *ours, *installed(way)) if production else ("console", "null", *ours, *installed(way))
    if production and value == "console":
        read.blame(variable, _("生产环境不得把消息写到控制台"), ", ".join(allowed))
    elif value not in allowed:
        read.blame(variable, _("“{value}”不是通道名").format(value=value), ", ".join(allowed))
    return value


def _smtp(read: Reader) -> SmtpServer | None:
    url, sender = read.text("LINLI_SMTP_URL"), read.text("LINLI_MAIL_FROM")
    if sender and not is_mailbox(sender):
        read.blame("LINLI_MAIL_FROM", _("不是邮箱地址"), "linli@example.cn")
    if not url:
        return None
    if not sender:
        read.blame("LINLI_MAIL_FROM", _("设置了邮件服务器，必须写明发件邮箱"), "linli@example.cn")
    port, options = None, {}
    try:
        parts = urlsplit(url)
        port = parts.port
        options = {name: values[-1] for name, values in parse_qs(parts.query, strict_parsing=bool(parts.query)).items()}
    except ValueError:
        parts = None
    if (
        parts is None
        or parts.scheme not in {"smtp", "smtps"}
        or not parts.hostname
        or parts.path not in {"", "/"}
        or parts.fragment
        or options.keys() - {"tls"}
        or options.get("tls", "starttls") not in {"starttls", "none"}
        or (options and parts.scheme == "smtps")
    ):
        read.blame("LINLI_SMTP_URL", _("不是邮件服务器的连接地址"), _SMTP_URL)
        return None
    tls = "implicit" if parts.scheme == "smtps" else options.get("tls", "starttls")
    return SmtpServer(
        host=parts.hostname,
        port=port or {"implicit": 465, "starttls": 587}.get(tls, 25),
        tls=cast("Tls", tls),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        sender=sender,
    )
