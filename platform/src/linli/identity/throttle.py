"""Attempts, counted in the database by keyed hashes of what was typed and where it came from."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from sqlalchemy import text

from linli.identity.limits import DAY, HOUR
from linli.identity.premises import Premises
from linli.kit.errors import TooMany
from linli.kit.text import gettext as _

_TAKE = text("SELECT core.take_attempt(:bucket, :free, :base, :cap, :memory)")
_FORGIVE = text("SELECT core.forgive_attempts(:ticket, :count)")


@dataclass(frozen=True, slots=True)
class Limit:
    """How many attempts are free, and how the wait grows from there.

    Attributes:
        name: keeps the counters of different doors apart.
        free: attempts before the first wait.
        base: seconds of the first wait; each further attempt doubles it.
        cap: seconds of the longest wait.
        memory: seconds after the last attempt until all is forgotten; at least ``cap``.
    """

    name: str
    free: int
    base: int
    cap: int
    memory: int


#: A person mistypes a few times; a machine that guesses gets some thirty tries a day (ASVS 5.0 6.3.1).
SIGN_IN_BY_NAME = Limit("sign-in/name", free=5, base=30, cap=HOUR, memory=DAY)
#: A whole office, or a whole town behind one carrier's address, shares one; successes are taken back.
SIGN_IN_BY_ADDRESS = Limit("sign-in/address", free=50, base=30, cap=HOUR, memory=HOUR)
TOTP = Limit("totp", free=5, base=30, cap=HOUR, memory=DAY)
#: Messages cost money and patience.
CODES_TO_PHONE = Limit("code/phone", free=3, base=60, cap=HOUR, memory=2 * HOUR)
CODES_BY_ADDRESS = Limit("code/address", free=20, base=60, cap=HOUR, memory=HOUR)
CODE_TRIES_FOR_PHONE = Limit("code-try/phone", free=10, base=60, cap=HOUR, memory=DAY)
INVITATIONS_BY_ADDRESS = Limit("invitation/address", free=30, base=30, cap=HOUR, memory=HOUR)
#: The password asked for again before something sensitive.
PROOF = Limit("proof", free=5, base=30, cap=HOUR, memory=DAY)


def take_attempt(premises: Premises, *attempts: tuple[Limit, str]) -> None:
    """Count one attempt against each limit, and keep the count whatever happens next.

    Raises:
        TooMany: one of the limits asks to wait; says for how long, never why.
    """
    wait = 0
    with premises.database.open_transaction() as connection:
        for limit, subject in attempts:
            bucket = _bucket(premises, limit, subject)
            asked = connection.execute(
                _TAKE,
                {
                    "bucket": bucket,
                    "free": limit.free,
                    "base": limit.base,
                    "cap": limit.cap,
                    "memory": limit.memory,
                },
            ).scalar_one()
            wait = max(wait, asked)
    if wait:
        minutes = -(-wait // 60)
        message = _("尝试次数过多，请等待约 {minutes} 分钟后再试").format(minutes=minutes)
        raise TooMany(message, retry_after=wait)


def forgive(premises: Premises, limit: Limit, subject: str, count: int | None = None) -> None:
    """Take back ``count`` attempts after a success; all of them with ``None``."""
    ticket = premises.signer.ticket(_bucket(premises, limit, subject).hex(), "forgive-attempts")
    with premises.database.open_transaction() as connection:
        connection.execute(_FORGIVE, {"ticket": ticket, "count": count})


def network_of(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 of an IPv6 one, which one customer owns whole."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)


def _bucket(premises: Premises, limit: Limit, subject: str) -> bytes:
    return premises.vault.account_index(f"throttle/{limit.name}", subject)
