"""How well a text fits what somebody typed into a search box: by its characters, its pinyin, or the first letters."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from linli.kit.pinyin import Spelt, spelt

T = TypeVar("T")

#: The text itself, its pinyin or initials, a beginning, a beginning by pinyin, the middle, the middle by pinyin.
_EXACT, _SPELT, _BEGINS, _BEGINS_SPELT, _INSIDE, _INSIDE_SPELT = range(6)
#: What people type of the syllables that begin with two letters.
_DIGRAPHS = ("zh", "ch", "sh")
#: No more of a text is looked at: a title is shorter.
_LONGEST = 200


def fold(text: str) -> str:
    """What was typed as it is compared: one width, lower case, no blanks."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def fit_of(words: str, text: str, *, is_name: bool = False) -> int | None:
    """How well a text fits; the smaller the better, ``None`` where it does not.

    ``刘佳丽`` fits ``刘佳``, ``佳丽``, ``liujia``, ``ljl``, ``jl``, ``li佳`` and ``刘jl``. Several words, parted by
    blanks, have to fit each. Width, case and blanks do not matter.

    Args:
        words: as typed.
        text: what is looked at, at most its first 200 characters.
        is_name: of a person: the surname is read as one.
    """
    asked = fold(words)
    if not asked:
        return None
    parts = spelt(text[:_LONGEST], is_name=is_name)
    whole = _fit(asked, parts)
    if whole is not None or len(several := words.split()) < 2:
        return whole
    ranks = [_fit(fold(each), parts) for each in several]
    found = [rank for rank in ranks if rank is not None]
    return max(found) if len(found) == len(ranks) else None


def best_fits(
    items: Iterable[T],
    words: str,
    limit: int,
    *,
    text: Callable[[T], str | Sequence[str]],
    is_name: bool = False,
) -> list[T]:
    """Those that fit, the best first; equals keep their order, the shorter text before the longer.

    It looks at every item, so the caller bounds them: the newest thousand, or all of a kind that is few by nature.

    Args:
        items: in the order in which equals stay.
        words: as typed; nothing fits none.
        limit: at most so many.
        text: what is looked at of an item; of several texts the best counts.
        is_name: the texts are names of people.
    """
    found: list[tuple[int, int, T]] = []
    for each in items:
        texts = text(each)
        texts = (texts,) if isinstance(texts, str) else texts
        ranks = [(rank, len(one)) for one in texts if (rank := fit_of(words, one, is_name=is_name)) is not None]
        if ranks:
            found.append((*min(ranks), each))
    found.sort(key=lambda each: each[:2])
    return [each for _rank, _length, each in found[:limit]]


def _fit(asked: str, parts: Sequence[Spelt]) -> int | None:
    plain = "".join(each.char for each in parts)
    asked = "".join(char for char in asked if char.isalnum())
    if not asked or not plain:
        return None
    at = plain.find(asked)
    if at == 0:
        return _EXACT if len(plain) == len(asked) else _BEGINS
    if not any("a" <= char <= "z" for char in asked):
        return _INSIDE if at > 0 else None
    nowhere: set[tuple[int, int]] = set()
    ends = _walk(asked, 0, parts, 0, nowhere)
    if ends is not None:
        return _SPELT if ends == len(parts) else _BEGINS_SPELT
    if at > 0:
        return _INSIDE
    # One letter begins some syllable of nearly every text.
    if len(asked) > 1:
        begins = (n for n in range(1, len(parts)) if asked[0] == parts[n].char or asked[0] in parts[n].heads)
        if any(_walk(asked, 0, parts, n, nowhere) is not None for n in begins):
            return _INSIDE_SPELT
    return None


def _walk(asked: str, i: int, parts: Sequence[Spelt], n: int, nowhere: set[tuple[int, int]]) -> int | None:
    """Where the characters end that what was typed from ``i`` on stands for, beginning with the ``n``-th one.

    Each pair that leads ``nowhere`` is tried once, however many ways lead to it.
    """
    if i == len(asked):
        return n
    if n == len(parts) or (i, n) in nowhere:
        return None
    for taken in _taken(asked, i, parts[n]):
        ends = _walk(asked, i + taken, parts, n + 1, nowhere)
        if ends is not None:
            return ends
    nowhere.add((i, n))
    return None


def _taken(asked: str, i: int, part: Spelt) -> list[int]:
    """How many of the typed letters one character may stand for, the most first."""
    if asked[i] == part.char:
        return [1]
    found = set()
    for each in part.readings:
        if asked[i] != each[0]:
            continue
        same = _shared(asked, i, each)
        after = i + same
        # A syllable that is not typed to its end: at the end of the words, or where a Chinese character follows.
        if same == len(each) or after == len(asked) or not asked[after].isascii():
            found.add(same)
        found.add(1)
        if each[:2] in _DIGRAPHS and same >= 2:
            found.add(2)
    return sorted(found, reverse=True)


def _shared(asked: str, i: int, syllable: str) -> int:
    n = 0
    while n < len(syllable) and i + n < len(asked) and asked[i + n] == syllable[n]:
        n += 1
    return n
