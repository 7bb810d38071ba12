"""Lays the demo street's manifest into what is built, so that an installed `linli demo` needs no checkout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

#: In the checkout, and in a source distribution.
_SOURCES = ("../tenants/jinsong.toml", "demo.toml")
_TARGETS = {"wheel": "linli/manifests/demo.toml", "sdist": "demo.toml"}


class DemoManifest(BuildHookInterface):  # type: ignore[type-arg]
    """Named in pyproject.toml as the custom hook of every target."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Put the manifest where the target wants it; an editable install reads the checkout's own."""
        if version == "editable":
            return
        found = next(path for name in _SOURCES if (path := Path(self.root) / name).is_file())
        build_data["force_include"][str(found.resolve())] = _TARGETS[self.target_name]
