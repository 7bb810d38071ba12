"""Files that are made for somebody to save: their bytes in chunks that need no session any more."""

from __future__ import annotations

from dataclasses import dataclass

from linli.kit.streams import Chunks

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv"


@dataclass(frozen=True, slots=True)
class Produced:
    """A file name, a media type and the bytes, which whoever does not send them closes."""

    name: str
    media_type: str
    content: Chunks
