"""What streets and communities choose, for tests that need another choice than the test world's."""

from linli.plugins.registry import Plugins
from linli.plugins.service import allow, disable, disallow, enable
from linli.settings.service import clear_setting, set_setting

__all__ = ["Plugins", "allow", "clear_setting", "disable", "disallow", "enable", "set_setting"]
