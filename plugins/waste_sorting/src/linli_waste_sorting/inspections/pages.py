"""The pages of inspections in the community's admin portal."""

from __future__ import annotations

from linli.sdk import Pages
from linli_waste_sorting.inspections import case_pages, list_pages, round_pages

PAGES = (Pages("admin", (*round_pages.HANDLERS, *list_pages.HANDLERS, *case_pages.HANDLERS)),)
