"""The street over all of its communities: overview, comparison, the way down to a building, the monthly briefing."""
