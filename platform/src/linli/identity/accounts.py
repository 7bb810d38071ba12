"""What a signed-in person changes about the own account, and where the account leads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import structlog
from sqlalchemy import text

from linli.access.wording import one_line
from linli.identity.codes import require_code
from linli.identity.identifiers import check_phone, sealed_phone
from linli.identity.passwords import check_new_password, hash_password
from linli.identity.premises import Premises
from linli.identity.sessions import rotate_session
from linli.identity.totp import own_secrets, require_password
from linli.kit.errors import Conflict, Invalid, Unauthenticated
from linli.kit.phones import mask_phone
from linli.kit.scope import Scope
from linli.kit.text import LOCALES, listed
from linli.kit.text import gettext as _
from linli.kit.tidings import Tiding

#: Told once the change is kept: whose it is, and the new phone as it is masked.
password_changed: Tiding[Premises, UUID] = Tiding()
phone_changed: Tiding[Premises, UUID, str] = Tiding()

log = structlog.get_logger("linli.security")

_SET_PASSWORD = text("SELECT core.set_password(:ticket, :hash, :keep)")
_SET_PHONE = text("SELECT core.set_phone(:ticket, :phone_bi, :phone_ct, :phone_mask)")
_UPDATE = text("SELECT core.update_profile(:token, :name, :locale, :large_type)")
_STREETS = text("SELECT t.id, t.name, t.slug FROM core.streets_of_session(:token) s JOIN core.tenant t ON t.id = s")
_ENTRANCES = text(
    """
    SELECT DISTINCT g.role, c.name AS community, c.slug AS community_slug
      FROM core.role_grant g LEFT JOIN core.community c ON c.id = g.community_id
     WHERE g.account_id = :account AND g.revoked_at IS NULL AND g.starts_on <= :today
       AND (g.ends_on IS NULL OR g.ends_on >= :today)
    UNION
    SELECT 'resident', c.name, c.slug FROM core.resident r JOIN core.community c ON c.id = r.community_id
     WHERE r.account_id = :account AND r.merged_into IS NULL AND r.erased_at IS NULL
     ORDER BY 2 NULLS FIRST, 1
    """
)


@dataclass(frozen=True, slots=True)
class Entrance:
    """A portal that the account may enter, and as what.

    Attributes:
        street: the street office's name.
        street_slug: for its address.
        community: the community's name; empty for the whole street.
        community_slug: for its address.
        role: code of the role held there.
    """

    street: str
    street_slug: str
    community: str
    community_slug: str
    role: str


def change_password(premises: Premises, digest: bytes, current: str, new: str) -> str:
    """Set a new password; every other session ends and this one gets a new token, which is returned.

    Raises:
        Invalid: the current one is wrong, or the new one not good enough or the same.
    """
    row = require_password(premises, digest, current)
    plain = check_new_password(new, field="new_password")
    if plain == current:
        raise Invalid.one("new_password", _("新密码与当前密码相同"), _("请换一个"))
    return store_password(premises, row.account_id, plain, keep=digest) or ""


def store_password(premises: Premises, account_id: UUID, plain: str, *, keep: bytes | None) -> str | None:
    """Write a password that was checked. Ends every session but ``keep``, whose new token is returned."""
    hashed = hash_password(premises.vault, plain)
    with premises.database.open_transaction() as connection:
        connection.execute(
            _SET_PASSWORD,
            {
                "ticket": premises.signer.ticket(str(account_id), "set-password"),
                "hash": hashed,
                "keep": keep,
            },
        )
        token = rotate_session(connection, keep) if keep is not None else None
    password_changed.tell(premises, account_id)
    log.info("password set", account=str(account_id), by="session" if keep is not None else "code")
    return token


def change_phone(premises: Premises, digest: bytes, password: str, phone: str, code: str) -> None:
    """Set the phone for signing in, against the password and a code that was sent to the new number.

    Raises:
        Invalid: password or code is wrong, or the number is none.
        Conflict: another account has this phone.
    """
    row = require_password(premises, digest, password)
    number = check_phone(phone)
    require_code(premises, number, "phone", code)
    with premises.database.open_transaction() as connection:
        ticket = premises.signer.ticket(str(row.account_id), "set-phone")
        columns = sealed_phone(premises.vault, row.account_id, number)
        if not connection.execute(_SET_PHONE, {"ticket": ticket, **columns}).scalar_one():
            raise Conflict(_("这个手机号已用于另一个账号"))
    phone_changed.tell(premises, row.account_id, mask_phone(number))
    log.info("phone set", account=str(row.account_id))


def update_profile(
    premises: Premises,
    digest: bytes,
    *,
    name: str | None = None,
    locale: str | None = None,
    large_type: bool | None = None,
) -> None:
    """Change name, language or size of type; what is ``None`` stays.

    Raises:
        Invalid: the name is empty or longer than 40 characters, or nobody here speaks the language.
        Unauthenticated: the session is over.
    """
    if name is not None:
        name = one_line(name, 41)
        if not 1 <= len(name) <= 40:
            raise Invalid.one("name", _("姓名不合要求"), _("1 到 40 个字"))
    if locale is not None and locale not in LOCALES:
        raise Invalid.one("locale", _("没有这种语言"), listed(LOCALES.values()))
    if own_secrets(premises, digest).waits:
        raise Unauthenticated
    with premises.database.open_transaction() as connection:
        connection.execute(_UPDATE, {"token": digest, "name": name, "locale": locale, "large_type": large_type})


def entrances(premises: Premises, digest: bytes, account_id: UUID, *, today: date) -> list[Entrance]:
    """Every portal where this session's account has something to do, street by street, at most fifty streets."""
    with premises.database.open_transaction() as connection:
        streets = connection.execute(_STREETS, {"token": digest}).all()
    found = []
    for street in streets:
        with premises.database.unit_of_work(Scope.of_street(street.id), read_only=True) as session:
            found += [
                Entrance(street.name, street.slug, row.community or "", row.community_slug or "", row.role)
                for row in session.execute(_ENTRANCES, {"account": account_id, "today": today})
            ]
    return found
