"""API tokens: for programs, limited to some permissions in one street, shown once, expiring, revocable."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from linli.access.actors import actor_from_row
from linli.access.wording import one_line
from linli.identity.limits import MOST_TOKENS, TOKEN_LONGEST_DAYS
from linli.identity.premises import Premises
from linli.identity.totp import require_password
from linli.kit.actor import Actor
from linli.kit.clock import today
from linli.kit.crypto import token_digest
from linli.kit.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from linli.kit.scope import Scope
from linli.kit.text import gettext as _
from linli.kit.text import listed

PREFIX = "linli_"

_RESOLVE = text("SELECT * FROM core.resolve_request(:token, 'session', :today)")
_MAKE = text("SELECT core.make_token(:token, :hash, :hint, :tenant, :name, :scopes, :days, :most)")
_LIST = text("SELECT * FROM core.tokens_of(:token)")
_REVOKE = text("SELECT core.revoke_token(:token, :id)")


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """A token as its owner sees it in the list; ``hint`` is how it begins."""

    id: UUID
    hint: str
    tenant_id: UUID
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


def actor_in_street(premises: Premises, digest: bytes, tenant_id: UUID, roles: Mapping[str, frozenset[str]]) -> Actor:
    """What the owner of this session may do in a street, over all its communities."""
    with premises.database.unit_of_work(Scope.of_street(tenant_id), read_only=True) as session:
        row = session.execute(_RESOLVE, {"token": digest, "today": today()}).one()
    return actor_from_row(row, roles, demo=premises.settings.is_demo)


def held_permissions(actor: Actor) -> frozenset[str]:
    """Every permission that the actor holds anywhere in the scope."""
    return frozenset(name for grant in actor.grants for name in actor.permissions.get(grant.role, ()))


def create_token(
    premises: Premises,
    digest: bytes,
    tenant_id: UUID,
    roles: Mapping[str, frozenset[str]],
    *,
    name: str,
    scopes: Sequence[str],
    days: int,
    password: str,
) -> tuple[UUID, str]:
    """A new token, and its id; the token is never shown again.

    Args:
        premises: the house.
        digest: hash of the session's token.
        tenant_id: the only street where the token opens anything.
        roles: of ``role_permissions``.
        name: for the owner's list.
        scopes: permissions, each held by the owner today; whatever ends for the owner ends for the token.
        days: until it expires, 1 to 365.
        password: asked for once more.

    Raises:
        Invalid: naming every field at fault.
        Forbidden: a second factor has to be enrolled first.
        Conflict: the account has 20 living tokens.
    """
    require_password(premises, digest, password, field="password")
    actor = actor_in_street(premises, digest, tenant_id, roles)
    if actor.must_enrol_totp:
        raise Forbidden(_("请先启用动态验证码，再创建令牌"))
    _check(name, scopes, days, held_permissions(actor))
    token = PREFIX + secrets.token_urlsafe(32)
    with premises.database.open_transaction() as connection:
        made = connection.execute(
            _MAKE,
            {
                "token": digest,
                "hash": token_digest(token),
                "hint": token[: len(PREFIX) + 4],
                "tenant": tenant_id,
                "name": one_line(name, 60),
                "scopes": sorted(set(scopes)),
                "days": days,
                "most": MOST_TOKENS,
            },
        ).scalar_one()
    if made is None:
        raise Conflict(_("最多可以有 {n} 个有效令牌，请先撤销不用的").format(n=MOST_TOKENS))
    return made, token


def list_tokens(connection: Connection, digest: bytes) -> list[TokenInfo]:
    """The tokens of this session's account, the newest first, at most fifty."""
    return [TokenInfo(**row._mapping) for row in connection.execute(_LIST, {"token": digest})]


def revoke_token(connection: Connection, digest: bytes, token_id: UUID) -> None:
    """End one token of one's own, at once.

    Raises:
        NotFound: it has ended, or is somebody else's.
    """
    if not connection.execute(_REVOKE, {"token": digest, "id": token_id}).scalar_one():
        raise NotFound


def _check(name: str, scopes: Sequence[str], days: int, held: frozenset[str]) -> None:
    faults = []
    if not 1 <= len(one_line(name, 61)) <= 60:
        faults.append(FieldError("name", _("名称不合要求"), _("1 到 60 个字")))
    if not scopes:
        faults.append(FieldError("scopes", _("请至少选择一项权限")))
    if beyond := sorted(set(scopes) - held):
        faults.append(FieldError("scopes", _("您没有这些权限：{names}").format(names=listed(beyond))))
    if not 1 <= days <= TOKEN_LONGEST_DAYS:
        faults.append(FieldError("days", _("有效期不合要求"), _("1 到 {n} 天").format(n=TOKEN_LONGEST_DAYS)))
    if faults:
        raise Invalid(errors=faults)
