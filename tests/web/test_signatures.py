"""What a handler may ask for: what the core hands over by its name, and what an address can carry."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from msgspec import Meta

from linli.kit.actor import Actor
from linli.web.routing import Portal, get
from linli.web.signatures import read_signature


class Kind(Enum):
    KITCHEN = "kitchen"


def asking(kind: Any):
    def show_things(*, wanted):
        return wanted

    show_things.__annotations__["wanted"] = kind
    return get("/things", public=True)(show_things)


@pytest.mark.parametrize(
    "kind",
    [
        str,
        int,
        bool,
        Decimal,
        UUID,
        date,
        datetime,
        Kind,
        Literal["a", "b"],
        Literal["a"] | Literal[""],
        UUID | None,
        Annotated[str, Meta(max_length=9)],
        Annotated[int, Meta(ge=1)] | None,
        list[UUID],
        list[Annotated[str, Meta(max_length=9)]] | None,
    ],
)
def test_whatever_an_address_can_carry_may_be_asked_for(kind) -> None:
    assert read_signature(Portal.ADMIN, "garden", asking(kind)).in_query == {"wanted"}


@pytest.mark.parametrize("kind", [Actor, Actor | None, dict[str, str], list[Actor], object])
def test_what_none_can_carry_is_refused_with_the_names_that_there_are(kind) -> None:
    with pytest.raises(TypeError, match=r"garden: show_things asks for wanted, which no address can carry") as told:
        read_signature(Portal.ADMIN, "garden", asking(kind))
    assert "actor, form, house, place, read, request, scope, session, table, visit" in str(told.value)
