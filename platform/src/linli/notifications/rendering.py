"""Making the words of a message: the street's own template or the kind's, in the reader's language, for one channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from linli.kit.placeholders import fill
from linli.kit.text import gettext as _
from linli.kit.text import speaking
from linli.notifications.context import shown
from linli.plugins.contributions import NotificationType

#: Where texts are shown or sent: the inbox, and beside it the channels.
INBOX = "inbox"

#: Characters of a text message: ten of the short messages that phones put together.
LONGEST_TEXT = 670


@dataclass(frozen=True, slots=True)
class Words:
    """A template, or a message made from one: a line, and a text of a few lines."""

    subject: str
    body: str


#: The street's own templates by kind, language and channel.
Overrides = Mapping[tuple[str, str, str], Words]


@dataclass(frozen=True, slots=True)
class MessagePlace:
    """Where a message belongs: what ``{street}`` and ``{community}`` stand for, and what its links begin with.

    Attributes:
        community: empty for the street's own messages.
        root: the portal in which the reader finds their inbox, a path without a trailing slash.
    """

    street: str
    community: str = ""
    root: str = ""


def default_words(kind: NotificationType, locale: str) -> Words:
    """The words that came with the kind."""
    with speaking(locale):
        return Words(_(kind.subject), _(kind.body))


def words_for(kind: NotificationType, locale: str, channel: str, overrides: Overrides) -> Words:
    """The template that holds: the channel's own, or else that of the inbox, or else what came with the kind."""
    for each in (channel, INBOX):
        if (own := overrides.get((kind.name, locale, each))) is not None:
            return own
    return default_words(kind, locale)


def render(
    kind: NotificationType | None,
    context: Mapping[str, Any],
    place: MessagePlace,
    *,
    locale: str,
    channel: str = INBOX,
    overrides: Overrides | None = None,
) -> Words:
    """A message as one person reads it in one channel.

    Args:
        kind: ``None`` when the plugin that sent it is gone: the message then says only that much.
        context: as stored in its own row, and nobody else's.
        place: its own street and community.
        locale: the reader's language.
        channel: ``inbox`` or one of ``CHANNELS``.
        overrides: the street's own templates.
    """
    with speaking(locale):
        if kind is None:
            return Words(_("一条消息"), _("发出这条消息的功能已经停用，内容无法显示。"))
        template = words_for(kind, locale, channel, overrides or {})
        values = values_of(context, place)
    subject = " ".join(fill(template.subject, values).split())
    return Words(subject, fill(template.body, values).strip())


def values_of(context: Mapping[str, Any], place: MessagePlace) -> dict[str, str]:
    """Every name that a template may mention and what it stands for, in the current language."""
    return {**shown(context), "street": place.street, "community": place.community}


def as_text_message(words: Words, place: MessagePlace) -> str:
    """The text of a text message, signed as the rules of the carriers ask: the sender's name in brackets first."""
    text = " ".join(words.body.split())
    return f"【{place.community or place.street}】{text}"[:LONGEST_TEXT]


def as_letter_text(words: Words, place: MessagePlace, url: str, preferences_url: str) -> str:
    """The plain text of an e-mail, in the current language."""
    parts = [words.body]
    if url:
        parts.append(_("查看详情：{url}").format(url=url))
    parts.append(_footer(place, preferences_url))
    return "\n\n".join(parts) + "\n"


def as_letter_html(words: Words, place: MessagePlace, url: str, preferences_url: str, locale: str) -> str:
    """The same as HTML, in the current language. Everything that is put in is escaped."""
    paragraphs = "".join(f"<p>{escape(line)}</p>\n" for line in words.body.splitlines() if line.strip())
    link = f'<p><a href="{escape(url)}">{escape(_("查看详情"))}</a></p>\n' if url else ""
    footer = "<br>\n".join(escape(line) for line in _footer(place, preferences_url).splitlines())
    language = locale.replace("_", "-")
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8"><title>{escape(words.subject)}</title>'
        f"</head>\n<body>\n<h1>{escape(words.subject)}</h1>\n{paragraphs}{link}<hr>\n<p>{footer}</p>\n</body></html>\n"
    )


def _footer(place: MessagePlace, preferences_url: str) -> str:
    sender = f"{place.street} {place.community}".strip()
    wanted = _("要改变哪些消息发到邮箱，请打开：{url}").format(url=preferences_url)
    return f"{sender}\n{wanted}"
