"""What the search of each portal finds in the guide."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from linli.sdk import Actor, Found, ScopedSession, SearchProvider
from linli.sdk import gettext as _
from linli_waste_sorting.guide.finding import find
from linli_waste_sorting.guide.permissions import READ_GUIDE
from linli_waste_sorting.guide.service import items_for
from linli_waste_sorting.guide.showing import Speaker


def _items(session: ScopedSession, _actor: Actor, words: str, limit: int) -> Sequence[Found]:
    found = find(items_for(session, session.scope.community_id), words)[:limit]
    if not found:
        return []
    shown = map(Speaker(session).shown, found)
    return [
        Found(each.title, f"guide?q={quote(each.name)}", _("：").join(filter(None, (each.label, each.hint))))
        for each in shown
    ]


_NAME, _TITLE = "waste_sorting.guide_items", "什么垃圾投哪里"
GUIDE_SEARCH = (
    SearchProvider(name=_NAME, title=_TITLE, portal="resident", find=_items, order=60),
    SearchProvider(name=_NAME, title=_TITLE, portal="admin", find=_items, needs=READ_GUIDE, order=60),
    SearchProvider(name=_NAME, title=_TITLE, portal="console", find=_items, needs=READ_GUIDE, order=60),
)
