"""What signing in keeps about people: their account, invitations, sessions, codes and tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import delete, func, or_, select, text

from linli.db.scope import ScopeSigner
from linli.db.session import ScopedSession
from linli.identity.models import Invitation
from linli.plugins.contributions import DataClass, Erased, Person, PersonalData

_ACCOUNT = text("SELECT * FROM core.account_of_person(:ticket)")
_FORGET = text("SELECT core.forget_account(:ticket)")
#: The rows of the web, which lies above this room; those of communities went with the community's part of the erasure.
_FORGET_DRAFTS = text("DELETE FROM core.form_draft WHERE account_id = :account_id")
_PURGE = text("SELECT core.purge_sign_in(:kind, :before, :limit, CAST(:held AS uuid[]))")

Forgotten = Literal["bound", "unlinked", "emptied"]


def forget_account(session: ScopedSession, account_id: UUID) -> Forgotten:
    """Let the street forget an account that nothing leads to any more; emptied where no other street knows it.

    Args:
        session: of the whole street, for a community does not see the others.
        account_id: whose sign-in ends.

    Returns:
        ``bound`` when somebody in the register or a role still leads to it, and nothing was done.
    """
    signer: ScopeSigner = session.info["signer"]
    done = session.execute(_FORGET, {"ticket": signer.ticket(str(account_id), "forget-account")}).scalar_one()
    if done != "bound":
        session.execute(_FORGET_DRAFTS, {"account_id": account_id})
    return done


def _export_account(session: ScopedSession, person: Person) -> Sequence[Mapping[str, Any]]:
    if person.account_id is None:
        return []
    signer: ScopeSigner = session.info["signer"]
    row = session.execute(_ACCOUNT, {"ticket": signer.ticket(str(person.account_id), "export-account")}).one_or_none()
    if row is None:
        return []
    phone = session.vault.decrypt_account("phone", person.account_id, row.phone_ct) if row.phone_ct else ""
    return [
        {
            "name": row.display_name,
            "user_name": row.user_name or "",
            "phone": phone,
            "locale": row.locale,
            "since": row.created_at,
            "second_factor": bool(row.totp_enrolled),
            "sessions": row.sessions,
            "tokens": row.tokens,
        }
    ]


def _erase_account(session: ScopedSession, person: Person) -> Erased:  # noqa: ARG001 the session is of a community
    # The account belongs to no community: the street forgets it as the last step of an erasure.
    return Erased(0)


def _invitations(person: Person) -> Any:
    return Invitation.resident_id.in_(person.resident_ids)


def _export_invitations(session: ScopedSession, person: Person) -> Sequence[Mapping[str, Any]]:
    found = session.scalars(select(Invitation).where(_invitations(person)).order_by(Invitation.id))
    return [
        {
            "name": each.name,
            "phone": session.vault.decrypt(session, "invitation", "phone", each.id, each.phone_ct)
            if each.phone_ct
            else "",
            "at": each.created_at,
            "expires_at": each.expires_at,
            "accepted_at": each.accepted_at,
        }
        for each in found
    ]


def _erase_invitations(session: ScopedSession, person: Person) -> Erased:
    gone = session.scalars(delete(Invitation).where(_invitations(person)).returning(Invitation.id)).all()
    return Erased(len(gone))


def _purge_of(kind: str) -> Any:
    def purge(session: ScopedSession, before: datetime, limit: int, held: frozenset[UUID]) -> Sequence[UUID]:
        values = {"kind": kind, "before": before, "limit": limit, "held": list(held)}
        return session.execute(_PURGE, values).scalars().all()

    return purge


def _purge_invitations(session: ScopedSession, before: datetime, limit: int, held: frozenset[UUID]) -> Sequence[UUID]:
    ended = func.least(Invitation.expires_at, Invitation.accepted_at, Invitation.revoked_at)
    old = (
        select(Invitation.id)
        .where(
            ended < before,
            or_(Invitation.resident_id.is_(None), Invitation.resident_id.not_in(held)),
            or_(Invitation.accepted_by.is_(None), Invitation.accepted_by.not_in(held)),
            or_(Invitation.community_id.is_(None), Invitation.community_id.not_in(held)),
        )
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return session.scalars(delete(Invitation).where(Invitation.id.in_(old)).returning(Invitation.id)).all()


PERSONAL_DATA = (
    PersonalData(
        title="邀请",
        purpose="邀请本人开通手机账号。",
        basis="为提供服务所必需（个人信息保护法 第十三条）",
        export=_export_invitations,
        erase=_erase_invitations,
        tables=("core.invitation",),
    ),
    PersonalData(
        title="登录账号",
        purpose="确认登录的是本人，保护账号安全。",
        basis="为提供服务所必需（个人信息保护法 第十三条）",
        export=_export_account,
        erase=_erase_account,
        tables=("core.account", "core.account_tenant", "core.session", "core.api_token"),
    ),
)
DATA_CLASSES = (
    DataClass(
        name="core.ended_sessions",
        title="已结束的登录",
        days=30,
        source="结束后只为排查异常登录保留（个人信息保护法 第十九条）；登录的操作记录另行保存",
        purge=_purge_of("session"),
    ),
    DataClass(
        name="core.ended_tokens",
        title="已失效的接口令牌",
        days=365,
        source="失效后保留一年，便于追查（个人信息保护法 第十九条）",
        purge=_purge_of("token"),
    ),
    DataClass(
        name="core.ended_codes",
        title="过期的验证码和登录尝试",
        days=1,
        source="过期即无用（个人信息保护法 第十九条）",
        purge=_purge_of("code"),
    ),
    DataClass(
        name="core.ended_invitations",
        title="已结束的邀请",
        days=90,
        source="结束后只为答复询问保留（个人信息保护法 第十九条）",
        purge=_purge_invitations,
    ),
)
