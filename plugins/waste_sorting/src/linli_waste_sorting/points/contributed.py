"""What points add to each portal and to the API, for ``plugin``."""

from __future__ import annotations

from linli.sdk import Api, Pages
from linli_waste_sorting.points.admin_pages import POINT_ADMIN
from linli_waste_sorting.points.catalogue_pages import CATALOGUE_ADMIN
from linli_waste_sorting.points.console_pages import POINT_CONSOLE
from linli_waste_sorting.points.desk_pages import DESK_ADMIN
from linli_waste_sorting.points.list_pages import POINT_LISTS
from linli_waste_sorting.points.own_routes import OWN_POINTS
from linli_waste_sorting.points.redeem_routes import REDEMPTION_ROUTES
from linli_waste_sorting.points.resident_pages import POINT_RESIDENT
from linli_waste_sorting.points.routes import POINT_ROUTES, POINT_STREET

POINT_PAGES = (
    Pages("console", POINT_CONSOLE),
    Pages("admin", (*POINT_ADMIN, *POINT_LISTS, *DESK_ADMIN, *CATALOGUE_ADMIN)),
    Pages("resident", POINT_RESIDENT),
)
POINT_APIS = (Api("street", POINT_STREET), Api("community", (*POINT_ROUTES, *REDEMPTION_ROUTES, *OWN_POINTS)))
