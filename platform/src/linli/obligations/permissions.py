"""The names of the permissions that this domain asks for."""

#: See how compounds stand with what they have to do.
READ = "core.obligation.read"
#: Have it judged again now, beside the nightly turn.
RECHECK = "core.obligation.recheck"
#: Release a compound from a duty for a time, and take that back. The street's: whoever owes does not release.
EXEMPT = "core.obligation.exempt"
