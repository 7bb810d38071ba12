"""The test kit for the core and for plugin authors: a real database, two streets in it, eyes on both sides."""
