"""What a plugin stored, as a whole: into an archive, out of the database, and back."""

from __future__ import annotations

from linli.upkeep.plugin_data.archive import ArchiveBroken, Archived, export_plugin
from linli.upkeep.plugin_data.removing import remove_plugin
from linli.upkeep.plugin_data.restoring import restore_plugin

__all__ = ["ArchiveBroken", "Archived", "export_plugin", "remove_plugin", "restore_plugin"]
