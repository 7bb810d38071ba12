"""Closing: the record is written once, chained, checked by anyone, and nothing of the notice changes any more."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from linli.sdk import SYSTEM, Conflict, Invalid, NotFound, list_files
from linli.testing.clock import frozen
from linli_notices import api, board, publishing, service
from linli_notices.attachments import attach, detach
from linli_notices.channels import add_channel, remove_channel
from linli_notices.closing import close_notice
from linli_notices.models import Notice
from linli_notices.repository import status_of
from linli_notices.schemas import ChannelWrite, NoticeCreate, NoticeUpdate
from linli_notices.snapshot import FIRST, canonical, snapshots_of, verify

FIRST_DAY, LAST_DAY = date(2026, 3, 2), date(2026, 3, 6)


def at(day: date, hour: int = 12) -> datetime:
    """Noon in Shanghai, or another hour of it."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hour - 8)


@pytest.fixture
def own(world):
    return world.here.communities[0]


@pytest.fixture
def closed(own):
    """Closes a posting with an attachment and an entry of the notice board, on the day after its last."""

    def make(session, title: str = "收支公示", **fields) -> Notice:
        with frozen(at(FIRST_DAY)):
            data = NoticeCreate(
                **{"title": title, "body": "公布收支。", "kind": "posting", "is_public": True, **fields}
            )
            notice = service.create_notice(session, SYSTEM, own.id, data)
            attach(session, SYSTEM, own.id, notice.id, b"a,b\n1,2\n", name="明细.csv")
            notice.posting_to = LAST_DAY
            publishing.publish_notice(session, SYSTEM, own.id, notice.id)
            entry = ChannelWrite(channel="board", place="南门", done_on=FIRST_DAY, done_by="居委会")
            add_channel(session, SYSTEM, own.id, notice.id, entry)
        with frozen(at(LAST_DAY + timedelta(days=1), 0)):
            assert close_notice(session, notice.id) is not None
        return notice

    return make


class TestClosing:
    def test_it_closes_after_the_last_moment_of_its_last_day_and_once(self, open_session, own, make_notice) -> None:
        with open_session(own.scope) as session:
            with frozen(at(FIRST_DAY)):
                notice = make_notice(session, own.id, kind="posting", posting_to=LAST_DAY)
            with frozen(at(LAST_DAY, 23)):
                assert close_notice(session, notice.id) is None
            with frozen(at(LAST_DAY + timedelta(days=1), 0)):
                assert close_notice(session, notice.id) is not None
                assert close_notice(session, notice.id) is None
                assert status_of(notice) == "closed"
        with open_session(own.scope) as session:
            entry = session.execute(
                text("SELECT after FROM core.audit_entry WHERE action = 'notices.notice.close' AND subject_id = :n"),
                {"n": str(notice.id)},
            ).scalar_one()
            assert entry["sha256"] == snapshots_of(session, notice.id)[0].sha256.hex()

    def test_the_record_holds_what_was_shown_in_canonical_form(self, open_session, own, closed) -> None:
        with open_session(own.scope) as session:
            notice = closed(session, compound_id=own.compound)
            snapshot = snapshots_of(session, notice.id)[0]
            content = json.loads(snapshot.content)
            file = list_files(session, "notices", ("notice", notice.id))[0]
        assert snapshot.content == canonical(content)
        assert hashlib.sha256(snapshot.content).digest() == snapshot.sha256
        assert (content["notice"]["title"], content["notice"]["posting_to"]) == ("收支公示", "2026-03-06")
        assert content["notice"]["body_html"] == "<p>公布收支。</p>"
        assert content["attachments"] == [
            {
                "id": str(file.id),
                "name": "明细.csv",
                "media_type": file.media_type,
                "size": 8,
                "sha256": hashlib.sha256(b"a,b\n1,2\n").hexdigest(),
            }
        ]
        assert [each["place"] for each in content["channels"]] == ["南门"]
        assert content["places"][0]["compound_id"] == str(own.compound)
        assert content["publisher"] == "测试甲街道第1社区"

    def test_each_record_names_the_one_before_it_in_its_community(self, open_session, world, own, closed) -> None:
        with open_session(own.scope) as session:
            first, second = (snapshots_of(session, closed(session, name).id)[0] for name in ("一", "二"))
            assert (first.number, first.previous) == (1, FIRST)
            assert (second.number, second.previous) == (2, first.sha256)
            assert json.loads(second.content)["previous"] == first.sha256.hex()
        with open_session(world.here.communities[1].scope) as session:
            assert snapshots_of(session, first.notice_id) == []
        with open_session(world.there.scope) as session:
            assert snapshots_of(session, first.notice_id) == []


