"""What may be done with the register of people. Each act writes its audit row in the same unit of work."""

from linli.residents.service.home import members_of, my_home, shown_dwellings
from linli.residents.service.households import (
    create_household,
    get_household,
    households_of_dwelling,
    move_in,
    move_out,
    stays_of_resident,
    update_household,
)
from linli.residents.service.merging import merge_residents
from linli.residents.service.ownership import (
    add_owner,
    choose_representative,
    create_organisation,
    end_ownership,
    list_organisations,
    owners_of,
    transfer_ownership,
)
from linli.residents.service.people import (
    create_resident,
    get_resident,
    list_residents,
    update_resident,
)

__all__ = [
    "add_owner",
    "choose_representative",
    "create_household",
    "create_organisation",
    "create_resident",
    "end_ownership",
    "get_household",
    "get_resident",
    "households_of_dwelling",
    "list_organisations",
    "list_residents",
    "members_of",
    "merge_residents",
    "move_in",
    "move_out",
    "my_home",
    "owners_of",
    "shown_dwellings",
    "stays_of_resident",
    "transfer_ownership",
    "update_household",
    "update_resident",
]
