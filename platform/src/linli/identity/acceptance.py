"""Taking up an invitation: with a new account, or with the one that is signed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from linli.access.places import GrantPlace, require_place
from linli.access.roles import ROLES, Role
from linli.access.service import add_grant, inviter_still_may, require_invitable
from linli.audit.record import record
from linli.db.session import ScopedSession
from linli.identity.codes import require_code
from linli.identity.identifiers import check_phone, check_user_name, sealed_phone
from linli.identity.invitations import RESIDENT, is_open
from linli.identity.models import Invitation
from linli.identity.passwords import check_new_password, hash_password
from linli.identity.premises import Premises
from linli.identity.sessions import SignedIn, open_session
from linli.identity.throttle import INVITATIONS_BY_ADDRESS, forgive, network_of, take_attempt
from linli.identity.totp import own_secrets
from linli.kit.actor import Actor
from linli.kit.clock import now, today
from linli.kit.crypto import token_digest
from linli.kit.errors import Conflict, FieldError, Invalid, NotFound, Unauthenticated
from linli.kit.ids import new_id
from linli.kit.scope import Scope
from linli.kit.text import current_locale
from linli.kit.text import gettext as _

_TENANT = text("SELECT id, name FROM core.tenant WHERE code = :street OR slug = :street")
_CREATE = text(
    "SELECT core.create_account(:ticket, :name, :user_name, :phone_bi, :phone_ct, :phone_mask, :hash, :locale)"
)
_LINK = text("SELECT core.link_account(:ticket)")
_WHO = text("SELECT display_name FROM core.account_of_session(:token)")
_JOIN = text(
    "UPDATE core.resident SET account_id = :account, version = version + 1, updated_at = clock_timestamp() "
    "WHERE id = :id AND community_id = :community AND account_id IS NULL AND erased_at IS NULL"
)


@dataclass(frozen=True, slots=True)
class Offer:
    """What the invited person is shown before accepting."""

    street: str
    role: str
    place: str
    name: str
    user_name: str
    phone_mask: str
    starts_on: date | None
    ends_on: date | None
    expires_at: datetime

    @property
    def role_title(self) -> str:
        return _(ROLES[self.role].title) if self.role in ROLES else self.role


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What a newcomer fills in. ``phone`` is only read where it differs from the invited one, and needs ``code``."""

    password: str
    user_name: str = ""
    phone: str = ""
    code: str = ""


def read_offer(premises: Premises, street: str, token: str, *, ip: str) -> Offer:
    """What a link offers.

    Raises:
        NotFound: the link is wrong, used, taken back or too old; which of them is not said.
        TooMany: too many links were tried from this address.
    """
    tenant = _tenant(premises, street, ip)
    with premises.database.unit_of_work(Scope.of_street(tenant.id), read_only=True) as session:
        found = _open_invitation(session, token)
        place = require_place(session, GrantPlace(found.community_id, found.compound_id, found.building_id))
        offer = Offer(
            street=tenant.name,
            role=found.role,
            place=place,
            name=found.name,
            user_name=found.user_name,
            phone_mask=found.phone_mask,
            starts_on=found.starts_on,
            ends_on=found.ends_on,
            expires_at=found.expires_at,
        )
    forgive(premises, INVITATIONS_BY_ADDRESS, network_of(ip), 1)
    return offer


def accept_as_newcomer(
    premises: Premises,
    street: str,
    token: str,
    wanted: Acceptance,
    *,
    ip: str,
    user_agent: str = "",
    replaces: bytes | None = None,
) -> SignedIn:
    """Make an account, take up what the link offers, and sign in: all of it or nothing.

    Raises:
        NotFound: as ``read_offer``.
        Invalid: naming the fields at fault: password, user name, phone, code.
        Conflict: the offer cannot be taken up any more.
    """
    tenant = _tenant(premises, street, ip)
    with premises.database.unit_of_work(Scope.of_street(tenant.id), read_only=True) as session:
        offered = _open_invitation(session, token)
        invited_phone = _invited_phone(session, offered)
    user_name, phone, plain = _check(offered, invited_phone, wanted)
    if phone is not None and phone != invited_phone:
        # Whoever invited vouches for the number they wrote; any other has to be shown to be one's own.
        require_code(premises, phone, "phone", wanted.code)
    hashed = hash_password(premises.vault, plain)
    account_id = new_id()
    actor = Actor(account_id=account_id, display_name=offered.name, ip=ip, user_agent=user_agent)
    with premises.database.unit_of_work(Scope.of_street(tenant.id), actor) as session:
        found = _open_invitation(session, token, lock=True)
        columns = (
            sealed_phone(premises.vault, account_id, phone)
            if phone
            else {"phone_bi": None, "phone_ct": None, "phone_mask": ""}
        )
        taken = session.execute(
            _CREATE,
            {
                "ticket": premises.signer.ticket(str(account_id), "create-account"),
                "name": found.name,
                "user_name": user_name,
                "hash": hashed,
                "locale": current_locale(),
                **columns,
            },
        ).scalar_one()
        if taken:
            raise _taken(taken)
        _take_up(premises, session, found, account_id, found.name)
    with premises.database.open_transaction() as connection:
        return open_session(
            connection,
            premises.signer,
            account_id,
            waits_for_totp=False,
            ip=ip,
            user_agent=user_agent,
            replaces=replaces,
        )


