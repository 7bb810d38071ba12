"""The words of the interface: Chinese is the source, other languages are looked up; the request names the language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

from babel.messages.pofile import read_po

#: The language the sources are written in; it needs no catalogue.
SOURCE_LOCALE = "zh_CN"
LOCALES = {"zh_CN": "中文", "en": "English"}

_catalogues: dict[str, dict[str, str]] = {}
_locale: ContextVar[str] = ContextVar("linli_locale", default=SOURCE_LOCALE)


def gettext(message: str) -> str:
    """The message in the language of the current request; the Chinese source where no translation is known."""
    locale = _locale.get()
    if locale == SOURCE_LOCALE:
        return message
    return _catalogues.get(locale, {}).get(message) or message


def listed(names: Iterable[object]) -> str:
    """Names one after the other, parted as the language of the request does it."""
    return gettext("、").join(str(name) for name in names)


def current_locale() -> str:
    """The language of the current request: a key of ``LOCALES``."""
    return _locale.get()


@contextmanager
def speaking(locale: str) -> Iterator[None]:
    """Answer in this language inside the block; an unknown one falls back to Chinese."""
    token = _locale.set(locale if locale in LOCALES else SOURCE_LOCALE)
    try:
        yield
    finally:
        _locale.reset(token)


def best_locale(accept_language: str | None) -> str:
    """The language of ``Accept-Language`` that the interface speaks; Chinese when in doubt."""
    wanted: list[tuple[float, int, str]] = []
    for place, part in enumerate((accept_language or "")[:200].split(",")):
        tag, _, weight = part.strip().partition(";q=")
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            continue
        language = tag.strip().lower().partition("-")[0]
        if language in {"zh", "en"}:
            wanted.append((-quality, place, "en" if language == "en" else SOURCE_LOCALE))
    return min(wanted)[2] if wanted else SOURCE_LOCALE


def load_catalogue(folder: Path, domain: str) -> None:
    """Add the translations in ``<folder>/<locale>/LC_MESSAGES/<domain>.po``; what is fuzzy or empty is left out."""
    for path in sorted(folder.glob(f"*/LC_MESSAGES/{domain}.po")):
        add_messages(path.parents[1].name, _translations(path, path.stat().st_mtime_ns))


@lru_cache(maxsize=256)
def _translations(path: Path, _changed_ns: int) -> Mapping[str, str]:
    """The messages of one file, read once for each of its states: reading the core's takes a fifth of a second."""
    with path.open("rb") as file:
        return {str(m.id): str(m.string) for m in read_po(file) if m.id and m.string and not m.fuzzy}


def add_messages(locale: str, messages: Mapping[str, str]) -> None:
    """Add translations; the first one of a message stays, so that a plugin cannot rename the core."""
    known = _catalogues.setdefault(locale, {})
    for source, translation in messages.items():
        known.setdefault(source, translation)
