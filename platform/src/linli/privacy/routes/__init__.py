"""People's data in the API: one's own, the requests of a community, and the street's periods, holds and purges."""

from __future__ import annotations

from linli.privacy.routes import duties, mine, office, people

community_api = [*mine.HANDLERS, *office.HANDLERS, *people.HANDLERS]
street_api = [*duties.HANDLERS, *office.PURPOSES]