class TestImmutability:
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE plugin_notices.notice SET title = '改' WHERE id = :n",
            "UPDATE plugin_notices.notice SET body_html = '' WHERE id = :n",
            "UPDATE plugin_notices.notice SET posting_to = '2030-01-01' WHERE id = :n",
            "UPDATE plugin_notices.notice SET state = 'draft' WHERE id = :n",
            "UPDATE plugin_notices.notice SET closed_at = NULL WHERE id = :n",
            "UPDATE plugin_notices.notice SET state = 'withdrawn', withdraw_reason = 'x', title = '改' WHERE id = :n",
            "DELETE FROM plugin_notices.notice WHERE id = :n",
            "DELETE FROM plugin_notices.notice_channel WHERE notice_id = :n",
            "UPDATE plugin_notices.notice_channel SET place = '改' WHERE notice_id = :n",
            (
                "INSERT INTO plugin_notices.notice_channel (community_id, notice_id, channel, place, done_on, done_by) "
                "SELECT community_id, id, 'radio', '补', '2026-03-02', '某' FROM plugin_notices.notice WHERE id = :n"
            ),
            (
                "INSERT INTO plugin_notices.notice_place (community_id, notice_id, compound_id) SELECT n.community_id, "
                "n.id, c.id FROM plugin_notices.notice n JOIN core.compound c USING (community_id) WHERE n.id = :n"
            ),
            "UPDATE plugin_notices.notice_snapshot SET content = 'x', sha256 = sha256('x') WHERE notice_id = :n",
            "DELETE FROM plugin_notices.notice_snapshot WHERE notice_id = :n",
            "UPDATE core.file SET removed_at = now() WHERE subject_id = :n",
            "UPDATE core.file SET sha256 = 'x' WHERE subject_id = :n",
            "UPDATE core.file SET sealed_at = NULL WHERE subject_id = :n",
            "DELETE FROM core.file WHERE subject_id = :n",
        ],
    )
    def test_the_application_cannot_change_a_closed_notice_by_sql(self, open_session, own, closed, statement) -> None:
        with open_session(own.scope) as session:
            notice = closed(session)
            with pytest.raises(DBAPIError, match=r"refused|permission denied|violates"), session.begin_nested():
                session.execute(text(statement), {"n": notice.id})
            assert verify(session, notice, snapshots_of(session, notice.id)[0]).is_sound

    def test_the_owner_of_the_tables_cannot_change_a_record_either(self, house, world, own) -> None:
        with house.database.unit_of_work(own.scope) as session:
            data = NoticeCreate(title="一", body="一")
            notice = service.create_notice(session, SYSTEM, own.id, data)
            publishing.publish_notice(session, SYSTEM, own.id, notice.id)
            publishing.withdraw_notice(session, SYSTEM, own.id, notice.id, "试")
        for statement in (
            "UPDATE plugin_notices.notice_snapshot SET number = 9",
            "DELETE FROM plugin_notices.notice_snapshot",
            "TRUNCATE plugin_notices.notice_snapshot",
        ):
            with (
                pytest.raises(DBAPIError, match="append-only"),
                house.owner.unit_of_work(world.here.scope) as session,
            ):
                session.execute(text(statement))

    def test_no_service_changes_it(self, open_session, own, closed) -> None:
        with open_session(own.scope) as session:
            notice = closed(session)
            file = list_files(session, "notices", ("notice", notice.id))[0]
            channel = session.scalar(text("SELECT id FROM plugin_notices.notice_channel"))
            acts = (
                lambda: service.update_notice(
                    session, SYSTEM, own.id, notice.id, NoticeUpdate(version=notice.version, title="改")
                ),
                lambda: service.discard_draft(session, SYSTEM, own.id, notice.id),
                lambda: attach(session, SYSTEM, own.id, notice.id, b"x", name="x.txt"),
                lambda: detach(session, SYSTEM, own.id, notice.id, file.id),
                lambda: remove_channel(session, SYSTEM, own.id, notice.id, channel),
            )
            for act in acts:
                with pytest.raises(Conflict):
                    act()

    def test_a_record_that_is_not_what_it_says_cannot_be_written(self, open_session, own, closed) -> None:
        with open_session(own.scope) as session:
            notice = closed(session)
            forged = text(
                "INSERT INTO plugin_notices.notice_snapshot "
                "(community_id, notice_id, number, purpose, content, sha256, previous, made_at) "
                "SELECT community_id, notice_id, 99, 'withdrawal', 'forged', sha256, previous, "
                "made_at FROM plugin_notices.notice_snapshot WHERE notice_id = :n"
            )
            with pytest.raises(DBAPIError, match="ck_notice_snapshot_sha256"), session.begin_nested():
                session.execute(forged, {"n": notice.id})