def accept_as_oneself(premises: Premises, street: str, token: str, digest: bytes, *, ip: str) -> None:
    """Take up what the link offers with the account that is signed in.

    Raises:
        NotFound: as ``read_offer``.
        Conflict: the offer cannot be taken up any more, or the account has this role already.
        Unauthenticated: nobody is signed in with every factor.
    """
    who = own_secrets(premises, digest)
    if who.waits:
        raise Unauthenticated
    tenant = _tenant(premises, street, ip)
    with premises.database.open_transaction() as connection:
        name = connection.execute(_WHO, {"token": digest}).scalar_one()
    actor = Actor(account_id=who.account_id, display_name=name, ip=ip)
    with premises.database.unit_of_work(Scope.of_street(tenant.id), actor) as session:
        found = _open_invitation(session, token, lock=True)
        _take_up(premises, session, found, who.account_id, name)


def _tenant(premises: Premises, street: str, ip: str) -> Any:
    take_attempt(premises, (INVITATIONS_BY_ADDRESS, network_of(ip)))
    with premises.database.open_transaction() as connection:
        tenant = connection.execute(_TENANT, {"street": street[:40].replace("\0", "")}).one_or_none()
    if tenant is None:
        raise _no_offer()
    return tenant


def _open_invitation(session: ScopedSession, token: str, *, lock: bool = False) -> Invitation:
    query = select(Invitation).where(Invitation.token_hash == token_digest(token), is_open())
    found = session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise _no_offer()
    return found


def _no_offer() -> NotFound:
    return NotFound(_("这个邀请链接无效、已使用或已过期，请联系邀请您的人"))


def _invited_phone(session: ScopedSession, invitation: Invitation) -> str | None:
    if invitation.phone_ct is None:
        return None
    return session.vault.decrypt(session, "invitation", "phone", invitation.id, invitation.phone_ct)


def _check(offered: Invitation, invited_phone: str | None, wanted: Acceptance) -> tuple[str | None, str | None, str]:
    faults: list[FieldError] = []

    def read(check: Callable[[], str]) -> str | None:
        try:
            return check()
        except Invalid as error:
            faults.extend(error.errors)
            return None

    typed = (wanted.user_name or offered.user_name).strip()
    user_name = read(lambda: check_user_name(typed)) if typed else None
    phone = read(lambda: check_phone(wanted.phone)) if wanted.phone.strip() else invited_phone
    if not typed and phone is None and not faults:
        faults.append(FieldError("user_name", _("请填写用户名，登录时使用")))
    plain = read(lambda: check_new_password(wanted.password, unlike=(user_name or "", phone or "")))
    if faults or plain is None:
        raise Invalid(errors=faults)
    return user_name, phone, plain


def _taken(identifier: str) -> Invalid:
    if identifier == "phone":
        return Invalid.one("phone", _("这个手机号已有账号"), _("请先登录该账号，再打开邀请链接"))
    return Invalid.one("user_name", _("这个用户名已被使用"), _("请换一个"))


def _take_up(
    premises: Premises, session: ScopedSession, found: Invitation, account_id: UUID, account_name: str
) -> None:
    session.execute(_LINK, {"ticket": premises.signer.ticket(str(account_id), "link-account")})
    if found.role == RESIDENT:
        joined = session.execute(
            _JOIN, {"account": account_id, "id": found.resident_id, "community": found.community_id}
        )
        if joined.rowcount != 1:  # type: ignore[attr-defined]
            raise Conflict(_("这位居民已经有账号"))
    else:
        _take_office(session, found, ROLES[found.role], account_id, account_name)
    found.accepted_at = now()
    found.accepted_by = account_id
    session.flush()
    record(
        session,
        "core.invitation.accept",
        ("invitation", found.id),
        community_id=found.community_id,
        after={"account": account_name, "role": found.role},
    )


def _take_office(session: ScopedSession, found: Invitation, role: Role, account_id: UUID, account_name: str) -> None:
    place = GrantPlace(found.community_id, found.compound_id, found.building_id)
    if not inviter_still_may(session, found.invited_by, role, place):
        raise Conflict(_("邀请您的人已不再负责此事，请联系本街道重新邀请"))
    if found.ends_on is not None and found.ends_on < today():
        raise Conflict(_("邀请的任期已经结束，请联系本街道重新邀请"))
    if found.invited_by is not None:
        if found.invited_by == account_id:
            raise Conflict(_("不能接受自己发出的邀请，请由另一位管理员操作"))
        require_invitable(session, session.actor, role)
    add_grant(
        session,
        account_id=account_id,
        account_name=account_name,
        role=role,
        place=place,
        place_name=require_place(session, place),
        starts_on=found.starts_on or today(),
        ends_on=found.ends_on,
        granted_by=found.invited_by,
        reason=_("接受邀请"),
    )
