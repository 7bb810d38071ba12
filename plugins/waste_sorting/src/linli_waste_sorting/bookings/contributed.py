"""What this part of the plugin adds to each portal and to the API, for ``plugin``."""

from __future__ import annotations

from linli.sdk import Api
from linli_waste_sorting.bookings import admin_pages, console_pages, resident_pages
from linli_waste_sorting.bookings.report_routes import REPORTS
from linli_waste_sorting.bookings.routes import COMMUNITY, STREET

BOOKING_PAGES = (*console_pages.BOOKING_PAGES, *admin_pages.BOOKING_PAGES, *resident_pages.BOOKING_PAGES)
BOOKING_APIS = (Api("street", STREET), Api("community", (*COMMUNITY, *REPORTS)))
