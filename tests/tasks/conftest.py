from tests.plugins.conftest import make_plugin

__all__ = ["make_plugin"]
