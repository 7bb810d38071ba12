"""What somebody does to the record who rules the database: eight kinds, each found, beside a chain that is whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from linli.audit import record
from linli.audit.anchors import (
    Anchor,
    anchors_of,
    keep_anchor,
    make_anchor,
    newest_anchor,
    public_keys,
    verify_anchored,
    verify_latest,
)
from linli.audit.copies import AnchorUnreadable, copy_anchors, read_anchor, read_anchors, write_anchor
from linli.audit.models import AuditAnchor, AuditEntry
from linli.audit.verify import ROW_TEXT, ChainReport
from linli.kit.clock import now
from linli.kit.crypto import Signer, derive_key

pytestmark = pytest.mark.requirement("PLT-007")

ALTER = "UPDATE core.audit_entry SET actor_name = 'x' WHERE tenant_id = %(here)s AND n = 7"
INSERT = """
INSERT INTO core.audit_entry SELECT tenant_id, %(n)s, gen_random_uuid(), at, community_id, actor_id, actor_name, action,
  subject_type, subject_id, ip, request_id, reason, before, after, prev_hash, hash
  FROM core.audit_entry WHERE tenant_id = %(here)s AND n = 7"""
SWAP = """
UPDATE core.audit_entry e SET after = o.after, subject_id = o.subject_id FROM core.audit_entry o
 WHERE e.tenant_id = %(here)s AND o.tenant_id = %(here)s AND (e.n, o.n) IN ((5, 9), (9, 5))"""
SWAP_NUMBERS = (
    "UPDATE core.audit_entry SET n = CASE n WHEN {0} THEN {1} ELSE {2} END WHERE tenant_id = %(here)s AND n = {0}"
)


@pytest.fixture
def opened(house, chain):
    return lambda: house.database.unit_of_work(chain.scope, read_only=True)


@pytest.fixture
def keys(house):
    return public_keys(house.vault)


@pytest.fixture
def anchor(house, chain):
    """Sign how far the chain goes now."""

    def run():
        with house.database.unit_of_work(chain.scope) as session:
            return make_anchor(session)

    return run


@pytest.fixture
def found(opened, keys, house, chain, world):
    """The finding on the tampered chain; the other street's stays whole."""

    def run(**options) -> tuple[int | None, str]:
        report = verify_anchored(opened, keys, **options)
        other = verify_anchored(lambda: house.database.unit_of_work(world.there.scope, read_only=True), keys)
        assert other.is_whole
        assert report.is_whole or str(report.broken_at) in report.message
        return report.broken_at, report.fault

    return run


WHOLE = (None, "")


