"""The console's own pages: overview, comparison, the way down to a building, briefings."""

from linli.console.portal import briefings, pages

console = [*pages.pages, *briefings.pages]

__all__ = ["console"]
