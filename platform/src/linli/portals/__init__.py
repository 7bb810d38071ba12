"""The first pages of the community's and the residents' portals, and what makes the latter an app of a telephone."""
