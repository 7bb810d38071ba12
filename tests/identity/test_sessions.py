"""Sessions: always under a new token, known by its hash, ended at once, prolonged within their end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from linli.identity.accounts import change_password, entrances, update_profile
from linli.identity.sessions import (
    close_one,
    close_others,
    close_session,
    is_due,
    list_sessions,
    touch,
    who_is,
)
from linli.identity.sign_in import sign_in
from linli.kit.clock import today
from linli.kit.crypto import token_digest
from linli.kit.errors import Invalid, NotFound, TooMany


def lives(premises, digest) -> bool:
    with premises.database.open_transaction() as connection:
        return who_is(connection, digest, "session").account_id is not None


class TestToken:
    @pytest.mark.asvs("V7.2.4")
    def test_each_sign_in_has_its_own(self, person, sign) -> None:
        assert sign(person)[0].token != sign(person)[0].token

    def test_only_its_hash_is_stored(self, premises, person, sign, as_owner) -> None:
        signed, digest = sign(person)
        stored = [bytes(row[0]) for row in as_owner("SELECT token_hash FROM core.session")]
        assert digest in stored
        assert signed.token.encode() not in stored

    @pytest.mark.asvs("V7.2.3")
    def test_it_carries_at_least_128_bits(self, person, sign) -> None:
        assert len(sign(person)[0].token) * 6 >= 128

    def test_a_token_that_the_browser_brought_along_is_never_adopted(self, premises, person, sign) -> None:
        planted = token_digest("chosen by somebody else")
        signed, _digest = sign(person, replaces=planted)
        assert signed.token != "chosen by somebody else"
        assert not lives(premises, planted)

    @pytest.mark.asvs("V7.2.4")
    def test_the_session_that_the_browser_had_before_ends(self, premises, person, new_person, sign) -> None:
        _first, before = sign(new_person())
        _second, after = sign(person, replaces=before)
        assert not lives(premises, before)
        assert lives(premises, after)

    def test_a_bearer_token_opens_no_page(self, premises, person, sign) -> None:
        _signed, digest = sign(person)
        with premises.database.open_transaction() as connection:
            assert who_is(connection, digest, "token").account_id is None
            assert who_is(connection, None, "").account_id is None


class TestEnd:
    @pytest.mark.asvs("V7.4.1")
    def test_a_closed_session_is_dead_at_once(self, premises, person, sign) -> None:
        _signed, digest = sign(person)
        with premises.database.open_transaction() as connection:
            close_session(connection, digest)
        assert not lives(premises, digest)

    @pytest.mark.parametrize(("left", "alive"), [(2, True), (-1, False)])
    def test_it_lives_until_it_expires(self, premises, person, sign, as_owner, left, alive) -> None:
        _signed, digest = sign(person)
        as_owner(
            "UPDATE core.session SET expires_at = now() + make_interval(secs => :left) WHERE token_hash = :digest",
            left=left,
            digest=digest,
        )
        assert lives(premises, digest) is alive

    @pytest.mark.asvs("V7.3.1", "V7.3.2")
    def test_two_weeks_idle_and_thirty_days_in_all(self, premises, person, sign, as_owner) -> None:
        _signed, digest = sign(person)
        ((idle, ends),) = as_owner(
            "SELECT expires_at - created_at, ends_at - created_at FROM core.session WHERE token_hash = :digest",
            digest=digest,
        )
        assert (idle, ends) == (timedelta(days=14), timedelta(days=30))

    def test_use_prolongs_but_never_beyond_the_end(self, premises, person, sign, as_owner) -> None:
        _signed, digest = sign(person)
        as_owner(
            "UPDATE core.session SET ends_at = now() + interval '3 days', expires_at = now() + interval '1 day' "
            "WHERE token_hash = :digest",
            digest=digest,
        )
        touch(premises.database, digest, "session")
        ((at_end,),) = as_owner(
            "SELECT expires_at = ends_at FROM core.session WHERE token_hash = :digest", digest=digest
        )
        assert at_end

    @pytest.mark.parametrize(("seconds", "due"), [(290, False), (301, True)])
    def test_use_is_written_down_every_five_minutes(self, seconds, due) -> None:
        assert is_due(datetime.now(UTC) - timedelta(seconds=seconds)) is due
        assert is_due(None)

    def test_the_longest_idle_one_gives_way_to_the_twenty_first(self, premises, person, sign, as_owner) -> None:
        _first, digest = sign(person)
        as_owner(
            "UPDATE core.session SET seen_at = seen_at - interval '1 hour' WHERE token_hash = :digest", digest=digest
        )
        for _ in range(19):
            sign(person)
        assert lives(premises, digest)
        sign(person)
        assert not lives(premises, digest)


class TestList:
    def test_one_sees_ones_own_and_which_is_in_use(self, premises, person, new_person, sign) -> None:
        sign(new_person())
        sign(person)
        _signed, digest = sign(person)
        with premises.database.open_transaction() as connection:
            found = list_sessions(connection, digest)
        assert len(found) == 2
        assert [each.is_own for each in found].count(True) == 1

    def test_one_can_be_ended(self, premises, person, sign) -> None:
        _other, other = sign(person)
        _signed, digest = sign(person)
        with premises.database.open_transaction() as connection:
            target = next(each for each in list_sessions(connection, digest) if not each.is_own)
            close_one(connection, digest, target.id)
        assert not lives(premises, other)
        assert lives(premises, digest)

    def test_somebody_elses_cannot(self, premises, person, new_person, sign) -> None:
        _theirs, theirs = sign(new_person())
        _signed, digest = sign(person)
        with premises.database.open_transaction() as connection:
            target = list_sessions(connection, theirs)[0]
            with pytest.raises(NotFound):
                close_one(connection, digest, target.id)
        assert lives(premises, theirs)

    def test_all_others_can_be_ended_at_once(self, premises, person, sign) -> None:
        others = [sign(person)[1] for _ in range(3)]
        _signed, digest = sign(person)
        with premises.database.open_transaction() as connection:
            assert close_others(connection, digest) == 3
        assert lives(premises, digest)
        assert not any(lives(premises, each) for each in others)


class TestPasswordChange:
    @pytest.mark.asvs("V7.4.3")
    def test_it_rotates_this_session_and_ends_the_others(self, premises, person, sign, address) -> None:
        _other, other = sign(person)
        _signed, digest = sign(person)
        fresh = change_password(premises, digest, person.password, "another good one 5")
        assert not lives(premises, other)
        assert not lives(premises, digest)
        assert lives(premises, token_digest(fresh))
        with pytest.raises(Invalid):
            sign_in(premises, person.user_name, person.password, ip=address)
        assert sign_in(premises, person.user_name, "another good one 5", ip=address)

    @pytest.mark.asvs("V6.2.3")
    def test_it_asks_for_the_current_one(self, premises, person, sign) -> None:
        _signed, digest = sign(person)
        with pytest.raises(Invalid) as caught:
            change_password(premises, digest, "a wrong password", "another good one 5")
        assert caught.value.errors[0].field == "current_password"

    def test_guessing_the_current_one_is_slowed_down(self, premises, person, sign) -> None:
        _signed, digest = sign(person)
        for _ in range(5):
            with pytest.raises(Invalid):
                change_password(premises, digest, "a wrong password", "another good one 5")
        with pytest.raises(TooMany):
            change_password(premises, digest, person.password, "another good one 5")

    @pytest.mark.parametrize("new", ["short77", "password123"])
    def test_a_bad_new_one_changes_nothing(self, premises, person, sign, new) -> None:
        _signed, digest = sign(person)
        with pytest.raises(Invalid):
            change_password(premises, digest, person.password, new)
        assert lives(premises, digest)

    def test_the_same_one_is_refused(self, premises, person, sign) -> None:
        _signed, digest = sign(person)
        with pytest.raises(Invalid):
            change_password(premises, digest, person.password, person.password)


class TestProfile:
    def test_language_and_type_are_the_accounts(self, premises, person, sign) -> None:
        _signed, digest = sign(person)
        update_profile(premises, digest, name=" 新 名字 ", locale="en", large_type=True)
        with premises.database.open_transaction() as connection:
            row = who_is(connection, digest, "session")
        assert (row.display_name, row.locale, row.large_type) == ("新 名字", "en", True)

    @pytest.mark.parametrize(("field", "value"), [("name", " "), ("name", "长" * 41), ("locale", "xx")])
    def test_bad_values_name_their_field(self, premises, person, sign, field, value) -> None:
        _signed, digest = sign(person)
        with pytest.raises(Invalid) as caught:
            update_profile(premises, digest, **{field: value})
        assert caught.value.errors[0].field == field


def test_entrances_are_the_accounts_own_in_every_street(premises, world, as_owner) -> None:
    here, there = world.here.communities[0], world.there.communities[1]
    as_owner(
        "INSERT INTO core.session (id, token_hash, account_id, expires_at) "
        "VALUES (gen_random_uuid(), :digest, :account, now() + interval '1 hour')",
        digest=token_digest("entrances"),
        account=here.administrator,
    )
    found = entrances(premises, token_digest("entrances"), here.administrator, today=today())
    assert [(each.community_slug, each.role) for each in found] == [(here.code, "community_administrator")]
    assert there.code not in {each.community_slug for each in found}


def test_the_runtime_role_reads_none_of_the_tables(premises) -> None:
    from sqlalchemy.exc import DBAPIError

    for table in ("account", "session", "api_token", "one_time_code", "throttle", "account_tenant"):
        with pytest.raises(DBAPIError, match="permission denied"), premises.database.open_transaction() as connection:
            connection.execute(text(f"SELECT 1 FROM core.{table}"))
