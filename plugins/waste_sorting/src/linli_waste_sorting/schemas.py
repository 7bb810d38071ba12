"""What goes in and out of the plugin, with the limits of each field."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal

from msgspec import Meta

Category = Literal["recyclable", "hazardous", "kitchen", "other", "bulky", "decoration", "garden"]
Name = Annotated[str, Meta(min_length=1, max_length=40)]
Note = Annotated[str, Meta(max_length=500)]
Words = Annotated[str, Meta(max_length=100)]
Hours = Annotated[str, Meta(max_length=200, description="`7:00-9:00、18:00-20:00`; empty for all day")]
Weekday = Annotated[int, Meta(ge=0, le=6)]
Weekdays = Annotated[list[Weekday], Meta(min_length=1, max_length=7, description="0 is Monday")]
Clock = Annotated[time, Meta(description="Asia/Shanghai", examples=["07:00:00"])]
