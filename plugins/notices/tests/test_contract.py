"""The contract of every plugin, kept by this one."""

from __future__ import annotations

from linli.testing.contract import PluginContract

_TEXTS = "the texts that notices begin with are documents, written in Chinese"


class TestContract(PluginContract):
    plugin = "notices"
    in_chinese = {
        f"GET {portal}/notices/{page}": _TEXTS
        for portal in ("/s/{street}/console", "/s/{street}/c/{community}/admin")
        for page in ("start", "templates", "templates/new")
    }