class TestVerifying:
    def test_a_sound_record_is_told_from_one_whose_notice_was_tampered_with(self, house, own) -> None:
        with house.database.unit_of_work(own.scope) as session:
            with frozen(at(FIRST_DAY)):
                data = NoticeCreate(title="一", body="一", kind="posting", posting_to=LAST_DAY)
                notice = service.create_notice(session, SYSTEM, own.id, data)
                publishing.publish_notice(session, SYSTEM, own.id, notice.id)
            close_notice(session, notice.id)
            assert verify(session, notice, snapshots_of(session, notice.id)[0]).is_sound
        with house.owner.unit_of_work(own.scope) as session:
            # Only who owns the tables can take the trigger off; the record tells all the same.
            session.execute(text("ALTER TABLE plugin_notices.notice DISABLE TRIGGER closed"))
            session.execute(text("UPDATE plugin_notices.notice SET body_html = '<p>改</p>'"))
        with house.database.unit_of_work(own.scope) as session:
            found = session.get(Notice, (own.tenant_id, notice.id))
            verdict = verify(session, found, snapshots_of(session, notice.id)[0])
            assert (verdict.is_equal, verdict.follows, verdict.differs) == (True, True, ("body_html",))

    def test_the_api_gives_the_bytes_that_were_hashed(self, open_session, own, closed) -> None:
        with open_session(own.scope) as session:
            notice = closed(session)
            snapshot = api.snapshot_of(session, notice.id)
            assert snapshot is not None
            assert hashlib.sha256(snapshot.content).hexdigest() == snapshot.sha256
            assert api.notice_status(session, notice.id).closed_at == notice.closed_at


class TestWithdrawal:
    def test_within_its_days_it_ends_them_and_stands_in_the_record(self, open_session, own, make_notice) -> None:
        with open_session(own.scope) as session:
            notice = make_notice(session, own.id, kind="posting", is_public=True)
            publishing.withdraw_notice(session, SYSTEM, own.id, notice.id, "数字有误")
            (snapshot,) = snapshots_of(session, notice.id)
            content = json.loads(snapshot.content)
            assert (snapshot.purpose, content["withdrawal"]["reason"]) == ("closing", "数字有误")
            assert notice.closed_at is not None
            reading = board.read_notice(session, SYSTEM, own.id, notice.id)
            assert (reading.notice.body_html, reading.withdraw_reason) == ("", "数字有误")

    def test_after_closing_it_gets_a_record_of_its_own_and_the_first_stays(self, open_session, own, closed) -> None:
        with open_session(own.scope) as session:
            notice = closed(session)
            before = snapshots_of(session, notice.id)[0].sha256
            for _click in range(2):
                publishing.withdraw_notice(session, SYSTEM, own.id, notice.id, "含有个人信息")
            first, second = snapshots_of(session, notice.id)
            assert (first.sha256, second.purpose, second.previous) == (before, "withdrawal", before)


class TestCorrection:
    def test_both_notices_name_each_other(self, open_session, own, closed, make_notice) -> None:
        with open_session(own.scope) as session:
            old = closed(session)
            new = make_notice(session, own.id, title="更正", corrects_id=old.id, is_public=True)
            assert board.read_notice(session, SYSTEM, own.id, new.id).corrects.id == old.id
            assert [each.id for each in board.read_notice(session, SYSTEM, own.id, old.id).corrected_by] == [new.id]

    def test_a_draft_and_what_is_elsewhere_cannot_be_put_right(self, open_session, world, own, make_notice) -> None:
        sibling = world.here.communities[1]
        with open_session(sibling.scope) as session:
            there = make_notice(session, sibling.id)
        with open_session(own.scope) as session:
            draft = make_notice(session, own.id, publish=False)
            for wrong in (draft.id, there.id):
                with pytest.raises(Invalid) as error:
                    service.create_notice(
                        session, SYSTEM, own.id, NoticeCreate(title="更正", body="一", corrects_id=wrong)
                    )
                assert [fault.field for fault in error.value.errors] == ["corrects_id"]
            with pytest.raises(NotFound):
                api.notice_status(session, there.id)
