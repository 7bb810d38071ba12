"""The register of people in the admin portal, and what residents see of themselves."""

from linli.residents.portal import grid, home, households, owners, people, picking, rosters

admin = [*people.pages, *households.pages, *owners.pages, *picking.pages, *grid.pages, *rosters.pages]
resident = home.pages
