"""The names of the permissions that this domain asks for."""

READ = "core.resident.read"
MANAGE = "core.resident.manage"
REVEAL = "core.resident.reveal"
ROSTER_IMPORT = "core.roster.import"
ROSTER_EXPORT = "core.roster.export"
HOME = "core.home.read"
