"""The pages of this room, by portal."""

from linli.showing.portal import search as _search
from linli.showing.portal.checks import pages as _checks
from linli.showing.portal.disclosures import pages as _disclosures
from linli.showing.portal.metrics import pages as _metrics

console = [*_metrics, *_checks, *_search.console]
admin = _search.admin
resident = [*_disclosures, *_search.resident]
