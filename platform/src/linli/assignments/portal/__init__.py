"""A community's pages of the street's tasks."""

from linli.assignments.portal.pages import admin

__all__ = ["admin"]
