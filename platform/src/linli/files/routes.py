"""Files in the JSON API: fetched as they are."""

from __future__ import annotations

from linli.files.portal import show_file

street_api = [show_file]
community_api = [show_file]
