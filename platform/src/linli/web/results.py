"""What a handler may return."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import msgspec

from linli.kit.errors import Invalid
from linli.kit.text import gettext as _

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class View:
    """A page: a template and what it shows.

    Attributes:
        fragment: the template of the part that htmx replaces.
        toast: a short message beside it: where htmx asked, in a corner of the page that stands; else on top.
        tone: of the message: ``done``, ``warning`` or ``bad``.
    """

    template: str
    context: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    fragment: str | None = None
    cookies: tuple[Any, ...] = ()
    toast: str = ""
    tone: str = "done"


@dataclass(frozen=True, slots=True)
class GuardedView(View):
    """A page of the core whose ``headers`` go in place of those that every page has."""

    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Redirect:
    """Go to another page (303), with a message on top of it.

    Attributes:
        to: a path below the portal (``/residents``), or with ``absolute`` a path from the root of the site.
        message: said once on the next page.
        tone: ``done`` or ``warning``.
    """

    to: str
    message: str = ""
    tone: str = "done"
    absolute: bool = False
    cookies: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Download:
    """A file to save, or, with ``inline``, to look at.

    Attributes:
        content: bytes, or chunks of them that need no session any more.
        name: the file name, Chinese allowed.
        status: 304 where the browser has it already.
    """

    content: bytes | Iterable[bytes]
    name: str
    media_type: str
    inline: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200


class Page(msgspec.Struct, Generic[T], kw_only=True):
    """One page of a list; ``next`` is the ``after`` of the following page, ``null`` on the last."""

    items: list[T]
    next: str | None = None


def page_of(items: Sequence[T], after: str, limit: int, *, key: Callable[[T], str]) -> Page[T]:
    """One page of a list that is short by nature (the owners of a dwelling, the installed plugins) and was read whole.

    Args:
        items: in their order.
        after: the key of the last one of the page before; empty for the first page.
        limit: of a page.
        key: what tells the items apart.

    Raises:
        Invalid: ``after`` is no key of this list.
    """
    first = 0
    if after:
        keys = [key(item) for item in items]
        if after not in keys:
            raise Invalid.one("after", _("翻页位置无效"), _("请使用上一页返回的 next 值"))
        first = keys.index(after) + 1
    shown = items[first : first + limit]
    return Page(items=list(shown), next=key(shown[-1]) if first + limit < len(items) else None)


class Problem(msgspec.Struct, kw_only=True, rename="camel", omit_defaults=True):
    """An error as RFC 9457 describes it."""

    type: str
    title: str
    status: int
    detail: str = ""
    instance: str = ""
    errors: list[ProblemField] = []


class ProblemField(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One fault in one field of the input."""

    field: str
    message: str
    allowed: str = ""
