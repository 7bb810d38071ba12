"""The second factor: a code from an authenticator app (RFC 6238), or a recovery code where the phone is lost."""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Any

import msgspec
import pyotp
import segno
import structlog
from pyotp.totp import TOTP as Rfc6238  # noqa: N811 - TOTP is the name of our limit
from sqlalchemy import text

from linli.db.vault import Vault
from linli.identity.limits import IDLE_SESSION, RECOVERY_CODES, RESIDENT_SESSION, TOTP_DRIFT, TOTP_STEP
from linli.identity.passwords import password_fits
from linli.identity.premises import Premises
from linli.identity.sessions import make_token
from linli.identity.throttle import PROOF, TOTP, forgive, take_attempt
from linli.kit.clock import now
from linli.kit.crypto import token_digest
from linli.kit.errors import Conflict, Invalid, Unauthenticated
from linli.kit.text import gettext as _

log = structlog.get_logger("linli.security")

_SECRETS = text("SELECT * FROM core.secrets_of_session(:token)")
_START = text("SELECT core.start_totp(:token, :secret)")
_CONFIRM = text("SELECT core.confirm_totp(:ticket, :new, :step, CAST(:recovery AS jsonb))")
_PASS = text("SELECT core.pass_totp(:ticket, :new, :step, :recovery, :ends, :idle)")
_DROP = text("SELECT core.drop_totp(:ticket)")

