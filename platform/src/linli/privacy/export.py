"""A person's own data, gathered from every part of the platform and put into a file that people and programs read."""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

import msgspec

from linli.db.session import ScopedSession
from linli.kit.clock import now
from linli.kit.days import day_text, moment_text
from linli.kit.text import current_locale, listed
from linli.kit.text import gettext as _
from linli.plugins.containment import EXPORT, PluginFailed, call, contained
from linli.plugins.containment.calls import WrongAnswer
from linli.plugins.contributions import Person, PersonalData
from linli.privacy.choices import FIELDS
from linli.privacy.schemas import SectionOut
from linli.privacy.sources import personal_data

_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?")
_DAY = len("2026-01-31")
#: Bytes of what one part keeps about one person.
_MOST = 32 * 1024 * 1024
_STYLE = """
body{font:16px/1.6 system-ui,"PingFang SC","Microsoft YaHei",sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem;border-bottom:1px solid #999}
table{border-collapse:collapse;width:100%}th,td{border:1px solid #bbb;padding:.3rem .5rem;text-align:left;
vertical-align:top;overflow-wrap:anywhere}.hint{color:#555}.fault{color:#a00}
@media print{body{margin:0;max-width:none}h2{break-after:avoid}tr{break-inside:avoid}}
"""


def gather(session: ScopedSession, person: Person, *, read_only: bool = False) -> list[SectionOut]:
    """What every part keeps about a person; a plugin that fails is named and stops nobody.

    Args:
        session: of the person's community.
        person: whose data.
        read_only: in a page; nothing may be written there, and no savepoint is needed for the core's parts.
    """
    sections = []
    # As people expect it: who one is comes first.
    for source in reversed(personal_data()):
        item, fault = source.item, ""
        rows: list[dict[str, Any]] = []
        asked = partial(_exported, session, item, person)
        try:
            if source.owner != "core":
                rows = call(session, source.owner, EXPORT, asked, where=item.title)
            elif read_only:
                rows = asked()
            else:
                with contained(session):
                    rows = asked()
        except PluginFailed as failed:
            fault = failed.error_type
        sections.append(
            SectionOut(
                owner=source.owner,
                title=_(item.title),
                purpose=_(item.purpose),
                basis=_(item.basis),
                rows=rows,
                fault=fault,
            )
        )
    return sections


def _exported(session: ScopedSession, item: PersonalData, person: Person) -> list[dict[str, Any]]:
    rows = [dict(row) for row in item.export(session, person)]
    # What JSON cannot hold is the part's own fault, not the whole file's.
    if (size := len(msgspec.json.encode(rows))) > _MOST:
        raise WrongAnswer(f"{size} bytes about one person are more than {_MOST}")
    return rows


def pack(sections: Sequence[SectionOut], *, street: str, community: str) -> bytes:
    """The file: a page to read and print, and the same as JSON (PIPL 45: to take along)."""
    made_at = now()
    content = {"made_at": made_at, "street": street, "community": community, "sections": list(sections)}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("index.html", as_page(sections, street=street, community=community, made_at=made_at))
        archive.writestr("data.json", msgspec.json.format(msgspec.json.encode(content), indent=2))
    return packed.getvalue()


def as_page(sections: Sequence[SectionOut], *, street: str, community: str, made_at: datetime) -> str:
    """The sections as one page that needs nothing beside itself."""
    title = _("个人信息副本")
    parts = [
        f'<!doctype html><html lang="{"en" if current_locale() == "en" else "zh-CN"}"><head><meta charset="utf-8">',
        f'<meta name="viewport" content="width=device-width"><title>{_text(title)}</title>',
        f"<style>{_STYLE}</style></head><body><h1>{_text(title)}</h1>",
        f"<p>{_text(street)} {_text(community)} · {_text(shown(made_at))}</p>",
        f'<p class="hint">{_text(_("这里是社区保存的关于您的信息。别人的姓名只写第一个字。请妥善保管这份文件。"))}</p>',
    ]
    for section in sections:
        parts.append(f"<h2>{_text(section.title)}</h2>")
        parts.append(f'<p class="hint">{_text(_("用途"))}：{_text(section.purpose)}<br>')
        parts.append(f"{_text(_('依据'))}：{_text(section.basis)}</p>")
        parts.append(_rows(section))
    parts.append("</body></html>")
    return "".join(parts)


def _rows(section: SectionOut) -> str:
    if section.fault:
        return f'<p class="fault">{_text(_("这一部分没有取到，请联系居委会。"))}</p>'
    if not section.rows:
        return f"<p>{_text(_('没有保存。'))}</p>"
    names = list(dict.fromkeys(name for row in section.rows for name in row))
    head = "".join(f"<th>{_text(label(name))}</th>" for name in names)
    body = "".join(
        "<tr>" + "".join(f"<td>{_text(shown(row.get(name)))}</td>" for name in names) + "</tr>" for row in section.rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def label(name: str) -> str:
    """A field's title in the reader's language; a plugin's own field keeps its name."""
    return _(FIELDS[name]) if name in FIELDS else name


def shown(value: Any) -> str:
    """A value in words for people; a dash where there is none."""
    if value is None or value == "" or value == []:
        return "—"
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, str) and _ISO.fullmatch(value):
        # A part may write its days as the file for programs holds them; people read them in words all the same.
        value = _read(value)
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, date):
        return day_text(value)
    if isinstance(value, list | tuple):
        return listed(shown(each) for each in value)
    if isinstance(value, dict):
        return listed(f"{label(key)}: {shown(each)}" for key, each in value.items())
    return str(value)


def _read(value: str) -> date | datetime | str:
    try:
        if len(value) == _DAY:
            return date.fromisoformat(value)
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    # Without a zone nobody knows which moment is meant.
    return moment if moment.tzinfo else value


def _text(value: str) -> str:
    return html.escape(value)
