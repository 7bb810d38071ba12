"""The names of the permissions that this domain asks for; what is pushed asks for its own besides."""

#: See what was pushed down, and what became of it.
READ = "core.push.read"
#: Push something down, and take it back.
USE = "core.push.use"
