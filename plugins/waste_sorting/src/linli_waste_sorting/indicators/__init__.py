"""Indicators of sorting: their definitions as data, figures of each month, rankings that are published."""
