"""What others see of the notices: numbers on the street's board, results of a search, the entry among disclosures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from linli.sdk import (
    Actor,
    Disclosed,
    Disclosure,
    Found,
    Metric,
    ScopedSession,
    SearchProvider,
    Unauthenticated,
    best_fits,
)
from linli_notices import repository
from linli_notices.board import board_titles, read_board, read_public
from linli_notices.permissions import READ
from linli_notices.repository import Filter, Title
from linli_notices.schemas import NoticeLine
from linli_notices.service import list_notices, notice_titles

#: Titles that are looked at while somebody types; older notices are found by the words that stand in them.
_LOOKED_AT = 500


def _showing(session: ScopedSession) -> Mapping[UUID | None, int]:
    return repository.count_by_community(session)


METRICS = (
    Metric(
        name="notices.showing",
        title="本社区在展公告",
        measure=_showing,
        measure_on=repository.count_on,
        needs=READ,
        path="?status=showing",
        path_needs=READ,
        order=200,
    ),
)


def _on_board(session: ScopedSession, actor: Actor, words: str, limit: int) -> Sequence[Found]:
    community_id = session.scope.community_id
    if community_id is None:
        return []
    try:
        titles = board_titles(session, actor, community_id, most=_LOOKED_AT)
        texts = read_board(session, actor, community_id, Filter(words=words), limit=limit).notices
    except Unauthenticated:
        # The community wants readers to sign in; its search is open all the same.
        return []
    return _merged(titles, texts, words, limit)


def _managed(session: ScopedSession, actor: Actor, words: str, limit: int) -> Sequence[Found]:
    community_id = session.scope.community_id
    titles = notice_titles(session, actor, community_id, most=_LOOKED_AT)
    texts, _next = list_notices(session, actor, community_id, Filter(words=words), limit=limit)
    return _merged(titles, texts, words, limit)


def _merged(titles: Sequence[Title], texts: Sequence[NoticeLine], words: str, limit: int) -> list[Found]:
    """First what its title fits, by characters, pinyin or initials; then what has the words in its text."""
    found = {
        each.id: Found(each.title, str(each.id), each.begins)
        for each in best_fits(titles, words, limit, text=lambda one: one.title)
    }
    for each in texts:
        found.setdefault(each.id, Found(each.title, str(each.id), each.excerpt))
    return list(found.values())[:limit]


SEARCH = (
    SearchProvider(name="notices.notices", title="公告公示", portal="resident", find=_on_board),
    SearchProvider(name="notices.notices", title="公告公示", portal="admin", find=_managed, needs=READ),
    SearchProvider(name="notices.notices", title="公告公示", portal="console", find=_managed, needs=READ),
)


def _state(session: ScopedSession) -> Disclosed:
    community_id = session.scope.community_id
    if community_id is None:
        return Disclosed(0)
    try:
        latest = read_public(session, community_id, Filter()).notices
    except Unauthenticated:
        return Disclosed(0)
    days = [each.published_at for each in latest if each.published_at is not None]
    return Disclosed(repository.count_showing(session, repository.Audience(), community_id), max(days, default=None))


DISCLOSURES = (
    Disclosure(
        name="notices.notices",
        title="公告公示",
        description="社区和街道对外公开的公告和公示，不用登录就能查看。",
        path="",
        state=_state,
        order=50,
    ),
)
