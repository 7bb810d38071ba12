"""Duties with a cadence: judged for each compound by what the modules recorded, reminded of, shown on one board."""
