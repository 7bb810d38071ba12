"""Shares of a dwelling: reading them as people write them, and holding their sum to the whole on every day."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from linli.kit.errors import Invalid
from linli.kit.text import gettext as _

#: Larger denominators are slips of the pen; the column holds 32 bits.
MAX_DENOMINATOR = 1_000_000

_FRACTION = re.compile(r"(\d{1,7})\s*[/／]\s*(\d{1,7})")
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,4})?)\s*[%％]")
_DECIMAL = re.compile(r"(?:0|1)(?:\.\d{1,6})?")


@dataclass(frozen=True, slots=True)
class Span:
    """A share over the days from ``started_on`` up to, and not including, ``ended_on``; ``None`` is without end."""

    share: Fraction
    started_on: date | None = None
    ended_on: date | None = None


def parse_share(text: str) -> Fraction | None:
    """``1``, ``1/2``, ``50%`` or ``0.5`` as an exact fraction above 0 and up to 1; else ``None``."""
    text = text.strip()
    if found := _FRACTION.fullmatch(text):
        value = Fraction(int(found[1]), int(found[2])) if int(found[2]) else None
    elif found := _PERCENT.fullmatch(text):
        value = Fraction(Decimal(found[1])) / 100
    elif _DECIMAL.fullmatch(text):
        value = Fraction(Decimal(text))
    else:
        return None
    return value if value and 0 < value <= 1 and value.denominator <= MAX_DENOMINATOR else None


def required_share(text: str, field: str = "share") -> Fraction:
    """As ``parse_share``; raises ``Invalid`` instead of ``None``."""
    share = parse_share(text)
    if share is None:
        raise Invalid.one(field, _("产权份额不正确"), _("大于 0、不超过 1，例如 1、1/2、50%"))
    return share


def write_share(share: Fraction) -> str:
    """``1`` or ``1/2``."""
    return str(share)


def largest_sum(spans: Iterable[Span]) -> Fraction:
    """The largest sum of shares on any day."""
    spans = list(spans)
    days = {span.started_on or date.min for span in spans}
    return max((_sum_on(day, spans) for day in days), default=Fraction(0))


def _sum_on(day: date, spans: Iterable[Span]) -> Fraction:
    return sum(
        (
            span.share
            for span in spans
            if (span.started_on or date.min) <= day and (span.ended_on is None or day < span.ended_on)
        ),
        Fraction(0),
    )
