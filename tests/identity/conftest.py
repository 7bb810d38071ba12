"""Accounts to sign in with, a channel that keeps the codes it is given, and a hand on the database's clock."""

from __future__ import annotations

import itertools
import queue
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from linli.channels import Fault, TextMessage
from linli.house import House
from linli.identity.identifiers import sealed_phone
from linli.identity.models import Account, AccountTenant
from linli.identity.passwords import hash_password
from linli.identity.sessions import SignedIn
from linli.identity.sign_in import sign_in
from linli.kit.crypto import token_digest
from linli.kit.ids import new_id

PASSWORD = "correct horse 97"
_numbers = itertools.count(1)


class KeptCodes:
    """A channel for tests: every code that was sent, in order."""

    def __init__(self) -> None:
        self.sent: queue.Queue[tuple[str, str, str]] = queue.Queue()

    is_connected = True

    def send(self, messages: Sequence[TextMessage]) -> list[Fault | None]:
        for message in messages:
            purpose = message.kind.removeprefix("core.").removesuffix("_code")
            self.sent.put((message.phone, message.values["code"], purpose))
        return [None] * len(messages)

    def last(self) -> str:
        """The code of the next message; waits for the thread that sends it."""
        return self.sent.get(timeout=10)[1]


@dataclass(frozen=True)
class Person:
    """An account of the test's own."""

    id: UUID
    user_name: str
    phone: str
    password: str = PASSWORD


@pytest.fixture
def codes(premises: House) -> KeptCodes:
    channel = KeptCodes()
    premises.channels = replace(premises.channels, sms=channel)
    return channel


@pytest.fixture
def premises(module_house: House) -> Iterator[House]:
    channels = module_house.channels
    module_house.channels = replace(channels, sms=KeptCodes())
    yield module_house
    module_house.channels = channels


@pytest.fixture
def as_owner(premises: House) -> Callable[..., list]:
    """Runs a statement with the migrate role, as no part of the application can."""

    def run(statement: str, **parameters: object) -> list:
        with premises.owner.engine.begin() as connection:
            result = connection.execute(text(statement), parameters)
            return list(result.all()) if result.returns_rows else []

    return run


@pytest.fixture
def new_person(premises: House, world) -> Callable[..., Person]:
    """Makes accounts with a user name, a phone and a password, known to the first street."""

    def make(*tenants: UUID) -> Person:
        n = next(_numbers)
        person = Person(new_id(), f"person-{n}", f"1380000{n:04d}")
        with Session(premises.owner.engine) as session, session.begin():
            session.add(
                Account(
                    id=person.id,
                    user_name=person.user_name,
                    display_name=f"测试人{n}",
                    password_hash=hash_password(premises.vault, PASSWORD),
                    **sealed_phone(premises.vault, person.id, person.phone),
                )
            )
            session.flush()
            session.add_all(AccountTenant(account_id=person.id, tenant_id=each) for each in tenants or (world.here.id,))
        return person

    return make


@pytest.fixture
def person(new_person) -> Person:
    return new_person()


@pytest.fixture
def address() -> str:
    """An address that no other test comes from."""
    n = next(_numbers)
    return f"203.0.{n // 250}.{n % 250 + 1}"


@pytest.fixture
def sign(premises: House, address: str) -> Callable[..., tuple[SignedIn, bytes]]:
    """Signs a person in; the session and its token's hash."""

    def sign(person: Person, **options: Any) -> tuple[SignedIn, bytes]:
        signed = sign_in(premises, person.user_name, person.password, ip=address, **options)
        return signed, token_digest(signed.token)

    return sign
