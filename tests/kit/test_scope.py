"""The value that says what a transaction may see, and its signature."""

from __future__ import annotations

import time
from uuid import uuid4

import pytest

from linli.db.scope import ScopeSigner
from linli.kit.scope import Scope

TENANT, FIRST, SECOND = uuid4(), uuid4(), uuid4()
SIGNER = ScopeSigner(b"k" * 32)


def test_a_street_covers_all_its_communities() -> None:
    street = Scope.of_street(TENANT)
    assert street.covers(FIRST)
    assert street.covers(None)
    assert street.community_id is None


def test_communities_cover_themselves_and_what_is_the_streets() -> None:
    scope = Scope.of_communities(TENANT, FIRST)
    assert (scope.covers(FIRST), scope.covers(SECOND), scope.covers(None)) == (True, False, True)
    assert scope.community_id == FIRST
    assert Scope.of_communities(TENANT, FIRST, SECOND).community_id is None


def test_no_communities_is_none_of_them_and_never_all() -> None:
    scope = Scope.of_communities(TENANT)
    assert not scope.covers(FIRST)
    assert SIGNER.token(scope).split(".")[2] not in ("", "*")


def test_a_token_names_tenant_communities_and_end() -> None:
    kid, tenant, communities, end, mac = SIGNER.token(Scope.of_communities(TENANT, FIRST, SECOND), ttl=60).split(".")
    assert (kid, tenant) == ("1", str(TENANT))
    assert communities.split(",") == sorted((str(FIRST), str(SECOND)))
    assert 55 < int(end) - time.time() <= 60
    assert len(mac) == 64


def test_order_of_communities_makes_no_difference() -> None:
    tokens = {SIGNER.token(Scope.of_communities(TENANT, *each)) for each in ((FIRST, SECOND), (SECOND, FIRST))}
    assert len({token.rsplit(".", 2)[0] for token in tokens}) == 1


@pytest.mark.parametrize(("subject", "purpose"), [("a.b", "x"), ("a", "x.y")])
def test_a_ticket_has_the_parts_it_should(subject, purpose) -> None:
    with pytest.raises(ValueError, match="ticket"):
        SIGNER.ticket(subject, purpose)


def test_a_ticket_has_its_purpose_where_a_scope_has_its_tenant() -> None:
    _kid, purpose, subject, _end, _mac = SIGNER.ticket(str(TENANT), "open-session").split(".")
    assert (purpose, subject) == ("open-session", str(TENANT))
