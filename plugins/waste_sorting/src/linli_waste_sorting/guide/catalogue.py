"""The things that everybody has to throw away, from ``items.csv``, each with the words by which it is found.

Sorted by GB/T 19095-2019 and 《北京市生活垃圾管理条例》; Shanghai has the same kinds under other names. The file is
ours to write: one thing a line, other names parted by 、, and a hint where people hesitate, in which ``{other}`` stands
for what that kind is called in the place.
"""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from uuid import UUID

from linli.sdk import pinyin_of

FILE = Path(__file__).parent / "items.csv"
#: Between other names, however people part them.
_PARTED = str.maketrans(dict.fromkeys(",，;；/／\n", "、"))


@dataclass(frozen=True, slots=True)
class Key:
    """One name as it is looked for.

    Attributes:
        text: folded, see ``fold``.
        full: its pinyin.
        initials: the first letters of its pinyin.
        tails: its pinyin from the second character on, from the third, and so on.
    """

    text: str
    full: str
    initials: str
    tails: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """Something to throw away.

    Attributes:
        name: what it is called; no two items of a list have the same.
        aliases: what it is called too.
        english: empty where only a community named it.
        category: a kind of ``models.CATEGORIES``.
        hint: in Chinese; empty where nobody hesitates.
        hint_en: the same in English.
        own_id: the community's own row; ``None`` for one of the list that all share.
        keys: its names as they are looked for.
    """

    name: str
    aliases: tuple[str, ...]
    english: str
    category: str
    hint: str
    hint_en: str
    own_id: UUID | None
    keys: tuple[Key, ...]

    @property
    def words(self) -> frozenset[str]:
        """All its names, folded."""
        return frozenset(each.text for each in self.keys)


def fold(text: str) -> str:
    """A name as it is compared: one width, lower case, no blanks."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def split_aliases(text: str) -> list[str]:
    """Other names as they were typed, in their order, each once."""
    names = (" ".join(each.split()) for each in text.translate(_PARTED).split("、"))
    return list({fold(each): each for each in names if each}.values())


def make_item(
    name: str,
    aliases: Iterable[str],
    category: str,
    hint: str,
    *,
    english: str = "",
    hint_en: str = "",
    own_id: UUID | None = None,
) -> Item:
    """An item with the words by which it is found."""
    others = tuple(aliases)
    keys = tuple(_key(each) for each in (name, *others))
    return Item(name, others, english, category, hint, hint_en, own_id, keys)


def without(item: Item, words: frozenset[str]) -> Item:
    """The same item without some of its other names, given folded; itself where it has none of them."""
    if item.words.isdisjoint(words):
        return item
    kept = tuple(each for each in item.aliases if fold(each) not in words)
    keys = tuple(each for n, each in enumerate(item.keys) if n == 0 or each.text not in words)
    return replace(item, aliases=kept, keys=keys)


@cache
def catalogue() -> tuple[Item, ...]:
    """The list that all communities share, in the order of the file; read once."""
    with FILE.open(encoding="utf-8", newline="") as source:
        return tuple(
            make_item(
                row["name"],
                filter(None, row["aliases"].split("、")),
                row["category"],
                row["hint"],
                english=row["english"],
                hint_en=row["hint_en"],
            )
            for row in csv.DictReader(source)
        )


def _key(name: str) -> Key:
    syllables = pinyin_of(name).syllables
    tails = tuple("".join(syllables[n:]) for n in range(1, len(syllables)))
    return Key(fold(name), "".join(syllables), "".join(each[0] for each in syllables), tails)
