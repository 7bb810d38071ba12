"""The console's pages of pushes."""

from linli.pushes.portal.pages import console

__all__ = ["console"]
