"""What every plugin must keep, as tests that its author runs with two lines::

from linli.testing.contract import PluginContract


class TestContract(PluginContract):
    plugin = "lost_and_found"
"""

from linli.testing.contract.suite import PluginContract

__all__ = ["PluginContract"]
