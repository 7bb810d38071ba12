"""What the core itself tells people: roles given and ended, a password or phone changed, an approval
asked for and decided, a job that came to a stop, a plugin that is left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid5

import structlog
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from linli.access.models import RoleGrant
from linli.access.places import GrantPlace, require_place
from linli.access.roles import ROLES
from linli.access.service import role_ended, role_granted
from linli.approvals.acts import find_act
from linli.approvals.models import Approval
from linli.approvals.service import approval_asked, approval_decided
from linli.approvals.wording import STATES
from linli.db.session import ScopedSession
from linli.identity.accounts import password_changed, phone_changed
from linli.identity.premises import Premises
from linli.kit.clock import now, today
from linli.kit.scope import Scope
from linli.notifications.composing import places_of
from linli.notifications.context import Term
from linli.notifications.kinds import (
    APPROVAL_ASKED,
    APPROVAL_DECIDED,
    JOB_PARKED,
    PASSWORD_CHANGED,
    PHONE_CHANGED,
    PLUGIN_SUSPENDED,
    ROLE_ENDED,
    ROLE_GRANTED,
)
from linli.notifications.recipients import Recipient, holders_of
from linli.notifications.service import DELIVER, notify
from linli.plugins.acts import title_of
from linli.plugins.containment.circuits import circuit_opened
from linli.plugins.models import PluginCircuit
from linli.residents.models import Resident
from linli.tasks.models import Job
from linli.tasks.work import job_parked

log = structlog.get_logger("linli.notifications")

_STREETS = text("SELECT core.streets_of_account(:ticket)")


@role_granted.heard_by
def tell_of_granted_role(session: ScopedSession, grant: RoleGrant) -> None:
    """Tell somebody that they have been given a role."""
    _tell_of_role(session, grant, ROLE_GRANTED.name, {"starts_on": grant.starts_on})


@role_ended.heard_by
def tell_of_ended_role(session: ScopedSession, grant: RoleGrant) -> None:
    """Tell somebody that a role of theirs was ended."""
    _tell_of_role(session, grant, ROLE_ENDED.name, {})


def _tell_of_role(session: ScopedSession, grant: RoleGrant, kind: str, context: dict[str, Any]) -> None:
    place = places_of(session, {grant.community_id})[grant.community_id]
    name = require_place(session, GrantPlace(grant.community_id, grant.compound_id, grant.building_id))
    notify(
        session,
        kind,
        [Recipient(grant.account_id, None, None)],
        {"role": Term(ROLES[grant.role].title), "place": name or place.street, **context},
        subject=("role_grant", grant.id),
        link=place.root,
        community_id=grant.community_id,
    )


@approval_asked.heard_by
def tell_of_asked_approval(session: ScopedSession, row: Approval, approvers: Sequence[UUID]) -> None:
    """Tell those who may approve that a request waits for one of them."""
    people = [Recipient(account_id, None, None) for account_id in approvers]
    _tell_of_approval(session, row, APPROVAL_ASKED.name, people, {"asker": row.asked_by_name, "until": row.expires_at})


@approval_decided.heard_by
def tell_of_decided_approval(session: ScopedSession, row: Approval) -> None:
    """Tell whoever asked what became of it."""
    people = [Recipient(row.asked_by, None, None)]
    _tell_of_approval(session, row, APPROVAL_DECIDED.name, people, {"result": Term(STATES[row.state][0])})


def _tell_of_approval(
    session: ScopedSession, row: Approval, kind: str, people: list[Recipient], context: dict[str, Any]
) -> None:
    act = find_act(row.act)
    root = places_of(session, {row.community_id})[row.community_id].root
    notify(
        session,
        kind,
        people,
        # Why it is asked for stays where only those read it who may: it may speak of somebody.
        {"act": Term(act.title) if act is not None else row.act, **context},
        subject=("approval", row.id),
        link=f"{root}{'/admin' if row.community_id else ''}/approvals/{row.id}",
        community_id=row.community_id,
    )


@job_parked.heard_by
def tell_of_parked_job(session: ScopedSession, job: Job, title: str) -> None:
    """Tell a place's administrators, and whoever asked for it, that a job came to a stop."""
    if job.task == DELIVER:
        # Nobody is told through channels that the channels are broken, over and over.
        return
    people = holders_of(session, "core.settings.manage", community_id=job.community_id)
    if job.created_by is not None:
        people.append(Recipient(job.created_by, None, None))
    context = {"task": Term(title) if title else job.task}
    root = places_of(session, {job.community_id})[job.community_id].root
    notify(
        session,
        JOB_PARKED.name,
        people,
        context,
        subject=("job", job.id),
        link=f"{root}{'/admin' if job.community_id else ''}/jobs/{job.id}",
        community_id=job.community_id,
    )


@circuit_opened.heard_by
def tell_of_suspended_plugin(session: ScopedSession, row: PluginCircuit) -> None:
    """Tell a street's administrators that a plugin is left out, once a day at most for each of its parts."""
    people = holders_of(session, "core.plugin.allow")
    subject = ("plugin_circuit", uuid5(row.id, today().isoformat()))
    root = places_of(session, ())[None].root
    context = {"plugin": Term(title_of(row.plugin))}
    notify(session, PLUGIN_SUSPENDED.name, people, context, subject=subject, link=f"{root}/plugins/health")


@password_changed.heard_by
def tell_of_changed_password(premises: Premises, account_id: UUID) -> None:
    """Tell an account's owner that its password is another one."""
    _tell_account(premises, account_id, PASSWORD_CHANGED.name, {"at": now()})


@phone_changed.heard_by
def tell_of_changed_phone(premises: Premises, account_id: UUID, phone_mask: str) -> None:
    """Tell an account's owner that it is signed in to with another phone."""
    _tell_account(premises, account_id, PHONE_CHANGED.name, {"at": now(), "phone": phone_mask})


def _tell_account(premises: Premises, account_id: UUID, kind: str, context: dict[str, Any]) -> None:
    """In every street that knows the account: an account belongs to none, and its owner may look into any."""
    ticket = premises.signer.ticket(str(account_id), "streets-of-account")
    try:
        with premises.database.open_transaction() as connection:
            streets = list(connection.scalars(_STREETS, {"ticket": ticket}))
        for tenant_id in streets:
            with premises.database.unit_of_work(Scope.of_street(tenant_id)) as session:
                reader, community_id = _reader_of(session, account_id)
                notify(session, kind, [reader], context, community_id=community_id)
    except SQLAlchemyError as error:
        # The change is kept already; who made it is not told that it failed.
        log.error("a change of an account could not be told", kind=kind, error=type(error).__name__)


def _reader_of(session: ScopedSession, account_id: UUID) -> tuple[Recipient, UUID | None]:
    """As the resident they are, so that they find it in their own community; else where they hold a role."""
    entry = session.execute(
        select(Resident.id, Resident.community_id)
        .where(Resident.account_id == account_id, Resident.merged_into.is_(None), Resident.erased_at.is_(None))
        .order_by(Resident.id)
        .limit(1)
    ).first()
    if entry is not None:
        return Recipient(account_id, entry.id, None), entry.community_id
    held = (
        select(RoleGrant.community_id)
        .where(RoleGrant.account_id == account_id, RoleGrant.revoked_at.is_(None))
        .order_by(RoleGrant.community_id.nulls_first())
        .limit(1)
    )
    return Recipient(account_id, None, None), session.scalar(held)
