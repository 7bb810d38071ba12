"""Passwords: what is accepted, how they are kept, how they are compared."""

from __future__ import annotations

import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from linli.db.vault import Vault
from linli.identity.limits import PASSWORD_LONGEST, PASSWORD_SHORTEST
from linli.kit.errors import Invalid
from linli.kit.text import gettext as _

#: OWASP's and ASVS 5.0's (appendix C) choice for servers with many sign-ins at once: 19 MiB, two passes, one lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

#: Compared against where there is no account or no password, so that both take equally long.
_NOBODYS = _HASHER.hash("nobody's password")

#: Passwords that are guessed first here, beside those that breaches have shown; compared without upper case.
_COMMON = frozenset(
    """
    password password1 password12 password123 passw0rd p@ssw0rd p@ssword qwertyui qwertyuiop qwerty123 qwerty1234
    asdfghjk asdfghjkl zxcvbnm1 zxcvbnm123 1q2w3e4r 1q2w3e4r5t 1qaz2wsx q1w2e3r4 qazwsxedc abcd1234 abc12345 abc123456
    a1234567 a12345678 a123456789 aa123456 aa12345678 woaini123 woaini520 woaini1314 woaini521 iloveyou iloveyou1
    5201314520 52013145 13145200 7758521a 12344321 123123123 123321123 123456abc 12345678a 123456789a 1234qwer
    admin123 admin1234 admin888 administrator welcome1 welcome123 letmein1 sunshine princess football baseball
    changeme changeme1 monkey123 dragon123 superman batman123 trustno1 computer internet 11223344 11112222 88888888a
    linli123 linli1234 linli12345 beijing123 beijing2008 zhongguo zhongguo1 wodemima mima1234 mima123456
    """.split()  # noqa: SIM905 - ninety words read better than ninety quoted ones
)
_ROWS = ("01234567890123456789", "98765432109876543210", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")


def check_new_password(password: str, *, field: str = "password", unlike: tuple[str, ...] = ()) -> str:
    """The password in its normal form, if it is good enough.

    Args:
        password: as typed; length is counted in characters, any character is allowed.
        field: the form's field, for the error.
        unlike: the account's own identifiers, which must not be the password.

    Raises:
        Invalid: shorter than 8 or longer than 128 characters, or among those that are guessed first.
    """
    plain = _normal(password)
    if len(plain) < PASSWORD_SHORTEST:
        raise Invalid.one(field, _("密码太短"), _("至少 {n} 个字符").format(n=PASSWORD_SHORTEST))
    if len(plain) > PASSWORD_LONGEST:
        raise Invalid.one(field, _("密码太长"), _("最多 {n} 个字符").format(n=PASSWORD_LONGEST))
    if _is_guessed_first(plain.lower()) or plain.lower() in {each.lower() for each in unlike if each}:
        raise Invalid.one(field, _("这个密码太常见，容易被猜到"), _("请换一个，例如几个互不相干的词连在一起"))
    return plain


def hash_password(vault: Vault, password: str) -> str:
    """What is stored: argon2id over the password keyed by the platform, so that a stolen table alone opens nothing."""
    return _HASHER.hash(_keyed(vault, password))


def password_fits(vault: Vault, stored: str | None, password: str) -> bool:
    """Whether the password is the stored one. Takes equally long where nothing is stored."""
    try:
        return _HASHER.verify(stored or _NOBODYS, _keyed(vault, password)) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def _keyed(vault: Vault, password: str) -> bytes:
    # Cut off, so that nobody keeps the machine busy with megabytes.
    return vault.account_index("password", _normal(password[: PASSWORD_LONGEST * 4]))


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def _is_guessed_first(plain: str) -> bool:
    return plain in _COMMON or len(set(plain)) <= 2 or any(plain in row for row in _ROWS) or plain in _breached()


@cache
def _breached() -> frozenset[str]:
    """The 11,000 most common passwords of known breaches that are long enough to be accepted (ASVS 5.0 6.2.4, 6.2.12).

    Read at the first new password: most processes never need them.
    """
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(word for word in FREQUENCY_LISTS["passwords"] if len(word) >= PASSWORD_SHORTEST)
