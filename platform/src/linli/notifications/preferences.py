"""What a person chooses: which kinds come through which channels, when they want to rest, and their mailbox."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import time, timedelta
from uuid import UUID

import structlog
from sqlalchemy import delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from linli.audit import record
from linli.channels import Channels, Letter
from linli.channels.settings import is_mailbox
from linli.db.session import ScopedSession, after_commit
from linli.identity.limits import CODE_DIGITS, HOUR, MINUTE
from linli.identity.premises import Premises
from linli.identity.throttle import Limit, take_attempt
from linli.kit.actor import Actor
from linli.kit.clock import now
from linli.kit.errors import Conflict, FieldError, Forbidden, Invalid
from linli.kit.ids import new_id
from linli.kit.text import current_locale
from linli.kit.text import gettext as _
from linli.notifications.composing import places_of
from linli.notifications.models import Contact, Preference
from linli.notifications.reach import usual_rest
from linli.notifications.rendering import Words, as_letter_html, as_letter_text
from linli.plugins.contributions import NotificationType

log = structlog.get_logger("linli.notifications")

#: A letter may take minutes, and an elderly person some more to find it.
CODE_LIFE = 30 * MINUTE
#: Letters cost patience; guesses at a code of a million are too few within its life.
CODES_FOR_ACCOUNT = Limit("email-code/account", free=5, base=60, cap=HOUR, memory=2 * HOUR)
CODES_TO_MAILBOX = Limit("email-code/mailbox", free=3, base=60, cap=HOUR, memory=2 * HOUR)
TRIES_FOR_ACCOUNT = Limit("email-code-try/account", free=5, base=60, cap=HOUR, memory=HOUR)

_POSTMEN = ThreadPoolExecutor(1, thread_name_prefix="linli-mailbox")


@dataclass(frozen=True, slots=True)
class Choice:
    """One kind through one channel.

    Attributes:
        is_on: whether it comes.
        is_fixed: it is urgent and always comes this way.
    """

    kind: NotificationType
    channel: str
    is_on: bool
    is_fixed: bool


@dataclass(frozen=True, slots=True)
class Reachability:
    """How a person is reached here, as they see it themselves.

    Attributes:
        choices: every kind and channel.
        rest: the hours that they chose; ``None`` for the street's.
        usual_rest: the street's.
        email_mask: their mailbox as it is shown; empty when there is none.
        pending_mask: one that waits for its code.
    """

    choices: Sequence[Choice]
    rest: tuple[time, time] | None
    usual_rest: tuple[time, time]
    email_mask: str
    pending_mask: str


def reachability(
    session: ScopedSession, actor: Actor, kinds: Sequence[NotificationType], channels: Sequence[str]
) -> Reachability:
    """What this person chose of these kinds and channels."""
    account = _account(actor)
    rows = session.scalars(select(Preference).where(Preference.account_id == account))
    chosen = {(row.kind, row.channel): row.is_on for row in rows}
    contact = session.scalar(select(Contact).where(Contact.account_id == account))
    return Reachability(
        choices=[_choice(kind, channel, chosen) for kind in kinds for channel in channels],
        rest=_rest(contact),
        usual_rest=usual_rest(session),
        email_mask=contact.email_mask if contact else "",
        pending_mask=contact.pending_mask if contact and contact.pending_ct else "",
    )


def choose(
    session: ScopedSession, actor: Actor, wanted: Mapping[tuple[str, str], bool], kinds: Sequence[NotificationType]
) -> None:
    """Keep what a person chose; what is the usual for a kind is not kept, and follows the kind from then on.

    Args:
        session: of the street or one of its communities; the choice holds in the whole street.
        actor: whose choice.
        wanted: kind and channel to whether it shall come; what is not named stays as it is.
        kinds: those that may be chosen here.

    Raises:
        Invalid: such a kind is not sent here, or an urgent one was switched off.
    """
    account, by_name = _account(actor), {kind.name: kind for kind in kinds}
    faults = [fault for key, is_on in wanted.items() if (fault := _fault(by_name, key, is_on=is_on))]
    if faults:
        raise Invalid(errors=faults)
    own = {key: is_on for key, is_on in wanted.items() if is_on != (key[1] in by_name[key[0]].channels)}
    if wanted:
        session.execute(
            delete(Preference).where(
                Preference.account_id == account, tuple_(Preference.kind, Preference.channel).in_(list(wanted))
            )
        )
    if own:
        rows = [
            {"id": new_id(), "account_id": account, "kind": kind, "channel": channel, "is_on": is_on}
            for (kind, channel), is_on in sorted(own.items())
        ]
        session.execute(insert(Preference).values(rows).on_conflict_do_nothing())
    record(
        session,
        "core.message_preference.update",
        ("account", account),
        after={
            name: sorted(" ".join(each) for each, is_on in wanted.items() if is_on == to)
            for name, to in (("turned_on", True), ("turned_off", False))
            if to in wanted.values()
        },
    )


def set_rest(session: ScopedSession, actor: Actor, rest: tuple[time, time] | None) -> None:
    """Keep the hours of rest that a person chose; ``None`` follows the street's."""
    contact = _own_contact(session, actor)
    contact.quiet_from, contact.quiet_until = rest or (None, None)
    session.flush()
    hours = f"{rest[0]:%H:%M}-{rest[1]:%H:%M}" if rest else ""
    record(session, "core.message_preference.update", ("account", contact.account_id), after={"rest": hours})


