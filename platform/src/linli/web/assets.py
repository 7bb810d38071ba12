"""Style sheets and scripts: built ones carry a hash in their name and may be kept for ever."""

from __future__ import annotations

import json
from pathlib import Path

STATIC = Path(__file__).parent / "static"
BUILT = STATIC / "built"
PATH = "/static"


class Assets:
    """Logical names to addresses."""

    def __init__(self, folder: Path = BUILT) -> None:
        self._folder = folder
        self._names: dict[str, str] = {}
        manifest = folder / "manifest.json"
        if manifest.is_file():
            entries = json.loads(manifest.read_text(encoding="utf-8"))
            self._names = {name: entry if isinstance(entry, str) else entry["file"] for name, entry in entries.items()}

    @property
    def is_built(self) -> bool:
        """Whether the front end was built; without it pages work, but plainly."""
        return bool(self._names)

    def url(self, name: str) -> str:
        """The address of ``linli.css`` or another asset; empty when the front end was not built."""
        return f"{PATH}/{self._names[name]}" if name in self._names else ""

    def text(self, name: str) -> str:
        """What ``worker.js`` or another built script says; empty when the front end was not built."""
        return (self._folder / self._names[name]).read_text(encoding="utf-8") if name in self._names else ""
