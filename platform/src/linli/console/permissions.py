"""The names of the permissions that the console's own pages ask for."""

READ = "core.community.read"
#: Count the numbers of today beside the hourly turn; whoever may have duties judged anew may do this too.
COUNT = "core.obligation.recheck"
READ_BRIEFINGS = "core.briefing.read"
MAKE_BRIEFINGS = "core.briefing.make"