def request_email(premises: Premises, session: ScopedSession, actor: Actor, address: str) -> None:
    """Write a code to a mailbox; it is used once its code comes back, and the one before is used until then.

    Raises:
        Invalid: not an e-mail address.
        Conflict: no mail server is connected.
        TooMany: too many codes for this account or to this mailbox.
    """
    channels: Channels = session.info["channels"]
    if not channels.email.is_connected:
        raise Conflict(_("这里还不能发送邮件"))
    mailbox = address.strip()
    if not is_mailbox(mailbox):
        raise Invalid.one("email", _("不是邮箱地址"), _("例如 zhangsan@example.cn"))
    account = _account(actor)
    take_attempt(premises, (CODES_FOR_ACCOUNT, str(account)), (CODES_TO_MAILBOX, mailbox.lower()))
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    contact = _own_contact(session, actor)
    contact.pending_ct = session.vault.encrypt(session, "notification_contact", "pending", contact.id, mailbox)
    contact.pending_mask = mask_mailbox(mailbox)
    contact.code_hash = _hash(session, contact, code)
    contact.code_expires_at = now() + timedelta(seconds=CODE_LIFE)
    session.flush()
    letter = _code_letter(session, mailbox, code)
    after_commit(session, lambda: _POSTMEN.submit(_post, channels, letter) and None)
    record(session, "core.mailbox.request", ("account", account), after={"email": contact.pending_mask})


def confirm_email(premises: Premises, session: ScopedSession, actor: Actor, code: str) -> None:
    """Take the mailbox into use whose code this is.

    Raises:
        Invalid: the code is wrong, used or too old.
        TooMany: too many tries.
    """
    account = _account(actor)
    take_attempt(premises, (TRIES_FOR_ACCOUNT, str(account)))
    contact = _own_contact(session, actor)
    expires = contact.code_expires_at
    fits = contact.code_hash is not None and secrets.compare_digest(
        contact.code_hash, _hash(session, contact, code.strip())
    )
    if not fits or contact.pending_ct is None or expires is None or expires <= now():
        raise Invalid.one("code", _("验证码不正确或已过期"), _("请核对邮件，或重新获取验证码"))
    mailbox = session.vault.decrypt(session, "notification_contact", "pending", contact.id, contact.pending_ct)
    before = contact.email_mask
    contact.email_ct = session.vault.encrypt(session, "notification_contact", "email", contact.id, mailbox)
    contact.email_mask, contact.confirmed_at = contact.pending_mask, now()
    _forget_pending(contact)
    session.flush()
    record(
        session,
        "core.mailbox.set",
        ("account", account),
        before={"email": before},
        after={"email": contact.email_mask},
    )


