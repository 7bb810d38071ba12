"""From what the database says about a request to the actor on whose behalf it is answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any, Protocol
from uuid import UUID

from linli.access.roles import ROLES, separated_permissions
from linli.identity.limits import STAFF_SESSION
from linli.kit.actor import PUBLIC, Actor, Grant
from linli.kit.clock import now
from linli.settings.catalogue import platform_value

#: The role under which an app's permissions hold where it is let in; nobody is granted it.
APP = "app"


class Resolved(Protocol):
    """A row of ``core.resolve_request`` or ``identity.sessions.who_is``; ``account_id`` is NULL for the public."""

    account_id: UUID | None
    display_name: str | None
    locale: str | None
    totp_enrolled: bool | None
    session_id: UUID | None
    session_started_at: datetime | None
    totp_at: datetime | None
    token_id: UUID | None
    token_scopes: list[str] | None
    grants: list[dict[str, Any]] | None
    resident_ids: list[UUID] | None
    household_ids: list[UUID] | None
    separate_duties: bool | None
    app_id: UUID | None


def actor_from_row(
    row: Any,
    roles: Mapping[str, frozenset[str]],
    *,
    ip: str = "",
    user_agent: str = "",
    request_id: str = "",
    demo: bool = False,
) -> Actor:
    """The actor of a request.

    A session that still waits for its second factor is nobody's; so is a staff member's session after
    ``STAFF_SESSION``. Staff who must enrol a second factor first keep none of the roles that ask for one.

    Args:
        row: see ``Resolved``.
        roles: of ``role_permissions``.
        ip: the caller's address.
        user_agent: as the caller says.
        request_id: of this request.
        demo: in the demo nobody is asked for a second factor.
    """
    trace: dict[str, Any] = {"ip": ip, "user_agent": user_agent, "request_id": request_id}
    if row.account_id is None or _waits_for_totp(row):
        return Actor(display_name=PUBLIC.display_name, **trace)
    grants = grants_from_json(row.grants or ())
    if _is_spent(row, grants):
        return Actor(display_name=PUBLIC.display_name, **trace)
    if row.app_id is not None:
        scopes = frozenset(row.token_scopes or ())
        return Actor(
            account_id=row.account_id,
            display_name=row.display_name or "",
            grants=grants,
            permissions=MappingProxyType({APP: scopes}),
            token_id=row.token_id,
            token_scopes=scopes,
            app_id=row.app_id,
            **trace,
        )
    by_session = row.session_id is not None
    must_enrol = by_session and not demo and row.totp_at is None and any(_needs_totp(grant.role) for grant in grants)
    if must_enrol:
        grants = tuple(grant for grant in grants if not _needs_totp(grant.role))
    return Actor(
        account_id=row.account_id,
        display_name=row.display_name or "",
        grants=grants,
        # Plugins are handed the actor: nobody adds to its rights.
        permissions=MappingProxyType(duties_of(roles, row.separate_duties)),
        resident_ids=tuple(row.resident_ids or ()),
        household_ids=tuple(row.household_ids or ()),
        token_id=row.token_id,
        session_id=row.session_id,
        locale=row.locale or "zh_CN",
        must_enrol_totp=must_enrol,
        token_scopes=None if row.token_id is None else frozenset(row.token_scopes or ()),
        **trace,
    )


def duties_of(roles: Mapping[str, frozenset[str]], chosen: bool | None) -> dict[str, frozenset[str]]:
    """What each role may do in a street.

    Args:
        roles: of ``role_permissions``.
        chosen: whether the street separates the duties; ``None`` where it says nothing and the operator's word holds.
    """
    is_separated = bool(platform_value("core", "separate_duties")) if chosen is None else chosen
    return separated_permissions(roles) if is_separated else dict(roles)


def grants_from_json(items: Iterable[Mapping[str, Any]]) -> tuple[Grant, ...]:
    """The grants as the database puts them together."""
    return tuple(
        Grant(
            role=item["role"],
            community_id=_uuid(item.get("community_id")),
            compound_id=_uuid(item.get("compound_id")),
            building_id=_uuid(item.get("building_id")),
            ends_on=date.fromisoformat(item["ends_on"]) if item.get("ends_on") else None,
            grant_id=_uuid(item.get("id")),
        )
        for item in items
    )


def _waits_for_totp(row: Any) -> bool:
    return row.session_id is not None and bool(row.totp_enrolled) and row.totp_at is None


def _is_spent(row: Any, grants: tuple[Grant, ...]) -> bool:
    started: datetime | None = row.session_started_at
    if row.session_id is None or started is None:
        return False
    is_staff = any(role.is_staff for grant in grants if (role := ROLES.get(grant.role)))
    return is_staff and now() - started >= timedelta(seconds=STAFF_SESSION)


def _needs_totp(role: str) -> bool:
    known = ROLES.get(role)
    return known is not None and known.needs_totp


def _uuid(value: str | UUID | None) -> UUID | None:
    return UUID(value) if isinstance(value, str) else value
