"""Staff and roles: one set of pages, under ``/staff`` in the street console and ``/roles`` in a community's portal."""

from linli.access.portal.pages import role_pages
from linli.web.routing import Portal

console = role_pages(Portal.CONSOLE)
admin = role_pages(Portal.ADMIN)

__all__ = ["admin", "console"]
