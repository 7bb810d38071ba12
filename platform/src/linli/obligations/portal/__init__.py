"""Duties in the portals: the street's board, a community's own, and what residents may read."""

from linli.obligations.portal import exempting, pages, residents

console = [*pages.pages, *exempting.reading, *exempting.giving]
admin = [*pages.pages, *exempting.reading]
resident = residents.pages
