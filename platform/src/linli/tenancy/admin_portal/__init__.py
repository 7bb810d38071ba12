"""The community's portal for its places."""

from linli.tenancy.admin_portal import buildings, compounds, dwellings

admin = [*compounds.pages, *buildings.pages, *dwellings.pages]
