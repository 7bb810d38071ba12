"""The test kit for the core and for plugin authors: a real database, two streets in it, and ways to look at both sides."""