#: Without 0, 1, i, l, o: read aloud or from paper, nothing is mistaken.
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the authenticator app needs: ``qr`` is an SVG as a ``data:`` address, ``secret`` for typing by hand."""

    secret: str
    qr: str


def own_secrets(premises: Premises, digest: bytes) -> Any:
    """What the owner of this session is measured against.

    Raises:
        Unauthenticated: no living session has this token.
    """
    with premises.database.open_transaction() as connection:
        row = connection.execute(_SECRETS, {"token": digest}).one_or_none()
    if row is None:
        raise Unauthenticated
    return row


def require_password(premises: Premises, digest: bytes, password: str, *, field: str = "current_password") -> Any:
    """Ask the owner of a session for the password once more, before something sensitive; the row of ``own_secrets``.

    Raises:
        Invalid: it is wrong.
        TooMany: too many tries.
        Unauthenticated: the session is over, or lacks its second factor.
    """
    row = own_secrets(premises, digest)
    if row.waits:
        raise Unauthenticated
    take_attempt(premises, (PROOF, str(row.account_id)))
    if not password_fits(premises.vault, row.password_hash, password):
        raise Invalid.one(field, _("当前密码不正确"))
    forgive(premises, PROOF, str(row.account_id))
    return row


def start_enrolment(premises: Premises, digest: bytes, *, label: str) -> Enrolment:
    """Make a secret for the app; it is in force once ``confirm_enrolment`` has seen a code of it.

    A secret that was started and not confirmed is shown again, so that a reloaded page stays right.

    Raises:
        Conflict: a second factor is in force already.
    """
    row = own_secrets(premises, digest)
    if row.totp_enrolled:
        raise Conflict(_("动态验证码已经启用"))
    if row.totp_ct is not None:
        secret = premises.vault.decrypt_account("totp", row.account_id, row.totp_ct)
    else:
        secret = pyotp.random_base32()
        sealed = premises.vault.encrypt_account("totp", row.account_id, secret)
        with premises.database.open_transaction() as connection:
            if not connection.execute(_START, {"token": digest, "secret": sealed}).scalar_one():
                raise Unauthenticated
    uri = Rfc6238(secret, interval=TOTP_STEP).provisioning_uri(name=label, issuer_name="Linli")
    return Enrolment(secret, segno.make(uri, error="m").svg_data_uri(scale=5, border=2))


def confirm_enrolment(premises: Premises, digest: bytes, code: str) -> tuple[str, list[str]]:
    """Put the secret in force with a first code of it. All other sessions of the account end.

    Returns:
        The session's new token, and ten recovery codes to be shown once.

    Raises:
        Invalid: the code is wrong.
        TooMany: too many tries.
    """
    row = own_secrets(premises, digest)
    take_attempt(premises, (TOTP, str(row.account_id)))
    step = _step_of(premises.vault, row, code) if row.totp_ct is not None and not row.totp_enrolled else None
    if step is None:
        raise _wrong()
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    token = make_token()
    hashes = [_recovery_hash(premises.vault, row, each) for each in codes]
    with premises.database.open_transaction() as connection:
        confirmed = connection.execute(
            _CONFIRM,
            {
                "ticket": premises.signer.ticket(digest.hex(), "confirm-totp"),
                "new": token_digest(token),
                "step": step,
                "recovery": msgspec.json.encode(hashes).decode(),
            },
        ).scalar_one()
    if not confirmed:
        raise _wrong()
    log.info("second factor set", account=str(row.account_id))
    forgive(premises, TOTP, str(row.account_id))
    return token, codes


def pass_second_factor(premises: Premises, digest: bytes, code: str) -> str:
    """Complete a session that waits, with a code of the app or a recovery code. Each opens one session only.

    Returns:
        The session's new token.

    Raises:
        Invalid: wrong, or used before.
        TooMany: too many tries.
        Unauthenticated: the session waited too long.
    """
    row = own_secrets(premises, digest)
    take_attempt(premises, (TOTP, str(row.account_id)))
    recovery = _as_recovery(code)
    step = None if recovery or row.totp_ct is None else _step_of(premises.vault, row, code)
    if recovery is None and step is None:
        log.warning("second factor failed", account=str(row.account_id))
        raise _wrong()
    token = make_token()
    with premises.database.open_transaction() as connection:
        passed = connection.execute(
            _PASS,
            {
                "ticket": premises.signer.ticket(digest.hex(), "pass-totp"),
                "new": token_digest(token),
                "step": step,
                "recovery": _recovery_hash(premises.vault, row, recovery) if recovery else None,
                "ends": RESIDENT_SESSION,
                "idle": IDLE_SESSION,
            },
        ).scalar_one()
    if not passed:
        log.warning("second factor failed", account=str(row.account_id))
        raise _wrong()
    log.info("second factor passed", account=str(row.account_id), by="recovery code" if recovery else "app")
    forgive(premises, TOTP, str(row.account_id))
    return token


def drop_second_factor(premises: Premises, digest: bytes, password: str) -> None:
    """Switch the second factor off; who must have one is led to enrol again.

    Raises:
        Invalid: the password is wrong.
    """
    row = require_password(premises, digest, password)
    with premises.database.open_transaction() as connection:
        connection.execute(_DROP, {"ticket": premises.signer.ticket(digest.hex(), "drop-totp")})
    log.info("second factor dropped", account=str(row.account_id))


def _step_of(vault: Vault, row: Any, code: str) -> int | None:
    digits = re.sub(r"\s", "", code)
    generator = Rfc6238(vault.decrypt_account("totp", row.account_id, row.totp_ct), interval=TOTP_STEP)
    present = int(now().timestamp()) // TOTP_STEP
    found = None
    for step in range(present - TOTP_DRIFT, present + TOTP_DRIFT + 1):
        if hmac.compare_digest(generator.at(step * TOTP_STEP).encode(), digits.encode()):
            found = step
    return found


def _recovery_code() -> str:
    letters = [secrets.choice(_LETTERS) for _ in range(12)]
    return "-".join("".join(letters[n : n + 4]) for n in range(0, 12, 4))


def _as_recovery(code: str) -> str | None:
    letters = re.sub(r"[\s-]", "", code.lower())
    return letters if len(letters) == 12 and set(letters) <= set(_LETTERS) else None


def _recovery_hash(vault: Vault, row: Any, code: str) -> str:
    return vault.account_index("recovery", f"{row.account_id}|{code.replace('-', '')}").hex()


def _wrong() -> Invalid:
    return Invalid.one("code", _("动态验证码不正确，或已经用过"), _("请等待下一个六位数字，或使用备用码"))