def remove_email(session: ScopedSession, actor: Actor) -> None:
    """Forget the mailbox, and one that waits for its code; nothing happens where there is none."""
    contact = _own_contact(session, actor)
    if contact.email_ct is None and contact.pending_ct is None:
        return
    before = contact.email_mask or contact.pending_mask
    contact.email_ct, contact.email_mask, contact.confirmed_at = None, "", None
    _forget_pending(contact)
    session.flush()
    record(session, "core.mailbox.remove", ("account", contact.account_id), before={"email": before})


def mask_mailbox(mailbox: str) -> str:
    """``z***@example.cn``."""
    name, _at, domain = mailbox.partition("@")
    return f"{name[:1]}***@{domain}"


def _choice(kind: NotificationType, channel: str, chosen: Mapping[tuple[str, str], bool]) -> Choice:
    usual = channel in kind.channels
    is_fixed = kind.is_urgent and usual
    return Choice(kind, channel, is_fixed or chosen.get((kind.name, channel), usual), is_fixed)


def _fault(kinds: Mapping[str, NotificationType], key: tuple[str, str], *, is_on: bool) -> FieldError | None:
    name, channel = key
    kind = kinds.get(name)
    if kind is None:
        return FieldError("choices", _("这里没有“{name}”这种消息").format(name=name))
    if kind.is_urgent and channel in kind.channels and not is_on:
        return FieldError("choices", _("“{title}”是紧急消息，不能关闭").format(title=_(kind.title)))
    return None


def _account(actor: Actor) -> UUID:
    # Somebody who has nothing to do here is sent nothing from here, and leaves nothing behind.
    if actor.account_id is None or not (actor.grants or actor.resident_ids):
        raise Forbidden(_("您在这里没有登记，也没有角色，没有消息可以设置"))
    return actor.account_id


def _rest(contact: Contact | None) -> tuple[time, time] | None:
    if contact is None or contact.quiet_from is None or contact.quiet_until is None:
        return None
    return contact.quiet_from, contact.quiet_until


def _own_contact(session: ScopedSession, actor: Actor) -> Contact:
    account = _account(actor)
    session.execute(insert(Contact).values(id=new_id(), account_id=account).on_conflict_do_nothing())
    return session.scalars(select(Contact).where(Contact.account_id == account).with_for_update()).one()


def _forget_pending(contact: Contact) -> None:
    contact.pending_ct, contact.pending_mask, contact.code_hash, contact.code_expires_at = None, "", None, None


def _hash(session: ScopedSession, contact: Contact, code: str) -> bytes:
    return session.vault.blind_index(session, "email-code", f"{contact.id}|{code}")


def _code_letter(session: ScopedSession, mailbox: str, code: str) -> Letter:
    community = session.scope.community_id
    place = places_of(session, {community})[community]
    body = _("验证码：{code}\n请在{minutes}分钟内填入邮箱确认页面。如果不是您本人操作，不必理会这封邮件。").format(
        code=code, minutes=CODE_LIFE // MINUTE
    )
    words = Words(_("邮箱验证码"), body)
    channels: Channels = session.info["channels"]
    url = f"{channels.base_url}{place.root}/inbox/preferences"
    return Letter(
        id=str(new_id()),
        to=mailbox,
        sender_name=place.street,
        subject=words.subject,
        text=as_letter_text(words, place, "", url),
        html=as_letter_html(words, place, "", url, current_locale()),
    )


def _post(channels: Channels, letter: Letter) -> None:
    try:
        (fault,) = channels.email.send([letter])
        reason = fault.kind if fault else ""
    except Exception as error:
        # No trace and no message of the error: they may hold the mailbox or the code.
        reason = type(error).__name__
    if reason:
        log.error("a code could not be sent to a mailbox", error=reason)
