"""Accounts and what proves them. Open tables without rights for the runtime role: only definer functions reach them."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from linli.db.base import Base, Stamped, StreetOrCommunityRow, community_fk
from linli.db.sealed import sealed
from linli.kit.ids import new_id

_HIDDEN = {"rights": ()}


class Account(Base, Stamped):
    """A person who may sign in. Global: one person may own homes in two streets."""

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint("status IN ('active', 'disabled')", name="status"),
        {"info": {"open": "accounts are global; identifiers are sealed", **_HIDDEN}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_name: Mapped[str | None] = mapped_column(unique=True)
    phone_bi: Mapped[bytes | None] = mapped_column(unique=True)
    phone_ct: Mapped[bytes | None]
    phone_mask: Mapped[str] = mapped_column(server_default="")
    display_name: Mapped[str]
    password_hash: Mapped[str | None]
    password_set_at: Mapped[datetime | None]
    must_change_password: Mapped[bool] = mapped_column(server_default=text("false"))
    totp_ct: Mapped[bytes | None]
    totp_last_step: Mapped[int | None]
    totp_enrolled_at: Mapped[datetime | None]
    recovery_hashes: Mapped[list[str]] = mapped_column(server_default=text("'[]'"))
    locale: Mapped[str] = mapped_column(server_default="zh_CN")
    large_type: Mapped[bool] = mapped_column(server_default=text("false"))
    status: Mapped[str] = mapped_column(server_default="active")
    is_platform_operator: Mapped[bool] = mapped_column(server_default=text("false"))


class AccountTenant(Base):
    """In which streets an account has something to do: names no role, only where to look."""

    __tablename__ = "account_tenant"
    __table_args__ = {"info": {"open": "leads from an account to its tenants", **_HIDDEN}}

    account_id: Mapped[UUID] = mapped_column(ForeignKey("core.account.id"), primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("core.tenant.id"), primary_key=True)


class SignInSession(Base):
    """A signed-in browser. The cookie's token is stored as its SHA-256 only."""

    __tablename__ = "session"
    __table_args__ = (
        Index("ix_session_account", "account_id"),
        {"info": {"open": "sessions belong to accounts, not tenants", **_HIDDEN}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("core.account.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    #: However much it is used, the session ends here.
    ends_at: Mapped[datetime] = mapped_column(server_default=text("now() + interval '30 days'"))
    totp_at: Mapped[datetime | None]
    ip: Mapped[str] = mapped_column(server_default="")
    user_agent: Mapped[str] = mapped_column(server_default="")


class ApiToken(Base):
    """A bearer token of an account, or of an outside app: hashed, limited to one street, expiring.

    An account's is limited to the permissions that stand here; an app's opens what the app itself may do.
    """

    __tablename__ = "api_token"
    __table_args__ = (
        Index("ix_api_token_account", "account_id"),
        Index("ix_api_token_app", "tenant_id", "app_id"),
        CheckConstraint("num_nulls(account_id, app_id) = 1", name="holder"),
        {"info": {"open": "tokens belong to accounts", **_HIDDEN}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    hint: Mapped[str]
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("core.account.id"))
    #: No reference: an app is never deleted, and what is open refers to nothing behind a wall.
    app_id: Mapped[UUID | None]
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("core.tenant.id"))
    name: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class OneTimeCode(Base):
    """A short code sent to a phone: for signing in or for setting a new password; hashed, few tries, short life."""

    __tablename__ = "one_time_code"
    __table_args__ = (
        Index("ix_one_time_code_subject", "purpose", "subject_bi"),
        {"info": {"open": "a code is asked for before anybody is known", **_HIDDEN}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    purpose: Mapped[str]
    subject_bi: Mapped[bytes]
    code_hash: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    tries_left: Mapped[int] = mapped_column(SmallInteger, server_default="5")
    used_at: Mapped[datetime | None]


class Throttle(Base):
    """Attempts counted by a keyed hash of account or address; the database's clock is the judge."""

    __tablename__ = "throttle"
    __table_args__ = {"info": {"open": "counts attempts before anybody is known", **_HIDDEN}}

    bucket: Mapped[bytes] = mapped_column(primary_key=True)
    count: Mapped[int]
    window_ends_at: Mapped[datetime]


class Invitation(Base, StreetOrCommunityRow, Stamped):
    """An offer to take up a role; the link's token is stored as its SHA-256 only."""

    __tablename__ = "invitation"
    __keys__ = (
        Index("ix_invitation_token", "tenant_id", "token_hash"),
        community_fk("compound_id", "core.compound"),
        community_fk("building_id", "core.building"),
        CheckConstraint("compound_id IS NULL OR community_id IS NOT NULL", name="place"),
        CheckConstraint("building_id IS NULL OR compound_id IS NOT NULL", name="building"),
        Index("ix_invitation_at", "tenant_id", "created_at"),
    )

    compound_id: Mapped[UUID | None]
    building_id: Mapped[UUID | None]
    resident_id: Mapped[UUID | None]
    role: Mapped[str]
    name: Mapped[str]
    phone_ct: Mapped[bytes | None] = mapped_column(info=sealed("invitation", "phone", index="phone_bi", kind="phone"))
    phone_bi: Mapped[bytes | None]
    phone_mask: Mapped[str] = mapped_column(server_default="")
    user_name: Mapped[str] = mapped_column(server_default="")
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    token_hash: Mapped[bytes]
    invited_by: Mapped[UUID | None]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    accepted_by: Mapped[UUID | None]
    revoked_at: Mapped[datetime | None]
