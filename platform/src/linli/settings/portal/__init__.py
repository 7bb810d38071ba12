"""The settings of the core and of plugins in the portals: at the street, in a community, in a compound."""

from __future__ import annotations

from linli.settings.portal import form, history

console = admin = [*form.pages, *history.pages]