class TestWithoutAnAnchor:
    def test_the_untouched_chain_is_whole(self, found) -> None:
        assert found() == WHOLE

    def test_1_a_changed_row(self, found, superuser) -> None:
        assert superuser(ALTER) == 1
        assert found() == (7, "altered")

    @pytest.mark.parametrize(
        "column",
        [
            "id = gen_random_uuid()",
            "at = at + interval '1 microsecond'",
            "actor_id = gen_random_uuid()",
            "action = 'core.test.other'",
            "subject_type = 'x'",
            "subject_id = 'x'",
            "ip = '192.0.2.1'",
            "request_id = 'x'",
            "reason = 'x'",
            "before = '{}'",
            'after = \'{"n": 6.0, "text": "内容\\u0001"}\'',
            "after = NULL",
        ],
    )
    def test_1_each_column_is_covered(self, found, superuser, column) -> None:
        assert superuser(f"UPDATE core.audit_entry SET {column} WHERE tenant_id = %(here)s AND n = 7") == 1
        assert found() == (7, "altered")

    def test_1_moved_to_a_community_it_is_changed(self, found, superuser, chain) -> None:
        change = "UPDATE core.audit_entry SET community_id = %(c)s WHERE tenant_id = %(here)s AND n = 7"
        assert superuser(change, c=chain.communities[0].id) == 1
        assert found() == (7, "altered")

    def test_1_a_changed_row_with_a_fresh_hash(self, found, superuser) -> None:
        superuser(ALTER)
        fresh = (
            "UPDATE core.audit_entry SET hash = sha256(prev_hash || convert_to(core.audit_text(tenant_id, n, id, at, "
            "community_id, actor_id, actor_name, action, subject_type, subject_id, ip, request_id, reason, before, "
            "after), 'UTF8')) WHERE tenant_id = %(here)s AND n = 7"
        )
        assert superuser(fresh) == 1
        assert found() == (8, "unlinked")

    @pytest.mark.parametrize(("n", "at"), [(6, 7), (1, 2)])
    def test_2_a_row_removed_from_the_middle(self, found, superuser, n, at) -> None:
        assert superuser("DELETE FROM core.audit_entry WHERE tenant_id = %(here)s AND n = %(n)s", n=n) == 1
        assert found() == (at, "missing")

    def test_3_the_tail_removed(self, found, superuser) -> None:
        assert superuser("DELETE FROM core.audit_entry WHERE tenant_id = %(here)s AND n > 10") == 2
        assert found() == (10, "head")

    def test_3_the_head_lowered_over_rows_that_stay(self, found, superuser) -> None:
        lower = (
            "UPDATE core.audit_head SET n = 10, hash = (SELECT hash FROM core.audit_entry e "
            "WHERE e.tenant_id = %(here)s AND e.n = 10) WHERE tenant_id = %(here)s"
        )
        assert superuser(lower) == 1
        assert found() == (10, "beyond")

    def test_3_the_head_removed(self, found, superuser) -> None:
        assert superuser("DELETE FROM core.audit_head WHERE tenant_id = %(here)s") == 1
        assert found() == (0, "beyond")

    def test_4_a_row_inserted_in_the_middle(self, found, superuser) -> None:
        superuser("UPDATE core.audit_entry SET n = n + 100 WHERE tenant_id = %(here)s AND n > 7")
        assert superuser("UPDATE core.audit_entry SET n = n - 99 WHERE tenant_id = %(here)s AND n > 100") == 5
        assert superuser(INSERT, n=8) == 1
        superuser("UPDATE core.audit_head SET n = 13 WHERE tenant_id = %(here)s")
        assert found() == (8, "altered")

    @pytest.mark.parametrize(("n", "finding"), [(13, (12, "beyond")), (0, (0, "before")), (-5, (-5, "before"))])
    def test_4_a_row_inserted_outside(self, found, superuser, n, finding) -> None:
        assert superuser(INSERT, n=n) == 1
        assert found() == finding

    def test_5_two_rows_swapped(self, found, superuser) -> None:
        assert superuser(SWAP) == 2
        assert found() == (5, "altered")

    def test_5_two_rows_swapped_with_their_hashes(self, found, superuser) -> None:
        for old, new in ((5, 500), (9, 5), (500, 9)):
            change = "UPDATE core.audit_entry SET n = %(new)s WHERE tenant_id = %(here)s AND n = %(old)s"
            assert superuser(change, old=old, new=new) == 1
        assert found()[0] == 5

    def test_6_a_row_moved_here_from_another_street(self, superuser, found, opened, keys, world) -> None:
        superuser("DELETE FROM core.audit_entry WHERE tenant_id = %(here)s AND n = 3")
        move = "UPDATE core.audit_entry SET tenant_id = %(here)s WHERE tenant_id = %(there)s AND n = 3"
        assert superuser(move, there=world.there.id) == 1
        superuser(
            "UPDATE core.audit_head SET n = 2, hash = (SELECT hash FROM core.audit_entry e WHERE e.tenant_id = "
            "%(there)s AND e.n = 2) WHERE tenant_id = %(there)s",
            there=world.there.id,
        )
        assert found() == (3, "altered")

    def test_6_where_it_came_from_it_is_missed(self, superuser, house, keys, world) -> None:
        move = "UPDATE core.audit_entry SET tenant_id = %(there)s, n = 4 WHERE tenant_id = %(here)s AND n = 3"
        assert superuser(move, there=world.there.id) == 1
        for street, finding in ((world.here, (4, "missing")), (world.there, (3, "beyond"))):
            report = verify_anchored(lambda s=street: house.database.unit_of_work(s.scope, read_only=True), keys)
            assert (report.broken_at, report.fault) == finding

    def test_a_changed_function_hides_nothing(self, superuser, found) -> None:
        superuser(
            "CREATE OR REPLACE FUNCTION core.audit_text(tenant uuid, n bigint, id uuid, at timestamptz, "
            "community uuid, actor uuid, actor_name text, action text, subject_type text, subject_id text, ip text, "
            "request_id text, reason text, before jsonb, after jsonb) RETURNS text LANGUAGE sql IMMUTABLE "
            "AS $$ SELECT 'as you were' $$"
        )
        assert found() == WHOLE
        superuser(ALTER)
        superuser(
            "UPDATE core.audit_entry SET hash = sha256(prev_hash || convert_to('as you were', 'UTF8')) "
            "WHERE tenant_id = %(here)s AND n = 7"
        )
        assert found() == (7, "altered")


