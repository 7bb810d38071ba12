"""Pages on people's data: for the person concerned, for the community's office, and for the street."""

from linli.privacy import tasks as tasks
from linli.privacy.portal import assessments, holds, inbox, mine, people, purposes, retention

resident = mine.pages
admin = [*inbox.pages, *people.pages, *purposes.pages]
console = [*inbox.street_pages, *retention.pages, *holds.pages, *purposes.pages, *assessments.pages]
