"""The distributions of this workspace and what they ask for; standard library only."""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "requirements"
INPUTS_LINE = "# inputs: sha256:"


def distributions(root: Path = ROOT) -> list[Path]:
    """The folders of all distributions of a workspace, the core first."""
    plugins = sorted(path.parent for path in root.glob("plugins/*/pyproject.toml"))
    return [root / "platform", *plugins]


def project(folder: Path) -> dict[str, Any]:
    """The `[project]` table of one distribution."""
    return tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]


def requirements_fingerprint() -> str:
    """Changes when `make lock` would have something new to resolve."""
    asked: dict[str, Any] = {}
    for folder in distributions():
        table = project(folder)
        names = ("requires-python", "dependencies", "optional-dependencies")
        asked[table["name"]] = {name: table.get(name) for name in names}
    for path in sorted(REQUIREMENTS.glob("*.in")):
        lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
        asked[path.name] = [line for line in lines if line and not line.startswith("#")]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
