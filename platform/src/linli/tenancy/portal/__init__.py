"""The pages of places: the street's console, the community's administration."""

from linli.tenancy.portal.console import console

__all__ = ["console"]