class TestWithAnAnchor:
    def test_the_untouched_chain_is_whole_and_anchored(self, anchor, opened, keys, house, chain) -> None:
        made = anchor()
        with house.database.unit_of_work(chain.scope) as session:
            record(session, "core.test.act", ("thing", 99))
        assert made.n == 12
        assert verify_anchored(opened, keys) == ChainReport(13, anchored=12, anchors=1)
        assert verify_latest(opened, keys) == ChainReport(1, anchored=12, anchors=1)

    def test_7_the_whole_chain_written_anew(self, anchor, superuser, rehash, found) -> None:
        superuser(ALTER)
        rehash(1)
        assert found() == WHOLE, "without an anchor nobody can tell: this is what anchors are for"

    def test_7_the_whole_chain_written_anew_after_an_anchor(self, anchor, superuser, rehash, found) -> None:
        anchor()
        assert found() == WHOLE
        superuser(ALTER)
        rehash(1)
        assert found() == (12, "rewritten")

    def test_8_cut_off_with_its_head_mended(self, anchor, superuser, rehash, found) -> None:
        anchor()
        superuser("DELETE FROM core.audit_entry WHERE tenant_id = %(here)s AND n > 10")
        rehash(10)
        assert found() == (12, "cut")

    def test_8_cut_off_and_grown_again(self, anchor, superuser, rehash, found, house, chain) -> None:
        anchor()
        superuser("DELETE FROM core.audit_entry WHERE tenant_id = %(here)s AND n > 10")
        rehash(10)
        for n in range(5):
            with house.database.unit_of_work(chain.scope) as session:
                record(session, "core.test.harmless", ("thing", n))
        assert found() == (12, "rewritten")

    def test_8_everything_removed(self, anchor, superuser, found) -> None:
        anchor()
        superuser("DELETE FROM core.audit_entry WHERE tenant_id = %(here)s")
        superuser("DELETE FROM core.audit_head WHERE tenant_id = %(here)s")
        assert found() == (12, "cut")

    def test_what_was_done_is_not_signed(self, anchor, superuser, rehash, opened, keys) -> None:
        anchor()
        superuser(ALTER)
        rehash(1)
        report = verify_latest(opened, keys)
        assert (report.broken_at, report.fault) == (12, "rewritten")

    def test_an_anchor_of_the_attackers_own(self, anchor, superuser, rehash, found, house, chain) -> None:
        anchor()
        superuser("DELETE FROM core.audit_anchor WHERE tenant_id = %(here)s")
        superuser(ALTER)
        rehash(1)
        theirs = Signer(derive_key(b"the attacker's", "audit-anchor/1"))
        with house.database.unit_of_work(chain.scope) as session:
            head = session.execute(text("SELECT n, hash FROM core.audit_head")).one()
        strange = self.signed(theirs, chain, head)
        for key_id, fault in ((theirs.key_id, "unknown_key"), (house.vault.anchors.key_id, "forged")):
            superuser(
                "INSERT INTO core.audit_anchor (tenant_id, n, hash, at, key_id, signature) "
                "VALUES (%(here)s, %(n)s, %(hash)s, %(at)s, %(key)s, %(signature)s)",
                n=strange.n,
                hash=strange.hash,
                at=strange.at,
                key=key_id,
                signature=strange.signature,
            )
            assert found() == (12, fault)

    def signed(self, signer: Signer, chain, head):
        unsigned = Anchor(chain.id, head.n, head.hash, now(), signer.key_id, b"")
        return replace(unsigned, signature=signer.sign(unsigned.message))

    @pytest.mark.parametrize(
        "change",
        ["hash = sha256('x')", "at = at + interval '1 second'", "n = 11", "signature = sha256(signature)"],
    )
    def test_an_altered_anchor(self, anchor, superuser, found, change) -> None:
        anchor()
        assert superuser(f"UPDATE core.audit_anchor SET {change} WHERE tenant_id = %(here)s") == 1
        assert found()[1] == "forged"

    def test_an_anchor_of_another_street(self, superuser, found, house, world, anchor) -> None:
        with house.database.unit_of_work(world.there.scope) as session:
            assert make_anchor(session) is not None
        assert superuser("UPDATE core.audit_anchor SET tenant_id = %(here)s") == 1
        assert found() == (3, "forged")


