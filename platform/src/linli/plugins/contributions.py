"""What a plugin can contribute: frozen values that its hooks return and the core keeps, tagged with its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Literal, Protocol
from uuid import UUID

from linli.access.permissions import Permission
from linli.access.roles import Level, Role
from linli.approvals.acts import Act
from linli.audit.wording import RecordWords
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.plugins.events import EventHandler
from linli.plugins.extending import Command, RosterColumn
from linli.plugins.informing import Disclosed, Disclosure, Found, Health, HealthCheck, Metric, SearchProvider
from linli.plugins.obligations import Evidence, Obligation, Occasion, Span
from linli.plugins.pushing import Foreseen, Push, Pushed, Undoing
from linli.plugins.schedules import Schedule
from linli.rules.packs import RulePack
from linli.settings.spec import SettingSpec

PortalName = Literal["console", "admin", "resident"]
ApiLevel = Literal["street", "community"]

NavigationKind = Literal["menu", "page", "act"]
NAVIGATION_KINDS: tuple[NavigationKind, ...] = ("menu", "page", "act")
PORTALS: tuple[PortalName, ...] = ("console", "admin", "resident")
API_LEVELS: tuple[ApiLevel, ...] = ("street", "community")
#: Where jobs wait: ``slow`` is for work of minutes, which must not keep others waiting.
QueueName = Literal["default", "slow"]
QUEUES: tuple[QueueName, ...] = ("default", "slow")
#: Parts of a resident's first page, in their order; each has its title and what it says where nothing is in it.
CARD_GROUPS: dict[str, tuple[str, str]] = {
    "notices": ("公告和通知", "现在没有新的公告。"),
    "take_part": ("我能参加的", "现在没有可以参加的事，有了会写在这里。"),
    "requests": ("我的申请", "您没有正在办理的申请。"),
    "votes": ("投票和表决", "现在没有要您投票的事。"),
    "points": ("我的积分", "您还没有积分。"),
    "bills": ("我的账单", "您没有要交的费用。"),
    "services": ("社区服务", "这里暂时没有内容。"),
}
#: Ways to reach people beside their inbox, which everybody has.
CHANNELS = ("email", "sms", "wechat")


class Endpoint(Protocol):
    """What the decorators ``get``, ``post``, ``put``, ``patch`` and ``delete`` make of a function."""

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def needs(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Pages:
    """Pages of one portal; the core mounts them below ``/<plugin>``.

    Attributes:
        portal: ``console`` (street), ``admin`` (community) or ``resident``; a page that anybody may read without
            signing in is a handler of ``resident`` declared with ``public=True``.
        handlers: made with the decorators of ``linli.sdk``.
    """

    portal: PortalName
    handlers: Sequence[Endpoint]


@dataclass(frozen=True, slots=True)
class Api:
    """Endpoints of the JSON API of the street or of a community; the core mounts them below ``/<plugin>``.

    Attributes:
        level: ``street`` or ``community``: whose rows they are about.
        handlers: made with the decorators of ``linli.sdk``.
    """

    level: ApiLevel
    handlers: Sequence[Endpoint]


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """An entry of a portal's menu and of its command palette, shown where the plugin is on and the permission is held.

    Attributes:
        portal: whose menu.
        title: in Chinese; a message of the catalogue.
        path: below the plugin's own pages; empty for its first page.
        needs: the permission to see it; ``None`` for everybody.
        order: the smaller stands further up; the core's own entries use 10, 20, 30 …
        icon: a name of the icon set; empty for none.
        count: how much waits there for this person, called with session and actor; asked with every page, so it is one
            query or none. Since SDK 1.2.
        kind: ``menu``: in the menu, and in the palette; ``page`` and ``act``: in the palette alone, as a page further
            inside (``桶站值守``) or as something that one can do (``起草公告``). Since SDK 1.2.
        also: other words by which the palette finds it, in Chinese with their pinyin and initials (``通知``), and in
            the reader's language; messages. Since SDK 1.2.
        quick: of an ``act`` of the admin portal: a short form that people fill in on a phone while they are on their
            way; it stands behind the button "记一笔" as well. Since SDK 1.2.
    """

    portal: PortalName
    title: str
    path: str = ""
    needs: str | None = None
    order: int = 100
    icon: str = ""
    count: Callable[[ScopedSession, Actor], int] | None = None
    kind: NavigationKind = "menu"
    also: tuple[str, ...] = ()
    quick: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Todo:
    """Something that a person has to do, or that is planned for a day: a line of "today".

    Attributes:
        title: what, in the reader's language.
        path: its page, below the plugin's own in that portal.
        on: the last day to do it, or the day of what is planned; ``None`` for what waits now.
        detail: a few words more, e.g. the hours or the place; personal data only as on the page that it leads to.
        is_planned: takes place on its day by itself, rather than having to be done by then.
    """

    title: str
    path: str
    on: date | None = None
    detail: str = ""
    is_planned: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """A card on a portal's first page.

    Attributes:
        portal: whose first page.
        title: in Chinese; a message of the catalogue.
        template: of the plugin, e.g. ``notices/card.html``.
        data: called with session and actor; what the template shows beside ``place`` and ``actor``. One query or two:
            it runs with the page. ``None`` for nothing to show to this person: the card is left out (since SDK 1.2).
        needs: the permission to see it; ``None`` for everybody.
        order: the smaller stands further up.
        group: the part of a resident's first page that it belongs to, a key of ``CARD_GROUPS``; ``services`` where it
            says nothing. Since SDK 1.2.
        todo: called with session, actor and the first and last day shown; what this person has to do, the most urgent
            first, and what is planned for those days. A few lines, at most two queries. For ``admin`` and
            ``resident``. Since SDK 1.2.
    """

    portal: PortalName
    title: str
    template: str
    data: Callable[[ScopedSession, Actor], Mapping[str, Any] | None]
    needs: str | None = None
    order: int = 100
    group: str = ""
    todo: Callable[[ScopedSession, Actor, date, date], Sequence[Todo]] | None = None


@dataclass(frozen=True, slots=True)
class TaskSpec:
    """A piece of background work.

    Attributes:
        name: ``<plugin>.<verb>_<noun>``.
        handler: called with the ``JobRun``; must bear being run twice.
        title: for the list of jobs, in Chinese; a message.
        lease: seconds that one step may take; a process silent for longer counts as dead, and is ended.
        daily_at: short for ``schedule=Schedule.daily(…)``.
        schedule: when it runs by itself, once for each street that allows the plugin and in the street's scope;
            communities where the plugin is off are the handler's to leave out. ``None`` for work that somebody asks
            for.
        queue: ``slow`` for work of minutes, so that it keeps nobody waiting.
    """

    name: str
    handler: Callable[..., Any]
    title: str = ""
    lease: int = 60
    daily_at: time | None = None
    schedule: Schedule | None = None
    queue: QueueName = "default"

    @property
    def when(self) -> Schedule | None:
        """Its schedule, in whichever way it was given."""
        return self.schedule or (Schedule.daily(self.daily_at) if self.daily_at is not None else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationType:
    """A kind of message that people get.

    Attributes:
        name: ``<plugin>.<noun>_<past verb>``, e.g. ``notices.notice_published``.
        title: what people switch on and off in their preferences, in Chinese; a message.
        subject: one line with ``{names}`` of the context, in Chinese; a message, so that each reader gets their own
            language.
        body: the text likewise, a few lines.
        is_urgent: also in quiet hours, and it cannot be switched off: for danger to life and for legal deadlines.
        channels: where it goes beside the inbox unless people choose otherwise: some of ``CHANNELS``.
        needs: the permission of those whom it can reach at all; ``None`` for anybody. Others are not asked about it in
            their preferences.
    """

    name: str
    title: str
    subject: str
    body: str
    is_urgent: bool = False
    channels: tuple[str, ...] = ()
    needs: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A person as the register of one street knows them.

    Attributes:
        resident_ids: their entries within the scope, one for each community.
        account_id: what they sign in with; ``None`` when they never did.
    """

    resident_ids: tuple[UUID, ...]
    account_id: UUID | None


