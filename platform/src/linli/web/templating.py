"""Pages from templates. The engine escapes everything that is not marked as safe."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import minijinja

from linli.kit.clock import SHANGHAI
from linli.kit.days import day_text, moment_text, month_text
from linli.kit.text import LOCALES, current_locale, gettext_for
from linli.web.assets import Assets
from linli.web.periods import named_periods

_CORE = Path(__file__).parent / "templates"


class Templates:
    """The templates of the core and, each below its own name, of the plugins."""

    def __init__(self, assets: Assets, plugin_folders: Mapping[str, Path], *, reload: bool = False) -> None:
        self.assets = assets
        self._plugin_folders = dict(plugin_folders)
        #: Where templates are written while they are shown: what was read, and when it was last changed.
        self._read: dict[Path, int] | None = {} if reload else None
        self._environment = minijinja.Environment(
            loader=self._load,
            auto_escape_callback=lambda name: "html" if name.endswith(".html") else None,
            undefined_behavior="strict",
            trim_blocks=True,
            lstrip_blocks=True,
            filters={
                "day": format_day,
                "month": month_text,
                "moment": format_moment,
                "number": format_number,
                "amount": format_amount,
                "area": format_area,
                "size": format_size,
                "query": format_query,
                "with_period": with_period,
                "urlpart": lambda value: quote(str(value), safe=""),
            },
            globals={
                "_": _said,
                "named_periods": named_periods,
                "asset": assets.url,
                "LOCALES": LOCALES,
                "locale": current_locale,
            },
        )

    def _load(self, name: str) -> str | None:
        # A plugin's templates carry its name, so that none can take the place of the core's or of another's.
        owner, _slash, rest = name.partition("/")
        folder, relative = (
            (self._plugin_folders[owner] / owner, rest) if owner in self._plugin_folders else (_CORE, name)
        )
        path = (folder / relative).resolve()
        if not path.is_relative_to(folder.resolve()) or not path.is_file():
            return None
        if self._read is not None:
            self._read[path] = _changed_at(path)
        return path.read_text(encoding="utf-8")

    def render(self, template: str, context: Mapping[str, Any]) -> str:
        """The page as text. Raises ``minijinja.TemplateError`` with the template's name and line."""
        if self._read is not None and any(_changed_at(path) != before for path, before in list(self._read.items())):
            self._environment.reload()
        return self._environment.render_template(template, **context)


@minijinja.pass_state
def _said(state: Any, message: str) -> str:
    """The words of a template, its owner's first; a macro's are those of the file in which it stands."""
    return gettext_for(state.name.partition("/")[0], message)


def _changed_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def format_day(value: date | datetime | str | None) -> str:
    """``2026-01-31`` as people write it in the page's language; empty for ``None``."""
    if value is None or value == "":
        return ""
    if isinstance(value, datetime):
        value = value.astimezone(SHANGHAI).date()
    if isinstance(value, str):
        value = date.fromisoformat(value)
    return day_text(value)


def format_moment(value: datetime | None) -> str:
    """Day and time in Asia/Shanghai; empty for ``None``."""
    return "" if value is None else moment_text(value)


def format_number(value: int | None) -> str:
    """Thousands separated; empty for ``None``."""
    return "" if value is None else f"{value:,}"


def format_amount(value: float | Decimal) -> str:
    """A measure with two decimals at most, thousands separated, without zeros that say nothing."""
    text = f"{value:,.2f}"
    return text.rstrip("0").rstrip(".")


def format_area(value: Decimal | None) -> str:
    """Square metres with two decimals; a dash when unknown."""
    return "—" if value is None else f"{value:,.2f} m²"


def format_size(value: int) -> str:
    """A number of bytes as people say it: KB below a megabyte, MB with one decimal above."""
    if value < 1024 * 1024:
        return f"{max(value // 1024, 1)} KB"
    return f"{value / (1024 * 1024):.1f} MB"


def format_query(values: Mapping[str, Any], **changes: Any) -> str:
    """A query string of the given values with changes; empty ones are left out."""
    merged = {**values, **changes}
    return urlencode({name: value for name, value in merged.items() if value not in (None, "", False)})


def with_period(query: str, since: str, first: str, until: str, last: str) -> str:
    """A query string of which two parameters, the first and the last day of a period, are replaced."""
    pairs = [pair for pair in parse_qsl(query) if pair[0] not in (since, until)]
    return urlencode([*pairs, (since, first), (until, last)])
