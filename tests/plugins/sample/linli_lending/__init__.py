"""Lending tools to neighbours: the plugin from which the reference takes its examples."""
