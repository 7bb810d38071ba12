"""Tasks that a street gives its communities: each with a last day, reported by the community, judged as a duty."""
