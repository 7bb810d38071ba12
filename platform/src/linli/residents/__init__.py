"""The register of people: residents, households, ownership, and the import of rosters."""