@dataclass(frozen=True, slots=True)
class Erased:
    """What became of a person's data in one place.

    Attributes:
        removed: rows deleted or made anonymous.
        kept: rows that had to stay.
        reason: why they had to (a law, a record that others rely on); empty when none was kept.
    """

    removed: int
    kept: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalData:
    """What a plugin keeps about people: given to them on request, and erased on request (PIPL 45, 47).

    Attributes:
        title: what it is, in Chinese; a message.
        purpose: what it is kept for, in a sentence; a message (PIPL 17).
        basis: the lawful basis, e.g. ``履行法定职责``; a message (PIPL 13).
        export: called with a session of the street or the community and the person; JSON values, with the person's
            own numbers in clear and other people's names masked. An empty list when there is nothing.
        erase: removes or makes anonymous what may go, in one transaction, and says what had to stay. Must bear being
            called again.
        tables: ``schema.table`` of every table that it answers for; each table that refers to residents or accounts,
            or holds a sealed column, must be named by one.
    """

    title: str
    purpose: str
    basis: str
    export: Callable[[ScopedSession, Person], Sequence[Mapping[str, Any]]]
    erase: Callable[[ScopedSession, Person], Erased]
    tables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DataClass:
    """A class of data with a period after which it is deleted (PIPL 19).

    Attributes:
        name: ``<plugin>.<plural>``, e.g. ``notices.readings``.
        title: in Chinese; a message.
        days: how long it is kept unless the street chooses otherwise; ``None`` for ever.
        least_days: what a law demands at least; the street cannot choose less.
        most_days: what a law allows at most; the street cannot choose more.
        source: the law and its article, or why this period.
        purge: called with a session of the street, a moment, a number and ``held``: ids of residents, accounts and
            communities under a legal hold. Deletes at most so many rows that are older than the moment, leaves out
            what belongs to one of ``held``, and returns the ids that went, over which the proof of the purge is made.
            A bare number is taken too; the proof then names no rows.
    """

    name: str
    title: str
    days: int | None
    least_days: int = 0
    most_days: int | None = None
    source: str
    purge: Callable[[ScopedSession, datetime, int, frozenset[UUID]], Sequence[UUID] | int]


