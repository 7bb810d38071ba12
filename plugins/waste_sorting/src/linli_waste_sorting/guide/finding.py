"""Which things are meant: by Chinese, other names, pinyin, its first letters, or English; the surest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from linli_waste_sorting.guide.catalogue import Item, Key, fold, without

#: How sure a find is, the surest first: the name itself, its pinyin, a beginning, the middle.
_EXACT, _SPELT, _BEGINS, _BEGINS_SPELT, _INSIDE, _INSIDE_SPELT = range(6)


def find(items: Sequence[Item], words: str, category: str = "") -> list[Item]:
    """The items that are meant, a community's own before the others, then the surest.

    Where nothing bears the words, those that the words speak of: the cup of 喝剩的奶茶.

    Args:
        items: in the order in which equals stay.
        words: as typed; all items where it is empty.
        category: of this kind alone; empty for all.
    """
    wanted = [each for each in items if not category or each.category == category]
    asked = fold(words)
    if not asked:
        return wanted
    ranked = [(each, _rank(each, asked)) for each in wanted]
    found = [(each, rank) for each, rank in ranked if rank is not None]
    if not found:
        mentioned = [(each, _mention(each, asked)) for each in wanted]
        found = [(each, -letters) for each, letters in mentioned if letters > 1]
    found.sort(key=lambda pair: (pair[0].own_id is None, pair[1], len(pair[0].name)))
    return [each for each, _rank_of in found]


def merge(own: Sequence[Item], shared: Sequence[Item]) -> list[Item]:
    """A community's own items, and of the shared ones what they leave: the same thing is never there twice.

    An own item stands in the place of shared ones that it names: it is found by their other names too, and has the
    hint of the first where it gives none and the kind is the same. Other names that an own item bears are taken from
    the shared ones.
    """
    if not own:
        return list(shared)
    taken = frozenset(word for each in own for word in each.words)
    by_name = {each.keys[0].text: each for each in shared}
    settled = [_settled(each, [by_name[key.text] for key in each.keys if key.text in by_name], taken) for each in own]
    return [*settled, *(without(each, taken) for each in shared if each.keys[0].text not in taken)]


def _settled(own: Item, covered: Sequence[Item], taken: frozenset[str]) -> Item:
    if not covered:
        return own
    first, rest = covered[0], [without(each, taken) for each in covered]
    has_hint = not own.hint and own.category == first.category
    return Item(
        name=own.name,
        aliases=(*own.aliases, *(alias for each in rest for alias in each.aliases)),
        english=first.english,
        category=own.category,
        hint=first.hint if has_hint else own.hint,
        hint_en=first.hint_en if has_hint else own.hint,
        own_id=own.own_id,
        keys=(*own.keys, *(key for each in rest for key in each.keys[1:])),
    )


def _mention(item: Item, asked: str) -> int:
    """The letters of the longest of its names that stands in the words."""
    return max((len(key.text) for key in item.keys if key.text in asked), default=0)


def _rank(item: Item, asked: str) -> int | None:
    ranks = [rank for key in item.keys if (rank := _rank_of_name(key, asked)) is not None]
    if asked.isascii() and item.english:
        english = [rank for each in _forms(asked) if (rank := _rank_of_english(item.english, each)) is not None]
        ranks += english
    return min(ranks, default=None)


def _rank_of_name(key: Key, asked: str) -> int | None:
    if key.text == asked:
        return _EXACT
    if key.text.startswith(asked):
        return _BEGINS
    if asked in key.text:
        return _INSIDE
    if asked.isascii():
        return _rank_of_pinyin(key, asked)
    return None


def _rank_of_pinyin(key: Key, asked: str) -> int | None:
    if asked in (key.full, key.initials):
        return _SPELT
    if key.full.startswith(asked) or key.initials.startswith(asked):
        return _BEGINS_SPELT
    # One or two letters stand somewhere in nearly every name.
    if len(asked) > 2 and (asked in key.initials or any(each.startswith(asked) for each in key.tails)):
        return _INSIDE_SPELT
    return None


def _rank_of_english(english: str, asked: str) -> int | None:
    words = fold(english)
    if words == asked:
        return _EXACT
    if words.startswith(asked):
        return _BEGINS
    parts = english.casefold().replace("-", " ").split()
    if any("".join(parts[n:]).startswith(asked) for n in range(1, len(parts))):
        return _INSIDE
    return None


def _forms(asked: str) -> Iterable[str]:
    """One or many: the list says ``batteries`` and ``knives``, people ask for ``battery`` and ``knife``."""
    yield asked
    if len(asked) > 3:
        if asked.endswith("y"):
            yield asked[:-1] + "ies"
        elif asked.endswith("fe"):
            yield asked[:-2] + "ves"
        elif asked.endswith("s"):
            yield asked[:-1]
