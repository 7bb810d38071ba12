"""Holding the clock still, for tests of days and terms."""

from linli.kit.clock import frozen

__all__ = ["frozen"]
