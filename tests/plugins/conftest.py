"""Plugins made in memory: healthy ones, and broken ones in every way."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from linli.plugins.discovery import Candidate
from linli.sdk import PluginManifest, hookimpl


@pytest.fixture
def make_plugin(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Candidate]:
    """Puts a plugin's module where an import finds it; gives what its entry point would say.

    ``hooks`` are functions or the values that they return; ``MANIFEST`` replaces the manifest.
    """

    def make(name: str, *, distribution: str = "", module: str = "", **parts: Any) -> Candidate:
        manifest = {"title": f"插件{name}", "description": "测试用", "sdk": "1.0"}
        fields = {key: parts.pop(key) for key in ("requires", "per_compound", "sdk") if key in parts}
        made = ModuleType(module or f"linli_{name}")
        made.__file__ = f"/nowhere/linli_{name}/plugin.py"
        made.MANIFEST = parts.pop("MANIFEST", PluginManifest(name=name, **{**manifest, **fields}))  # type: ignore[attr-defined]
        for hook, given in parts.items():
            setattr(made, hook, hookimpl(given if callable(given) else _returning(hook, given)))
        monkeypatch.setitem(sys.modules, made.__name__, made)
        return Candidate(name, made.__name__, distribution or f"linli-{name}", "1.2.3")

    return make


def _returning(hook: str, value: Any) -> Callable[[], Any]:
    def function() -> Any:
        return value

    function.__name__ = hook
    return function
