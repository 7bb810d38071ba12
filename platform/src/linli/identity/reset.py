"""A forgotten password: a code to the account's phone opens the way to a new one."""

from __future__ import annotations

from linli.identity.accounts import store_password
from linli.identity.codes import code_fits, request_code
from linli.identity.identifiers import Identifier, check_phone
from linli.identity.passwords import check_new_password, hash_password
from linli.identity.premises import Premises
from linli.identity.sign_in import find_account
from linli.kit.errors import Invalid
from linli.kit.text import gettext as _


def start_reset(premises: Premises, phone: str, *, ip: str) -> None:
    """Send a code, if the phone has an account; the answer is the same if not.

    Raises:
        Invalid: not a phone number.
        TooMany: too many codes for this phone or from this address.
    """
    request_code(premises, phone, "password", ip=ip)


def finish_reset(premises: Premises, phone: str, code: str, password: str) -> None:
    """Set the new password; every session of the account ends. A second factor stays in force.

    Raises:
        Invalid: the password is not good enough (the code is not used up then), or the code does not fit.
        TooMany: too many tries for this phone.
    """
    number = check_phone(phone)
    plain = check_new_password(password, unlike=(number,))
    fits = code_fits(premises, number, "password", code)
    found = find_account(premises, Identifier("phone", number))
    if not fits or found is None:
        # The work of storing it, so that a guess at nobody's code takes as long as one at somebody's.
        hash_password(premises.vault, plain)
        raise Invalid.one("code", _("验证码不正确或已过期"), _("请核对短信，或重新获取验证码"))
    store_password(premises, found.account_id, plain, keep=None)
