"""The names of the permissions that the console's own pages ask for."""

READ = "core.community.read"
READ_BRIEFINGS = "core.briefing.read"
MAKE_BRIEFINGS = "core.briefing.make"
