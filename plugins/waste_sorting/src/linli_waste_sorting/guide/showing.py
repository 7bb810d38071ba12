"""Items as people see them: in their language, with what the kind is called and the colour it has in the place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from linli.sdk import ScopedSession, current_locale
from linli.sdk import gettext as _
from linli_waste_sorting.guide.catalogue import Item
from linli_waste_sorting.models import CATEGORIES
from linli_waste_sorting.words import category_titles, category_tones

#: Items of a kind that the first page names.
_SAMPLES = 10


@dataclass(frozen=True, slots=True)
class Shown:
    """One item for a page.

    Attributes:
        name: as the list calls it, whatever the language.
        title: in the reader's language.
        also: its other names, and its Chinese name for who reads English.
        category: the kind, as code.
        label: the kind, in words.
        tone: of the badge.
        hint: in the reader's language; empty for none.
        own_id: the community's own row; ``None`` for one of the shared list.
    """

    name: str
    title: str
    also: str
    category: str
    label: str
    tone: str
    hint: str
    own_id: UUID | None


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of waste on the first page: how many items it has, and some of them."""

    code: str
    label: str
    tone: str
    count: int
    samples: Sequence[Shown]


class Speaker:
    """Puts items into words; made once for each request.

    Attributes:
        titles: kind to what it is called here.
        tones: kind to the tone of its badge.
    """

    def __init__(self, session: ScopedSession) -> None:
        self.titles = category_titles(session)
        self.tones = category_tones(session)
        self._is_english = current_locale() == "en"

    def shown(self, item: Item) -> Shown:
        """One item for a page."""
        in_english = self._is_english and bool(item.english)
        others = (item.name, *item.aliases) if in_english else item.aliases
        return Shown(
            name=item.name,
            title=item.english[:1].upper() + item.english[1:] if in_english else item.name,
            also=_("、").join(others),
            category=item.category,
            label=self.titles[item.category],
            tone=self.tones[item.category],
            hint=self.hint(item),
            own_id=item.own_id,
        )

    def hint(self, item: Item) -> str:
        """The hint with the kinds as they are called here."""
        text = item.hint_en if self._is_english else item.hint
        # Not ``format``: a community may write braces.
        for code, title in self.titles.items():
            text = text.replace(f"{{{code}}}", title.lower())
        return text

    def kinds(self, items: Sequence[Item]) -> list[Kind]:
        """Every kind that has items, in the order in which kinds are shown."""
        by_kind: Mapping[str, list[Item]] = {code: [] for code in CATEGORIES}
        for each in items:
            by_kind[each.category].append(each)
        return [
            Kind(code, self.titles[code], self.tones[code], len(held), [self.shown(each) for each in held[:_SAMPLES]])
            for code, held in by_kind.items()
            if held
        ]
