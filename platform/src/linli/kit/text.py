"""The words of the interface: Chinese is the source, other languages are looked up; the request names the language.

Core and plugins have a catalogue each, named as the package whose messages it holds. What a package says is looked up
in its own first, then in the core's, then in those of the others by their names: the order of reading changes nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

from babel.messages.pofile import read_po

#: The language the sources are written in; it needs no catalogue.
SOURCE_LOCALE = "zh_CN"
LOCALES = {"zh_CN": "中文", "en": "English"}

#: The catalogue of the core.
CORE_DOMAIN = "linli"

#: Language to domain to messages; domains in the order of their names, the core's before all others.
_catalogues: dict[str, dict[str, Mapping[str, str]]] = {}
#: Plugin to the package that holds it, by which its catalogue is named.
_packages: dict[str, str] = {}
_locale: ContextVar[str] = ContextVar("linli_locale", default=SOURCE_LOCALE)


def gettext(message: str) -> str:
    """The message in the language of the current request; the Chinese source where no translation is known.

    The catalogue of the package that calls comes first.
    """
    locale = _locale.get()
    if locale == SOURCE_LOCALE:
        return message
    # The words belong to the code in which they stand, wherever it is called from: a card, a task, a page.
    package = sys._getframe(1).f_globals.get("__name__", "").partition(".")[0]
    return _found(locale, package, message)


def gettext_for(owner: str, message: str) -> str:
    """As ``gettext``, for what the core shows in somebody's words: of a plugin's templates, or declared by it.

    Args:
        owner: the plugin's name; any other is the core.
        message: in Chinese.
    """
    locale = _locale.get()
    return message if locale == SOURCE_LOCALE else _found(locale, _packages.get(owner, CORE_DOMAIN), message)


def _found(locale: str, domain: str, message: str) -> str:
    catalogues = _catalogues.get(locale)
    if catalogues is None:
        return message
    own = catalogues.get(domain)
    if own is not None and (found := own.get(message)):
        return found
    return next((found for each in catalogues.values() if (found := each.get(message))), message)


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


def load_catalogue(folder: Path, domain: str, owner: str = "") -> None:
    """Know the translations in ``<folder>/<locale>/LC_MESSAGES/<domain>.po``; what is fuzzy or empty is left out.

    Args:
        folder: holds one folder for each language.
        domain: the name of the package whose messages they are.
        owner: the plugin that it holds; empty for the core.
    """
    if owner:
        _packages[owner] = domain
    for path in sorted(folder.glob(f"*/LC_MESSAGES/{domain}.po")):
        add_messages(path.parents[1].name, domain, _translations(path, path.stat().st_mtime_ns))


@lru_cache(maxsize=256)
def _translations(path: Path, _changed_ns: int) -> Mapping[str, str]:
    """The messages of one file, read once for each of its states: reading the core's takes a fifth of a second."""
    with path.open("rb") as file:
        return {str(m.id): str(m.string) for m in read_po(file) if m.id and m.string and not m.fuzzy}


def add_messages(locale: str, domain: str, messages: Mapping[str, str]) -> None:
    """Know the translations of one package, in place of those that were known of it before."""
    known = {**_catalogues.get(locale, {}), domain: messages}
    order = sorted(known, key=lambda each: (each != CORE_DOMAIN, each))
    # Put in its place at once: a request in another thread reads the one or the other.
    _catalogues[locale] = {each: known[each] for each in order}
