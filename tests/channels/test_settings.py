"""The operator's choice of channels: read whole, and every fault named."""

from __future__ import annotations

import base64

import pytest

from linli.channels import Letter, TextMessage, open_channels
from linli.channels.settings import SmtpServer
from linli.config import Settings, SettingsError, load_settings

KEY = {"LINLI_SECRET_KEY": base64.b64encode(bytes(range(32))).decode()}
PRODUCTION = {
    **KEY,
    "LINLI_ENV": "production",
    "LINLI_DATABASE_URL": "postgresql://a:b@localhost/linli",
    "LINLI_BASE_URL": "https://linli.example.cn",
}
FROM = {"LINLI_MAIL_FROM": "linli@example.cn"}


def settings(**variables: str) -> Settings:
    return load_settings({**KEY, **variables})


def faults(environ: dict[str, str]) -> dict[str, str]:
    with pytest.raises(SettingsError) as raised:
        load_settings(environ)
    return {fault.variable: fault.allowed for fault in raised.value.faults}


def test_production_sends_nothing_until_something_is_connected() -> None:
    chosen = load_settings(PRODUCTION).channels
    assert (chosen.email, chosen.sms, chosen.wechat) == ("null", "null", "null")
    assert open_channels(chosen).connected == {"email": False, "sms": False, "wechat": False}


def test_development_writes_to_the_console(capsys) -> None:
    channels = open_channels(settings().channels)
    assert channels.connected == {"email": True, "sms": True, "wechat": True}
    channels.sms.send([TextMessage("13800000001", "core.sign_in_code", {}, "验证码123456")])
    channels.email.send([Letter("1", "wang@example.cn", "劲松街道", "停水", "明天停水。", "")])
    written = capsys.readouterr().out
    assert "13800000001: 验证码123456" in written
    assert "wang@example.cn: 停水\n明天停水。" in written


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtps://u:p%40ss@mail.example.cn", SmtpServer("mail.example.cn", 465, "implicit", "u", "p@ss")),
        ("smtp://u:p@mail.example.cn", SmtpServer("mail.example.cn", 587, "starttls", "u", "p")),
        ("smtp://mail.example.cn:2525?tls=none", SmtpServer("mail.example.cn", 2525, "none")),
        ("smtp://[::1]?tls=none", SmtpServer("::1", 25, "none")),
    ],
)
def test_a_mail_servers_address_says_all(url, server) -> None:
    chosen = settings(LINLI_SMTP_URL=url, **FROM).channels
    assert chosen.email == "smtp"
    assert chosen.smtp is not None
    assert chosen.smtp == SmtpServer(
        server.host, server.port, server.tls, server.user, server.password, "linli@example.cn"
    )
    assert "p@ss" not in repr(chosen)


@pytest.mark.parametrize(
    "url",
    ["mail.example.cn", "http://mail.example.cn", "smtp://", "smtp://h:port", "smtp://h/x", "smtp://h?tls=maybe",
     "smtps://h?tls=none", "smtp://h?starttls=1", "smtp://h?tls"],
)  # fmt: skip
def test_an_address_that_is_none_is_named(url) -> None:
    assert "smtp://" in faults({**KEY, **FROM, "LINLI_SMTP_URL": url})["LINLI_SMTP_URL"]


@pytest.mark.parametrize("sender", ["", "linli", "linli@", "a b@example.cn", "linli@example.cn>,<x@y.cn"])
def test_the_senders_address_is_asked_for(sender) -> None:
    found = faults({**KEY, "LINLI_SMTP_URL": "smtp://mail.example.cn", "LINLI_MAIL_FROM": sender})
    assert set(found) == {"LINLI_MAIL_FROM"}


def test_smtp_without_a_server_is_refused() -> None:
    assert set(faults({**KEY, "LINLI_EMAIL_CHANNEL": "smtp"})) == {"LINLI_SMTP_URL"}


@pytest.mark.parametrize("variable", ["LINLI_EMAIL_CHANNEL", "LINLI_SMS_CHANNEL", "LINLI_WECHAT_CHANNEL"])
def test_an_unknown_channel_and_a_console_in_production_are_refused(variable) -> None:
    assert "null" in faults({**KEY, variable: "pigeon"})[variable]
    assert "console" not in faults({**PRODUCTION, variable: "console"})[variable]


def test_the_former_name_of_the_variable_still_counts() -> None:
    assert settings(LINLI_CODE_CHANNEL="null").channels.sms == "null"
