"""Street offices and what lies in them: communities, compounds, buildings, unit entrances, dwellings."""