class TestCopies:
    def test_a_copy_contradicts_who_removed_the_anchors_too(
        self, anchor, superuser, rehash, found, opened, keys, tmp_path
    ) -> None:
        anchor()
        assert copy_anchors(opened, tmp_path, keys, street="110101001") == 1
        superuser("DELETE FROM core.audit_anchor WHERE tenant_id = %(here)s")
        superuser("DELETE FROM core.audit_entry WHERE tenant_id = %(here)s AND n > 10")
        rehash(10)
        assert found() == WHOLE
        assert found(outside=list(read_anchors(tmp_path, []))) == (12, "cut")

    def test_each_is_written_once(self, anchor, opened, keys, tmp_path, house, chain) -> None:
        anchor()
        assert anchor() is None, "nothing happened since"
        assert copy_anchors(opened, tmp_path, keys, street="s") == 1
        assert copy_anchors(opened, tmp_path, keys, street="s") == 0
        for _again in range(2):
            with house.database.unit_of_work(chain.scope) as session:
                record(session, "core.test.act", ("thing", 99))
            anchor()
        assert copy_anchors(opened, tmp_path, keys, street="s") == 2
        assert sorted(each.n for each in read_anchors(tmp_path, [])) == [12, 13, 14]
        assert not [path for path in (tmp_path / "s").iterdir() if path.name.startswith(".")]

    def test_a_file_is_never_written_over(self, anchor, keys, tmp_path) -> None:
        made = anchor()
        [public] = keys.values()
        assert write_anchor(tmp_path, made, public, street="s")
        [path] = (tmp_path / "s").iterdir()
        before = path.read_bytes()
        assert not write_anchor(tmp_path, replace(made, hash=b"x" * 32), public, street="s")
        assert path.read_bytes() == before
        assert read_anchor(before, path.name) == made

    def test_what_is_not_ours_is_not_copied(self, anchor, opened, tmp_path) -> None:
        anchor()
        assert copy_anchors(opened, tmp_path, {}, street="s") == 0

    @pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b'{"format": "linli-audit-anchor/2"}'])
    def test_a_damaged_file_is_named(self, tmp_path, content) -> None:
        (tmp_path / "a.anchor.json").write_bytes(content)
        damaged: list[str] = []
        assert list(read_anchors(tmp_path, damaged)) == []
        assert damaged == ["a.anchor.json"]
        with pytest.raises(AnchorUnreadable, match="anchor"):
            read_anchor(content, "a.anchor.json")


class TestTheTable:
    def test_neither_the_application_nor_the_owner_takes_an_anchor_back(self, house, chain, anchor) -> None:
        anchor()
        for statement in ("UPDATE core.audit_anchor SET n = 1", "DELETE FROM core.audit_anchor"):
            with pytest.raises(DBAPIError, match="permission denied"), house.database.unit_of_work(chain.scope) as s:
                s.execute(text(statement))
            with pytest.raises(DBAPIError, match="append-only"), house.owner.unit_of_work(chain.scope) as session:  # noqa: PT012 fails as a whole
                session.execute(text("SET LOCAL ROLE linli_owner"))
                session.execute(text(statement))

    def test_a_community_signs_nothing(self, house, chain) -> None:
        with pytest.raises(DBAPIError), house.database.unit_of_work(chain.communities[0].scope) as session:
            make_anchor(session)

    def test_other_streets_do_not_see_it(self, house, world, anchor) -> None:
        anchor()
        for scope, count in ((world.here.scope, 1), (world.there.scope, 0)):
            with house.database.unit_of_work(scope) as session:
                assert session.scalar(select(func.count()).select_from(AuditAnchor)) == count
                assert (newest_anchor(session) is not None) == bool(count)

    def test_many_are_read_in_their_order(self, house, chain, anchor, monkeypatch) -> None:
        monkeypatch.setattr("linli.audit.anchors._BATCH", 2)
        made = anchor()
        with house.database.unit_of_work(chain.scope) as session:
            for n in range(20, 25):
                assert keep_anchor(session, replace(made, n=n, at=made.at + timedelta(hours=n)))

        def opened():
            return house.database.unit_of_work(chain.scope, read_only=True)

        assert [each.n for each in anchors_of(opened)] == [12, 20, 21, 22, 23, 24]
        assert [each.n for each in anchors_of(opened, newest_first=True)] == [24, 23, 22, 21, 20, 12]


def test_verification_reads_a_row_as_the_database_wrote_it(house, chain) -> None:
    own = text(
        f"SELECT {ROW_TEXT} AS ours, core.audit_text(tenant_id, n, id, at, community_id, actor_id, actor_name, action, "
        "subject_type, subject_id, ip, request_id, reason, before, after) AS theirs FROM core.audit_entry"
    )
    with house.database.unit_of_work(chain.scope) as session:
        rows = session.execute(own).all()
        assert len(rows) == session.scalar(select(func.count()).select_from(AuditEntry)) == 12
        assert all(row.ours == row.theirs for row in rows)
