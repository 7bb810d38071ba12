"""The community's portal for its places, and the first pages of the admin and the resident portal."""

from linli.tenancy.admin_portal import buildings, compounds, dwellings, landing, overview

admin = [*overview.pages, *compounds.pages, *buildings.pages, *dwellings.pages]
resident = landing.pages
