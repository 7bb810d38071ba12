"""The four tiers of the handbook each have a role, a place to act in, and nothing above it."""

from __future__ import annotations

import pytest

from linli.access.models import RoleGrant
from linli.testing.world import STARTED


@pytest.mark.requirement("TEN-005")
def test_each_of_the_four_tiers_acts_in_its_own_place(browser, module_house, world) -> None:
    street, own = world.here, world.here.communities[0]
    console, community = f"/s/{street.code}/console", f"/s/{street.code}/c/{own.code}"
    chair = own.steward
    with module_house.owner.unit_of_work(street.scope) as session:
        place = {"community_id": own.id, "compound_id": own.compound}
        session.add(
            RoleGrant(
                account_id=chair,
                account_name="主任",
                role="committee_chair",
                starts_on=STARTED,
                reason="选举产生",
                **place,
            )
        )
    opened = {}
    tiers = {
        "street office": street.administrator,
        "residents committee": own.administrator,
        "compound committee": chair,
        "residents": own.resident_account,
    }
    pages = (
        f"{console}/communities",
        f"{community}/admin/compounds/new",
        f"{community}/admin/dwellings",
        f"{community}/my-home",
    )
    for tier, account in tiers.items():
        browser.sign_in_as(account)
        opened[tier] = [browser.get(page).status_code == 200 for page in pages]
    assert opened["street office"][0]
    assert opened["residents committee"][:3] == [False, True, True]
    assert opened["compound committee"][:3] == [False, False, True]
    assert opened["residents"] == [False, False, False, True]
