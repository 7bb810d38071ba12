"""The declaration of one rule: its type, its words, its limits, and in which direction it is the stricter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

RuleType = Literal["share", "integer", "duration", "boolean", "choice", "list", "text"]
#: More asked for is stricter (notice, attendance), or less (deadlines, terms); empty: the values have no order.
Direction = Literal["", "higher", "lower"]

RULE_TYPES: tuple[RuleType, ...] = ("share", "integer", "duration", "boolean", "choice", "list", "text")
KEY = re.compile(r"[a-z][a-z0-9_]{0,60}\.[a-z][a-z0-9_]{0,60}")
_FLOORS = (">=", ">")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleKey:
    """A number, span, list or choice that laws and custom settle differently from place to place.

    Attributes:
        key: ``<topic>.<name>``, in the field's own words; a plugin's topics begin with the plugin's name.
        title: in Chinese; a message.
        type: ``share`` is an exact fraction with its comparison, ``duration`` a number of calendar units or working
            days, ``choice`` one of ``choices``, ``list`` several of them (or free texts where there are none).
        help: what it decides, in a sentence; a message.
        unit: what an integer counts (``persons``, ``households``, ``square_metres`` …): a key of
            ``linli.rules.wording.COUNTED``.
        units: the units that a duration may have; all where none are named.
        bases: of whom a share is taken, from the narrowest (``cast``) to the widest (``all``).
        comparisons: how a share may be meant; ``>=`` and ``>`` unless declared otherwise.
        choices: allowed value to its title, a message.
        is_ordered: the order of a list means something (first this area, else that).
        stricter: in which direction a value is the stricter; for booleans ``higher`` means that yes is.
        only_stricter: a narrower place may only be stricter than a wider one's value, unless that value says otherwise.
        minimum: of an integer.
        maximum: of an integer.
        most_ratio: of a share.
    """

    key: str
    title: str
    type: RuleType
    help: str = ""
    unit: str = ""
    units: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    comparisons: tuple[str, ...] = _FLOORS
    choices: Mapping[str, str] = field(default_factory=dict)
    is_ordered: bool = False
    stricter: Direction = ""
    only_stricter: bool = False
    minimum: int | None = None
    maximum: int | None = None
    most_ratio: Fraction = Fraction(1)

    def __post_init__(self) -> None:
        if not KEY.fullmatch(self.key):
            raise ValueError(f"rule {self.key!r}: <topic>.<name>, lower-case letters, digits, underscores")
        if self.type not in RULE_TYPES:
            raise ValueError(f"rule {self.key}: type {self.type!r} is not one of {', '.join(RULE_TYPES)}")
        if self.choices and self.type not in ("choice", "list"):
            raise ValueError(f"rule {self.key}: choices belong to the types choice and list")
        if self.type == "choice" and not self.choices:
            raise ValueError(f"rule {self.key}: a choice needs choices")
        if self.only_stricter and not self.stricter:
            raise ValueError(f"rule {self.key}: only_stricter needs a direction in which it is stricter")
        if self.stricter and self.type in ("choice", "text"):
            raise ValueError(f"rule {self.key}: values of type {self.type} have no order")

    @property
    def topic(self) -> str:
        """What it belongs to: the part before the dot."""
        return self.key.partition(".")[0]
