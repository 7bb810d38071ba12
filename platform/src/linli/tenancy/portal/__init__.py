"""The pages of places: the street's own page, its console, the community's administration."""

from linli.tenancy.portal.console import console
from linli.tenancy.portal.street import street

__all__ = ["console", "street"]