@dataclass(frozen=True, slots=True)
class DemoData:
    """Rows for the demo street.

    Attributes:
        fill: called with session, actor and ``None`` for the street itself, then with the id of each community where
            the plugin is on, then for the street once more, for what it puts together from its communities; must add
            nothing when all of this is done again.
    """

    fill: Callable[[ScopedSession, Actor, UUID | None], None]


__all__ = [
    "API_LEVELS",
    "CARD_GROUPS",
    "CHANNELS",
    "NAVIGATION_KINDS",
    "PORTALS",
    "QUEUES",
    "Act",
    "Api",
    "ApiLevel",
    "Card",
    "Command",
    "DataClass",
    "DemoData",
    "Disclosed",
    "Disclosure",
    "Endpoint",
    "Erased",
    "EventHandler",
    "Evidence",
    "Foreseen",
    "Found",
    "Health",
    "HealthCheck",
    "Level",
    "Metric",
    "NavigationItem",
    "NavigationKind",
    "NotificationType",
    "Obligation",
    "Occasion",
    "Pages",
    "Permission",
    "Person",
    "PersonalData",
    "PortalName",
    "Push",
    "Pushed",
    "QueueName",
    "RecordWords",
    "Role",
    "RosterColumn",
    "RulePack",
    "Schedule",
    "SearchProvider",
    "SettingSpec",
    "Span",
    "TaskSpec",
    "Todo",
    "Undoing",
]
