"""How a notice comes before its readers and goes: published at once or at its moment, withdrawn with a reason."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from linli.sdk import (
    SHANGHAI,
    Actor,
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    ScopedSession,
    emit,
    enqueue,
    freeze,
    list_files,
    now,
    recheck_obligations,
    today,
)
from linli.sdk import gettext as _
from linli_notices import repository
from linli_notices.body import gaps_in, make_body
from linli_notices.categories import Category, categories
from linli_notices.checks import FARTHEST, check
from linli_notices.closing import close_withdrawn
from linli_notices.disclosure import require_masked
from linli_notices.events import NoticeWithdrawn
from linli_notices.models import Notice
from linli_notices.obligations import ACCOUNTS
from linli_notices.periods import end_of, last_day, length_of
from linli_notices.permissions import PUBLISH, WITHDRAW, standing_of
from linli_notices.service import find_managed, may_manage, note, state_of
from linli_notices.telling import CLOSING, PUBLISHED, reminded_at, told_at

PUBLISH_TASK = "notices.publish_notice"
CLOSE_TASK = "notices.close_notice"
TELL_TASK = "notices.tell_residents"


def publish_notice(
    session: ScopedSession, actor: Actor, community_id: UUID | None, notice_id: UUID, *, version: int | None = None
) -> Notice:
    """Publish a draft for its days; before the first of them nobody sees it. A second call changes nothing.

    One that waits for its moment is published now instead.

    Args:
        session: the unit of work.
        actor: who publishes.
        community_id: ``None`` for a notice of the street.
        notice_id: of the draft.
        version: the draft that the actor has read; ``None`` publishes it as it stands.

    Raises:
        NotFound: there is none in this community within the actor's reach.
        Conflict: it was changed meanwhile, or has been withdrawn.
        Invalid: its days are over or begin in the past, its working days cannot be counted, something is left to be
            filled in, or an image is not attached.
    """
    notice = find_managed(session, actor, PUBLISH, community_id, notice_id, lock=True)
    if notice.state == "published":
        return notice
    _require_unpublished(notice, version)
    if notice.posting_from is not None and notice.posting_from < today():
        raise Invalid.one("posting_from", _("首日已经过去"), _("今天或以后；留空表示发布当天"))
    _publish(session, notice, actor.account_id)
    return notice


def schedule_notice(
    session: ScopedSession,
    actor: Actor,
    community_id: UUID | None,
    notice_id: UUID,
    moment: datetime,
    *,
    version: int | None = None,
) -> Notice:
    """Have a draft publish itself at a moment; asked again, the moment is moved.

    Args:
        session: the unit of work.
        actor: who answers for it: when the moment comes, they must still be allowed to publish.
        community_id: ``None`` for a notice of the street.
        notice_id: of the draft.
        moment: aware, to come.
        version: the draft that the actor has read.

    Raises:
        NotFound: there is none in this community within the actor's reach.
        Conflict: it was changed meanwhile, or has been published or withdrawn.
        Invalid: the moment has passed or is too far, or the draft could not be published then.
    """
    notice = find_managed(session, actor, PUBLISH, community_id, notice_id, lock=True)
    if notice.state == "published":
        raise Conflict(_("这则公告已经发布"))
    _require_unpublished(notice, version)
    if moment <= now():
        raise Invalid.one("publish_at", _("这个时间已经过去"), _("现在以后的时间"))
    if moment > now() + timedelta(days=FARTHEST):
        raise Invalid.one("publish_at", _("日期太远"))
    day = moment.astimezone(SHANGHAI).date()
    if notice.posting_to is not None and notice.posting_to < day:
        raise Invalid.one("publish_at", _("发布时间晚于公告的末日"), _("不晚于 {day}").format(day=notice.posting_to))
    if notice.posting_from is not None and notice.posting_from < day:
        raise Invalid.one("publish_at", _("发布时间晚于公告的首日"), _("请改首日，或提前发布时间"))
    category = _category(session, notice)
    _check_complete(session, notice, category)
    if notice.posting_to is None and (length := length_of(session, notice, category)) is not None:
        # Said now, not at night when the moment comes: these working days cannot be counted.
        last_day(session, notice.posting_from or day, length, community_id=notice.community_id)
    notice.state, notice.publish_at, notice.schedule_note = "scheduled", moment, ""
    notice.scheduled_by, notice.scheduled_by_name = actor.account_id, actor.display_name
    session.flush()
    enqueue(
        session,
        PUBLISH_TASK,
        {"notice_id": str(notice.id), "moment": moment.isoformat()},
        owner="notices",
        community_id=notice.community_id,
        dedup_key=f"publish:{notice.id}:{moment.timestamp():.0f}",
        run_after=moment,
    )
    note(session, "schedule", notice, after={"publish_at": moment.isoformat()})
    return notice


def unschedule_notice(session: ScopedSession, actor: Actor, community_id: UUID | None, notice_id: UUID) -> Notice:
    """Make a draft again of a notice that waits for its moment. A second call changes nothing.

    Raises:
        NotFound: there is none in this community within the actor's reach.
        Conflict: it has been published or withdrawn.
    """
    notice = find_managed(session, actor, PUBLISH, community_id, notice_id, lock=True)
    if notice.state == "draft":
        return notice
    if notice.state != "scheduled":
        raise Conflict(_("这则公告已经发布"))
    _unschedule(session, notice, "")
    note(session, "unschedule", notice)
    return notice


def publish_due(session: ScopedSession, notice_id: UUID, moment: datetime | None = None) -> bool:
    """Publish a notice whose moment has come, if it is still wanted; however late, its days begin today.

    When whoever set the moment may not publish any more, or the notice cannot be published, it becomes a draft again
    that says why.

    Args:
        session: of the notice's community or the street.
        notice_id: whose moment it is.
        moment: for which it was planned; one that was moved since is left alone. ``None`` for any that has come.

    Returns:
        Whether it was published.
    """
    notice = repository.find(session, notice_id, lock=True)
    if notice is None or notice.state != "scheduled" or notice.publish_at is None or notice.publish_at > now():
        return False
    if moment is not None and notice.publish_at != moment:
        return False
    answers = (
        standing_of(session, notice.scheduled_by, notice.scheduled_by_name) if notice.scheduled_by else session.actor
    )
    fault = ""
    if not may_manage(answers, notice, PUBLISH):
        fault = _("设定定时发布的人已没有发布权限")
    elif notice.posting_to is not None and notice.posting_to < today():
        fault = _("末日已经过去")
    else:
        planned = notice.posting_from
        notice.posting_from = max(planned or today(), today())
        try:
            with session.begin_nested():
                _publish(session, notice, notice.scheduled_by, scheduled=True)
        except (Invalid, Forbidden) as error:
            faults = getattr(error, "errors", None)
            fault = faults[0].message if faults else str(error)
            session.refresh(notice)
            notice.posting_from = planned
    if fault:
        _unschedule(session, notice, fault)
        note(session, "unschedule", notice, reason=fault)
        return False
    return True


def withdraw_notice(
    session: ScopedSession, actor: Actor, community_id: UUID | None, notice_id: UUID, reason: str
) -> Notice:
    """Take a published notice back; it stays on record with the reason, and its record is closed.

    A second call changes nothing. A closed one may be withdrawn too, where its text must no longer be read: its
    snapshot stays, and the withdrawal gets one of its own.

    Raises:
        NotFound: there is none in this community within the actor's reach.
        Conflict: it is a draft, or waits for its moment.
        Invalid: no reason is given.
    """
    notice = find_managed(session, actor, WITHDRAW, community_id, notice_id, lock=True)
    if notice.state == "withdrawn":
        return notice
    if notice.state == "scheduled":
        raise Conflict(_("还没有发布，不需要撤回；可以取消定时发布"))
    if notice.state == "draft":
        raise Conflict(_("草稿还没有发布，不需要撤回；可以直接删除"))
    if not reason.strip():
        raise Invalid.one("reason", _("请写明撤回的原因"))
    was_closed = notice.closed_at is not None
    notice.state, notice.withdraw_reason = "withdrawn", reason.strip()
    notice.withdrawn_at, notice.withdrawn_by = now(), actor.account_id
    snapshot = close_withdrawn(session, notice, was_closed=was_closed)
    note(
        session,
        "withdraw",
        notice,
        reason=notice.withdraw_reason,
        after={"snapshot": snapshot.number, "sha256": snapshot.sha256.hex()},
    )
    emit(
        session,
        NoticeWithdrawn(
            notice_id=notice.id,
            community_id=notice.community_id,
            category=notice.category,
            source_plugin=notice.source_plugin,
            source_id=notice.source_id,
            snapshot_sha256=snapshot.sha256.hex(),
        ),
        community_id=notice.community_id,
    )
    _recheck(session, notice)
    return notice


def _recheck(session: ScopedSession, notice: Notice) -> None:
    if notice.category == ACCOUNTS and notice.community_id is not None:
        recheck_obligations(session, notice.community_id)


def _require_unpublished(notice: Notice, version: int | None) -> None:
    if notice.state == "withdrawn":
        raise Conflict(_("已撤回的公告不能再发布；请重新起草"))
    if version is not None and notice.version != version:
        raise Conflict(_("这份草稿刚刚被修改过，还没有发布；请刷新后核对再发布"))


def _category(session: ScopedSession, notice: Notice) -> Category | None:
    """Its category, with the days that hold where it shows."""
    return categories(session, archived=True, compound_id=_only_compound(notice)).get(notice.category)


def _only_compound(notice: Notice) -> UUID | None:
    """The compound whose rules it keeps to: the one that it is for, unless it is for several or for all."""
    compounds = {each.compound_id for each in notice.places}
    return compounds.pop() if len(compounds) == 1 else None


def _publish(session: ScopedSession, notice: Notice, account_id: UUID | None, *, scheduled: bool = False) -> None:
    first = notice.posting_from = notice.posting_from or today()
    # Checked as a draft is: both its days and a number of days may stand in it only once it is published.
    category = _category(session, notice)
    _check_complete(session, notice, category)
    if notice.posting_to is None and (length := length_of(session, notice, category)) is not None:
        notice.posting_to = last_day(session, first, length, community_id=notice.community_id)
        notice.period_days, notice.period_unit = length.days, length.unit
    if notice.kind == "posting" and category is not None and category.rule:
        # What it had to keep to is seen later as it held today, whatever its editor chose.
        kept = freeze(session, [category.rule], purpose=notice.title, compound_id=_only_compound(notice))
        notice.rule_freeze_id = kept.id
    notice.state, notice.published_at, notice.published_by = "published", now(), account_id
    session.flush()
    if notice.posting_to is not None:
        enqueue(
            session,
            CLOSE_TASK,
            {"notice_id": str(notice.id)},
            owner="notices",
            community_id=notice.community_id,
            dedup_key=f"close:{notice.id}",
            run_after=end_of(notice.posting_to),
        )
    if notice.notifies:
        _tell(session, notice, PUBLISHED, told_at(notice))
        if (moment := reminded_at(session, notice)) is not None:
            _tell(session, notice, CLOSING, moment)
    _recheck(session, notice)
    note(session, "publish", notice, after=state_of(notice) | ({"scheduled": True} if scheduled else {}))


def _tell(session: ScopedSession, notice: Notice, kind: str, moment: datetime | None) -> None:
    enqueue(
        session,
        TELL_TASK,
        {"notice_id": str(notice.id), "kind": kind},
        owner="notices",
        community_id=notice.community_id,
        dedup_key=f"{kind}:{notice.id}",
        run_after=moment,
    )


def _check_complete(session: ScopedSession, notice: Notice, category: Category | None) -> None:
    check(session, notice, category)
    faults = [
        FieldError(name, _("还有没填的内容：{gap}").format(gap=gaps[0] or _("请填写")), _("填好后再发布"))
        for name, gaps in (("title", gaps_in(notice.title)), ("body", gaps_in(notice.body)))
        if gaps
    ]
    images = make_body(notice.body).images
    if images:
        names = {file.name for file in list_files(session, "notices", ("notice", notice.id))}
        faults += [
            FieldError("body", _("正文里的图片“{name}”还没有上传为附件").format(name=name))
            for name in images
            if name not in names
        ]
    if faults:
        raise Invalid(errors=faults)
    require_masked(session, notice)


def _unschedule(session: ScopedSession, notice: Notice, fault: str) -> None:
    notice.state, notice.publish_at, notice.schedule_note = "draft", None, fault
    notice.scheduled_by, notice.scheduled_by_name = None, ""
    session.flush()
