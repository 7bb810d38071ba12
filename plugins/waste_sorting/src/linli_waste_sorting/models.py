"""The plugin's tables, in schema ``plugin_waste_sorting``."""

from __future__ import annotations

from linli.sdk import plugin_base

Base = plugin_base("waste_sorting")
#: In the order in which they are shown; what they are called is a rule, see ``words``.
CATEGORIES = ("recyclable", "hazardous", "kitchen", "other", "bulky", "decoration", "garden")
