"""Files in the JSON API: fetched as they are."""

from __future__ import annotations

from linli.files.portal import show_file, show_thumbnail

street_api = [show_file, show_thumbnail]
community_api = [show_file, show_thumbnail]
