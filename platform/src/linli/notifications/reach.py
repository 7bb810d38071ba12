"""How the readers of a batch of messages are reached: language, mailbox, phone, hours of rest, and what they chose."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import time
from uuid import UUID

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Uuid

from linli.db.session import ScopedSession
from linli.kit.text import LOCALES, SOURCE_LOCALE
from linli.notifications.models import Contact, Preference
from linli.notifications.quiet import read_hour
from linli.residents.models import Resident
from linli.settings.service import get_setting

_ACCOUNTS = text("SELECT * FROM core.reach_accounts(:ticket, :accounts)").bindparams(
    bindparam("accounts", type_=ARRAY(Uuid))
)


@dataclass(frozen=True, slots=True)
class Reachable:
    """One account, alive and known to the street. ``email`` is proven; ``phone`` empty when there is none."""

    locale: str
    phone: str = ""
    email: str = ""
    rest: tuple[time, time] | None = None


@dataclass(frozen=True, slots=True)
class Readers:
    """Everybody in a batch.

    Attributes:
        accounts: those that may be reached; an account that was closed is not among them.
        resident_phones: from the register.
        choices: whether an account wants a kind through a channel, where it said so.
        usual_rest: the street's hours.
        usual_locale: the language of those without an account.
    """

    accounts: dict[UUID, Reachable]
    resident_phones: dict[UUID, str]
    choices: dict[tuple[UUID, str, str], bool]
    usual_rest: tuple[time, time]
    usual_locale: str

    def rest_of(self, account_id: UUID | None) -> tuple[time, time]:
        """The hours in which somebody is left in peace."""
        account = self.accounts.get(account_id) if account_id else None
        return (account.rest if account else None) or self.usual_rest

    def locale_of(self, account_id: UUID | None) -> str:
        """The language somebody reads."""
        account = self.accounts.get(account_id) if account_id else None
        return account.locale if account else self.usual_locale


def find_readers(session: ScopedSession, accounts: Collection[UUID], residents: Collection[UUID]) -> Readers:
    """How these people are reached; a handful of queries however many they are."""
    choices = select(Preference).where(Preference.account_id.in_(accounts))
    locale = get_setting(session, "core", "default_locale")
    return Readers(
        accounts=_accounts(session, list(accounts)) if accounts else {},
        resident_phones=_resident_phones(session, residents) if residents else {},
        choices={(row.account_id, row.kind, row.channel): row.is_on for row in session.scalars(choices)},
        usual_rest=usual_rest(session),
        usual_locale=locale if locale in LOCALES else SOURCE_LOCALE,
    )


def usual_rest(session: ScopedSession) -> tuple[time, time]:
    """The street's own hours of rest."""
    return (
        read_hour(get_setting(session, "core", "quiet_from")),
        read_hour(get_setting(session, "core", "quiet_until")),
    )


def _accounts(session: ScopedSession, ids: list[UUID]) -> dict[UUID, Reachable]:
    ticket = session.info["signer"].ticket(str(session.scope.tenant_id), "reach-accounts")
    contacts = {row.account_id: row for row in session.scalars(select(Contact).where(Contact.account_id.in_(ids)))}
    found = {}
    for row in session.execute(_ACCOUNTS, {"ticket": ticket, "accounts": ids}):
        contact = contacts.get(row.account_id)
        found[row.account_id] = Reachable(
            locale=row.locale if row.locale in LOCALES else SOURCE_LOCALE,
            phone=session.vault.decrypt_account("phone", row.account_id, row.phone_ct) if row.phone_ct else "",
            email=opened_email(session, contact) if contact else "",
            rest=rest_of(contact),
        )
    return found


def opened_email(session: ScopedSession, contact: Contact) -> str:
    """The proven mailbox in clear; empty when there is none."""
    if contact.email_ct is None:
        return ""
    return session.vault.decrypt(session, "notification_contact", "email", contact.id, contact.email_ct)


def rest_of(contact: Contact | None) -> tuple[time, time] | None:
    """The hours that somebody chose; ``None`` for the street's."""
    if contact is None or contact.quiet_from is None or contact.quiet_until is None:
        return None
    return contact.quiet_from, contact.quiet_until


def _resident_phones(session: ScopedSession, ids: Collection[UUID]) -> dict[UUID, str]:
    rows = session.execute(
        select(Resident.id, Resident.phone_ct).where(
            Resident.id.in_(ids), Resident.phone_ct.is_not(None), Resident.erased_at.is_(None)
        )
    )
    return {row.id: session.vault.decrypt(session, "resident", "phone", row.id, row.phone_ct) for row in rows}
