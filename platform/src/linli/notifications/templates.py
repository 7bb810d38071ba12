"""The street's own words in place of those that came with a kind: written, looked at beforehand, and given up again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from linli.audit import record
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.errors import Conflict, FieldError, Invalid, NotFound
from linli.kit.ids import new_id
from linli.kit.placeholders import fill, stray_brace, unknown_names
from linli.kit.text import LOCALES, listed, speaking
from linli.kit.text import gettext as _
from linli.notifications.composing import places_of
from linli.notifications.kinds import find_kind, names_of
from linli.notifications.models import MessageTemplate
from linli.notifications.rendering import INBOX, Words, default_words
from linli.plugins.contributions import CHANNELS, NotificationType

#: Where words can be given: the inbox, whose words the channels follow, and each channel by itself.
PLACES = (INBOX, *CHANNELS)
SUBJECT_LENGTH = 100
BODY_LENGTH = 2000


@dataclass(frozen=True, slots=True)
class Template:
    """The words of one kind in one language and channel.

    Attributes:
        usual: what came with the kind.
        own: the street's words; ``None`` where it has none here.
        names: what they may mention.
        version: of the street's words, 0 without them.
    """

    kind: NotificationType
    locale: str
    channel: str
    usual: Words
    own: Words | None
    names: Sequence[str]
    version: int

    @property
    def words(self) -> Words:
        """What a form begins with."""
        return self.own or self.usual


def get_template(session: ScopedSession, kind: str, locale: str, channel: str) -> Template:
    """The words of a kind.

    Raises:
        NotFound: there is no such kind, language or channel.
    """
    declared = find_kind(kind)
    if declared is None or locale not in LOCALES or channel not in PLACES:
        raise NotFound(_("没有这种消息"))
    row = _row(session, kind, locale, channel)
    return Template(
        kind=declared,
        locale=locale,
        channel=channel,
        usual=default_words(declared, locale),
        own=Words(row.subject, row.body) if row else None,
        names=sorted(names_of(declared)),
        version=row.version if row else 0,
    )


def rewritten(session: ScopedSession) -> dict[str, list[tuple[str, str]]]:
    """Kind to the languages and channels for which the street has words of its own; one query."""
    found: dict[str, list[tuple[str, str]]] = {}
    rows = session.execute(
        select(MessageTemplate.kind, MessageTemplate.locale, MessageTemplate.channel).order_by(
            MessageTemplate.kind, MessageTemplate.locale, MessageTemplate.channel
        )
    )
    for kind, locale, channel in rows:
        found.setdefault(kind, []).append((locale, channel))
    return found


def preview(session: ScopedSession, template: Template, words: Words) -> Words:
    """A message made from these words, with the names' own names for what is only known later.

    Raises:
        Invalid: as ``set_template``.
    """
    checked = _checked(template, words)
    place = places_of(session, set())[None]
    with speaking(template.locale):
        values = {name: _("〔{name}〕").format(name=name) for name in template.names}
        values |= {"street": place.street, "community": _("〔社区名称〕")}
    return Words(fill(checked.subject, values), fill(checked.body, values))


def set_template(
    session: ScopedSession, actor: Actor, template: Template, words: Words, *, version: int | None = None
) -> Template:
    """Keep the street's own words.

    Args:
        session: of the street.
        actor: who writes them.
        template: as it was read.
        words: the new ones.
        version: what the writer saw; ``None`` overwrites whatever is there.

    Raises:
        Invalid: a text is empty or too long, mentions an unknown name, or holds a brace that belongs to none.
        Conflict: somebody else changed them meanwhile.
    """
    checked = _checked(template, words)
    _same_version(template, version)
    row = _row(session, template.kind.name, template.locale, template.channel)
    before = template.own
    if row is None:
        row = MessageTemplate(
            id=new_id(),
            kind=template.kind.name,
            locale=template.locale,
            channel=template.channel,
            subject=checked.subject,
            body=checked.body,
        )
        session.add(row)
    row.subject, row.body, row.edited_by = checked.subject, checked.body, actor.account_id
    session.flush()
    _record(session, "update", template, row.id, before, checked)
    return get_template(session, template.kind.name, template.locale, template.channel)


def clear_template(session: ScopedSession, template: Template, *, version: int | None = None) -> None:
    """Give up the street's words: what came with the kind holds again. Nothing happens where there are none.

    Raises:
        Conflict: somebody else changed them meanwhile.
    """
    _same_version(template, version)
    row = _row(session, template.kind.name, template.locale, template.channel)
    if row is not None:
        session.delete(row)
        session.flush()
        _record(session, "clear", template, row.id, template.own, None)


def _row(session: ScopedSession, kind: str, locale: str, channel: str) -> MessageTemplate | None:
    return session.scalar(
        select(MessageTemplate).where(
            MessageTemplate.kind == kind, MessageTemplate.locale == locale, MessageTemplate.channel == channel
        )
    )


def _same_version(template: Template, version: int | None) -> None:
    if version is not None and version != template.version:
        raise Conflict(_("这段文字已被他人修改，请刷新后重试"))


def _checked(template: Template, words: Words) -> Words:
    subject = " ".join(words.subject.split())
    body = "\n".join(line.rstrip() for line in words.body.strip().splitlines())
    faults = [*_faults("subject", subject, SUBJECT_LENGTH, template), *_faults("body", body, BODY_LENGTH, template)]
    if faults:
        raise Invalid(errors=faults)
    return Words(subject, body)


def _faults(field: str, text: str, longest: int, template: Template) -> list[FieldError]:
    names = listed(f"{{{name}}}" for name in template.names)
    if not text:
        return [FieldError(field, _("必须填写"))]
    if len(text) > longest:
        return [FieldError(field, _("太长"), _("最多 {n} 个字").format(n=longest))]
    if any(ord(character) < 32 and character != "\n" for character in text):
        return [FieldError(field, _("含有控制字符"), _("文字和换行"))]
    if stray := stray_brace(text):
        return [FieldError(field, _("“{piece}”不是可用的名称").format(piece=stray), names)]
    if unknown := unknown_names(text, template.names):
        said = listed(f"{{{name}}}" for name in unknown)
        return [FieldError(field, _("没有 {names} 这样的名称").format(names=said), names)]
    return []


def _record(
    session: ScopedSession, verb: str, template: Template, row_id: UUID, before: Words | None, after: Words | None
) -> None:
    where = {"kind": template.kind.name, "locale": template.locale, "channel": template.channel}
    record(
        session,
        f"core.message_template.{verb}",
        ("message_template", row_id),
        before=where | {"subject": before.subject, "body": before.body} if before else None,
        after=where | ({"subject": after.subject, "body": after.body} if after else {}),
    )
