"""Pages about outside apps: the street's console, a community's portal, and the framed pages of the apps."""

from linli.apps.portal import console as _console
from linli.apps.portal import here as _here

console = _console.pages
admin = _here.admin_pages
resident = _here.resident_pages
