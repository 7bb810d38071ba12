"""One-time codes by message: made, sent through a channel, tried a few times within a few minutes."""

from __future__ import annotations

import secrets
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, Protocol

import structlog
from sqlalchemy import text

from linli.identity.identifiers import check_phone
from linli.identity.limits import CODE_DIGITS, CODE_LIFE, CODE_TRIES
from linli.identity.premises import Premises
from linli.identity.throttle import (
    CODE_TRIES_FOR_PHONE,
    CODES_BY_ADDRESS,
    CODES_TO_PHONE,
    forgive,
    network_of,
    take_attempt,
)
from linli.kit.errors import Invalid
from linli.kit.text import gettext as _

log = structlog.get_logger("linli.codes")

#: What a code opens: a session, a new password, or the proof that a phone is one's own.
Purpose = Literal["sign_in", "password", "phone"]

_MAKE = text("SELECT core.make_code(:ticket, :hash, :life, :tries)")
_TRY = text("SELECT core.try_code(:ticket, :hash)")
_FIND = text("SELECT account_id FROM core.find_account(:ticket)")

# Sent aside, so that the answer comes equally fast whether or not anybody is sent a message.
_POSTMEN = ThreadPoolExecutor(2, thread_name_prefix="linli-codes")


class CodeChannel(Protocol):
    """Carries a code to a phone. Called in a thread of its own; an error is logged and never shown."""

    def send(self, phone: str, code: str, purpose: str) -> None: ...


class ConsoleChannel:
    """Writes the code where the server was started: for the demo and for development."""

    def send(self, phone: str, code: str, purpose: str) -> None:
        sys.stdout.write(f"[{purpose}] {phone}: {code}\n")
        sys.stdout.flush()


class NullChannel:
    """Carries nothing: no message service is connected."""

    def send(self, phone: str, code: str, purpose: str) -> None:
        """Forget the code."""


_CHANNELS: dict[str, CodeChannel] = {"console": ConsoleChannel(), "null": NullChannel()}


def register_channel(name: str, channel: CodeChannel) -> None:
    """Offer a channel under the name that ``LINLI_CODE_CHANNEL`` chooses."""
    _CHANNELS[name] = channel


def can_send_codes(premises: Premises) -> bool:
    """Whether a message would reach anybody; pages offer codes only then."""
    return not isinstance(_channel(premises), NullChannel)


def request_code(premises: Premises, phone: str, purpose: Purpose, *, ip: str) -> None:
    """Send a fresh code; earlier ones of the same purpose die.

    Answers alike and works alike whether or not the phone has an account. Only ``phone`` writes to numbers
    without one.

    Raises:
        Invalid: not a phone number.
        TooMany: too many codes for this phone or from this address.
    """
    number = check_phone(phone)
    take_attempt(premises, (CODES_TO_PHONE, number), (CODES_BY_ADDRESS, network_of(ip)))
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    index = premises.vault.account_index("phone", number).hex()
    with premises.database.open_transaction() as connection:
        connection.execute(
            _MAKE,
            {
                "ticket": premises.signer.ticket(f"{purpose}-{index}", "make-code"),
                "hash": _hash(premises, number, purpose, code),
                "life": CODE_LIFE,
                "tries": CODE_TRIES,
            },
        )
        ticket = premises.signer.ticket(f"phone-{index}", "find-account")
        known = connection.execute(_FIND, {"ticket": ticket}).one_or_none() is not None
    if known or purpose == "phone":
        _POSTMEN.submit(_send, _channel(premises), number, code, purpose)


def code_fits(premises: Premises, phone: str, purpose: Purpose, code: str) -> bool:
    """Try a code. It fits once; a wrong one uses up one of five tries. Kept whatever happens next.

    Raises:
        Invalid: not a phone number.
        TooMany: too many tries for this phone, over all its codes.
    """
    number = check_phone(phone)
    take_attempt(premises, (CODE_TRIES_FOR_PHONE, number))
    index = premises.vault.account_index("phone", number).hex()
    with premises.database.open_transaction() as connection:
        ticket = premises.signer.ticket(f"{purpose}-{index}", "try-code")
        fits = connection.execute(
            _TRY, {"ticket": ticket, "hash": _hash(premises, number, purpose, code.strip())}
        ).scalar_one()
    if fits:
        forgive(premises, CODE_TRIES_FOR_PHONE, number)
    return fits


def require_code(premises: Premises, phone: str, purpose: Purpose, code: str) -> None:
    """As ``code_fits``, with an error for the form.

    Raises:
        Invalid: the code is wrong, used or too old; which of them is not said.
    """
    if not code_fits(premises, phone, purpose, code):
        raise Invalid.one("code", _("验证码不正确或已过期"), _("请核对短信，或重新获取验证码"))


def _hash(premises: Premises, phone: str, purpose: str, code: str) -> bytes:
    return premises.vault.account_index(f"code/{purpose}", f"{phone}|{code}")


def _channel(premises: Premises) -> CodeChannel:
    return _CHANNELS.get(premises.settings.code_channel, _CHANNELS["null"])


def _send(channel: CodeChannel, phone: str, code: str, purpose: str) -> None:
    try:
        channel.send(phone, code, purpose)
    except Exception as error:
        # No trace and no message of the error: they may hold the phone or the code.
        log.error("a one-time code could not be sent", purpose=purpose, error=type(error).__name__)
