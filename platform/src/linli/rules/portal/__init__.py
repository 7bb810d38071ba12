"""Rules in the portals: the street's in its console, each compound's in its community's."""

from linli.rules.portal import admin_pages, console_pages, shared

console = [*console_pages.pages, *shared.pages]
admin = [*admin_pages.pages, *shared.pages]
