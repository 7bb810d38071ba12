"""What a check of `linli doctor` has to say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warning", "fault"]


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check. ``message`` names what was seen, ``way_out`` what to do about it."""

    check: str
    status: Status
    message: str
    way_out: str = ""
