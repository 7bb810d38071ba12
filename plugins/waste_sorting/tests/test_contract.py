"""The contract of every plugin, kept by this one."""

from __future__ import annotations

from linli.testing.contract import PluginContract


class TestContract(PluginContract):
    plugin = "waste_sorting"
