"""The first factor: user name or phone with password, or phone with one-time code. Every refusal reads the same."""

from __future__ import annotations

from typing import Any

import structlog
from sqlalchemy import text

from linli.identity.codes import code_fits
from linli.identity.identifiers import Identifier, check_phone, read_identifier
from linli.identity.passwords import password_fits
from linli.identity.premises import Premises
from linli.identity.sessions import SignedIn, open_session
from linli.identity.throttle import SIGN_IN_BY_ADDRESS, SIGN_IN_BY_NAME, forgive, network_of, take_attempt
from linli.kit.errors import Invalid
from linli.kit.text import gettext as _

log = structlog.get_logger("linli.security")

_FIND = text("SELECT * FROM core.find_account(:ticket)")


def sign_in(
    premises: Premises,
    identifier: str,
    password: str,
    *,
    ip: str,
    user_agent: str = "",
    replaces: bytes | None = None,
) -> SignedIn:
    """Open a session for who knows the password.

    Args:
        premises: the house.
        identifier: a user name or a phone number, as typed.
        password: as typed.
        ip: the caller's address.
        user_agent: shown in the list of sessions.
        replaces: hash of the session token that the browser sent; that session ends.

    Raises:
        Invalid: nobody has this identifier and password together; the same words and work in every case.
        TooMany: too many attempts with this identifier or from this address.
    """
    who = read_identifier(identifier)
    subject, network = f"{who.kind}|{who.value}", network_of(ip)
    take_attempt(premises, (SIGN_IN_BY_NAME, subject), (SIGN_IN_BY_ADDRESS, network))
    found = find_account(premises, who)
    # Outside any transaction: the comparison takes long on purpose, and connections are few.
    if not password_fits(premises.vault, found.password_hash if found else None, password) or found is None:
        _note_failure("password", found, ip)
        raise _refused("password")
    forgive(premises, SIGN_IN_BY_NAME, subject)
    forgive(premises, SIGN_IN_BY_ADDRESS, network, 1)
    with premises.database.open_transaction() as connection:
        return open_session(
            connection,
            premises.signer,
            found.account_id,
            waits_for_totp=found.totp_enrolled,
            ip=ip,
            user_agent=user_agent,
            replaces=replaces,
        )


def sign_in_with_code(
    premises: Premises,
    phone: str,
    code: str,
    *,
    ip: str,
    user_agent: str = "",
    replaces: bytes | None = None,
) -> SignedIn:
    """Open a session for who holds the phone. Arguments as for ``sign_in``.

    Raises:
        Invalid: not a phone number; or wrong, used, too old, or nobody's code: the same words for all of these.
        TooMany: too many tries for this phone or from this address.
    """
    network = network_of(ip)
    take_attempt(premises, (SIGN_IN_BY_ADDRESS, network))
    fits = code_fits(premises, phone, "sign_in", code)
    found = find_account(premises, Identifier("phone", check_phone(phone)))
    if not fits or found is None:
        _note_failure("code", found, ip)
        raise _refused("code")
    forgive(premises, SIGN_IN_BY_ADDRESS, network, 1)
    with premises.database.open_transaction() as connection:
        return open_session(
            connection,
            premises.signer,
            found.account_id,
            waits_for_totp=found.totp_enrolled,
            ip=ip,
            user_agent=user_agent,
            replaces=replaces,
        )


def find_account(premises: Premises, who: Identifier) -> Any:
    """Id, password hash and state of the second factor of one active account; ``None`` when there is none."""
    ticket = premises.signer.ticket(who.ticket_subject(premises.vault), "find-account")
    with premises.database.open_transaction() as connection:
        return connection.execute(_FIND, {"ticket": ticket}).one_or_none()


def _note_failure(by: str, found: Any, ip: str) -> None:
    # What was typed is not kept: people type passwords into the field of the name.
    log.warning("sign-in failed", by=by, account=str(found.account_id) if found else None, ip=ip)


def _refused(field: str) -> Invalid:
    if field == "code":
        return Invalid.one("code", _("验证码不正确或已过期"), _("请核对短信，或重新获取验证码"))
    return Invalid.one("password", _("用户名、手机号或密码不正确"), _("请检查后再试，或点“忘记密码”"))
