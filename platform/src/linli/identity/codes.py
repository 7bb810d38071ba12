"""One-time codes by message: made, sent as text messages, tried a few times within a few minutes."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import structlog
from sqlalchemy import text

from linli.channels import Channel, TextMessage
from linli.identity.identifiers import check_phone
from linli.identity.limits import CODE_DIGITS, CODE_LIFE, CODE_TRIES, MINUTE
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
from linli.kit.placeholders import fill
from linli.kit.text import current_locale
from linli.kit.text import gettext as _

log = structlog.get_logger("linli.codes")

#: What a code opens: a session, a new password, or the proof that a phone is one's own.
Purpose = Literal["sign_in", "password", "phone"]

_MAKE = text("SELECT core.make_code(:ticket, :hash, :life, :tries)")
_TRY = text("SELECT core.try_code(:ticket, :hash)")
_FIND = text("SELECT account_id FROM core.find_account(:ticket)")

# Sent aside, so that the answer comes equally fast whether or not anybody is sent a message.
_POSTMEN = ThreadPoolExecutor(2, thread_name_prefix="linli-codes")


#: What the message says for each purpose; the kind is ``core.<purpose>_code``.
_TEXTS: dict[Purpose, str] = {
    "sign_in": "验证码{code}，{minutes}分钟内有效，用于登录。请勿告诉任何人。",
    "password": "验证码{code}，{minutes}分钟内有效，用于重设密码。请勿告诉任何人。",
    "phone": "验证码{code}，{minutes}分钟内有效，用于更换手机号。请勿告诉任何人。",
}


def can_send_codes(premises: Premises) -> bool:
    """Whether a message would reach anybody; pages offer codes only then."""
    return premises.channels.sms.is_connected


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
        _POSTMEN.submit(_send, premises.channels.sms, _message(number, code, purpose))


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


def _message(phone: str, code: str, purpose: Purpose) -> TextMessage:
    values = {"code": code, "minutes": str(CODE_LIFE // MINUTE)}
    text = fill(_(_TEXTS[purpose]), values)
    return TextMessage(phone, f"core.{purpose}_code", values, text, current_locale())


def _send(channel: Channel[TextMessage], message: TextMessage) -> None:
    try:
        (fault,) = channel.send([message])
        reason = fault.kind if fault else ""
    except Exception as error:
        # No trace and no message of the error: they may hold the phone or the code.
        reason = type(error).__name__
    if reason:
        log.error("a one-time code could not be sent", kind=message.kind, error=reason)
