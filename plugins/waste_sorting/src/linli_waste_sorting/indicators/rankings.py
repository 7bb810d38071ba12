"""Rankings: drafted from the figures, looked at, published with a notice, and taken back with a reason."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from linli.sdk import (
    Actor,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    ScopedSession,
    community_names,
    community_outline,
    emit,
    new_id,
    now,
    record,
)
from linli.sdk import gettext as _
from linli_waste_sorting.indicators import definitions, figures, notice, ranks, sets
from linli_waste_sorting.indicators.computing import communities_in
from linli_waste_sorting.indicators.events import RankingPublished, RankingWithdrawn
from linli_waste_sorting.indicators.hiding import FEW, of_whole
from linli_waste_sorting.indicators.models import Ranking
from linli_waste_sorting.indicators.months import is_over
from linli_waste_sorting.indicators.permissions import PUBLISH_RANKING, RANK
from linli_waste_sorting.indicators.quantities import Amounts
from linli_waste_sorting.indicators.ranks import Candidate, RankLine, Terms
from linli_waste_sorting.indicators.schemas import RankingDetail, RankingOut, RankPlace
from linli_waste_sorting.weights.ledger import Month, month_of

_LEVELS = {"communities": "community", "compounds": "compound", "buildings": "building"}


def draft_ranking(
    session: ScopedSession, actor: Actor, community_id: UUID | None, month: Month, subject: str
) -> Ranking:
    """A new draft of a month that is over, computed now.

    Args:
        session: of the street for its communities, of the community for its compounds and buildings.
        actor: who asks.
        community_id: ``None`` for the street.
        month: of the ranking.
        subject: what is put in order.

    Raises:
        Forbidden: the actor may not prepare rankings there.
        Invalid: the month is not over, or such places are not ranked here.
        Conflict: the month has one already.
    """
    _require(actor, RANK, community_id)
    if (subject == "communities") != (community_id is None):
        allowed = "communities" if community_id is None else "compounds、buildings"
        raise Invalid.one("subject", _("这里不排这种名次"), allowed)
    if not is_over(month):
        allowed = _("{day} 起可以排名").format(day=month.after.first.isoformat())
        raise Invalid.one("month", _("这个月还没有结束"), allowed)
    if (held := standing_of(session, community_id, month, subject)) is not None:
        raise Conflict(_("这个月已经有排名了，状态是“{state}”").format(state=_(STATE_TITLES[held.state])))
    current = sets.standing(session)
    terms = current.terms
    row = Ranking(
        id=new_id(),
        community_id=community_id,
        month=month.first,
        subject=subject,
        state="draft",
        set_number=current.number,
        indicators=definitions.written(terms.indicators),
        least_households=terms.least_households,
        least_weight=terms.least_weight,
        lines=ranks.written(_lines(session, community_id, month, subject, terms, fresh=True)),
        made_by=actor.account_id,
        made_by_name=actor.display_name,
        replaces_id=_withdrawn(session, community_id, month, subject),
    )
    session.add(row)
    session.flush()
    _note(session, "draft", row)
    return row


def refresh_ranking(session: ScopedSession, actor: Actor, community_id: UUID | None, ranking_id: UUID) -> Ranking:
    """Compute an unpublished ranking anew, with the definitions of now; it has to be looked at again.

    Raises:
        NotFound: there is none there.
        Forbidden: the actor may not prepare rankings there.
        Conflict: it is published or withdrawn.
    """
    _require(actor, RANK, community_id)
    row = _unpublished(session, community_id, ranking_id)
    current = sets.standing(session)
    terms = current.terms
    row.set_number, row.indicators = current.number, definitions.written(terms.indicators)
    row.least_households, row.least_weight = terms.least_households, terms.least_weight
    row.lines = ranks.written(_lines(session, community_id, month_of(row.month), row.subject, terms, fresh=True))
    row.state, row.reviewed_at, row.reviewed_by, row.reviewed_by_name = "draft", None, None, ""
    session.flush()
    _note(session, "refresh", row)
    return row


def review_ranking(
    session: ScopedSession, actor: Actor, community_id: UUID | None, ranking_id: UUID, version: int
) -> Ranking:
    """Say that a draft was looked at: from now on it can be published as it stands.

    Raises:
        NotFound: there is none there.
        Forbidden: the actor may not prepare rankings there.
        Conflict: it was computed anew since it was read, or is published already.
    """
    _require(actor, RANK, community_id)
    row = _unpublished(session, community_id, ranking_id)
    _require_version(row, version)
    row.state, row.reviewed_at = "reviewed", now()
    row.reviewed_by, row.reviewed_by_name = actor.account_id, actor.display_name
    session.flush()
    _note(session, "review", row)
    return row


def publish_ranking(
    session: ScopedSession, actor: Actor, community_id: UUID | None, ranking_id: UUID, version: int
) -> Ranking:
    """Publish what was looked at: residents read it, a notice tells of it, and the month's figures stay as they are.

    Raises:
        NotFound: there is none there.
        Forbidden: the actor may not publish rankings, or notices, there.
        Conflict: nobody has looked at it, or records have changed what it says.
    """
    _require(actor, PUBLISH_RANKING, community_id)
    row = _unpublished(session, community_id, ranking_id)
    if row.state != "reviewed":
        raise Conflict(_("先核对这份草稿，再发布"))
    _require_version(row, version)
    month = month_of(row.month)
    terms = Terms(definitions.read(row.indicators), row.least_households, row.least_weight)
    if ranks.written(_lines(session, community_id, month, row.subject, terms, fresh=True)) != row.lines:
        raise Conflict(_("核对以后记录有变化，数字不一样了；请重新计算，再核对和发布"))
    figures.freeze_month(session, communities_in(session, community_id), month)
    row.state, row.published_at = "published", now()
    row.published_by, row.published_by_name = actor.account_id, actor.display_name
    row.notice_id = notice.announce(session, actor, row, _notice_of(session, row.replaces_id))
    session.flush()
    _note(session, "publish", row)
    emit(
        session,
        RankingPublished(
            ranking_id=row.id,
            community_id=community_id,
            subject=row.subject,
            month=row.month,
            replaces_id=row.replaces_id,
        ),
        community_id=community_id,
    )
    return row


def withdraw_ranking(
    session: ScopedSession, actor: Actor, community_id: UUID | None, ranking_id: UUID, reason: str
) -> Ranking:
    """Take a published ranking back; it stays to be read with the reason, and the month can be put right.

    Raises:
        NotFound: there is none there.
        Forbidden: the actor may not publish rankings there.
        Conflict: it is not published.
        Invalid: no reason is given.
    """
    _require(actor, PUBLISH_RANKING, community_id)
    row = get_ranking(session, community_id, ranking_id, lock=True)
    if row.state != "published":
        raise Conflict(_("只有公布了的排名才能撤回"))
    if not reason.strip():
        raise Invalid.one("reason", _("必须填写"))
    row.state, row.withdrawn_at, row.withdraw_reason = "withdrawn", now(), reason.strip()
    row.withdrawn_by, row.withdrawn_by_name = actor.account_id, actor.display_name
    notice.take_back(session, actor, row, row.withdraw_reason)
    session.flush()
    _thaw(session, row)
    _note(session, "withdraw", row, reason=row.withdraw_reason)
    emit(
        session,
        RankingWithdrawn(ranking_id=row.id, community_id=community_id, subject=row.subject, month=row.month),
        community_id=community_id,
    )
    return row


def get_ranking(session: ScopedSession, community_id: UUID | None, ranking_id: UUID, *, lock: bool = False) -> Ranking:
    """One ranking of a community, or of the street for ``None``.

    Raises:
        NotFound: there is none there.
    """
    mine = select(Ranking).where(Ranking.id == ranking_id, Ranking.community_id.is_not_distinct_from(community_id))
    row = session.scalar(mine.with_for_update() if lock else mine)
    if row is None:
        raise NotFound(_("没有找到这份排名"))
    return row


def get_published(session: ScopedSession, community_id: UUID, ranking_id: UUID) -> Ranking:
    """One ranking that residents of a community may read.

    Raises:
        NotFound: there is none, or it was never published.
    """
    here = Ranking.community_id.is_(None) | (Ranking.community_id == community_id)
    readable = Ranking.state.in_(("published", "withdrawn"))
    row = session.scalar(select(Ranking).where(Ranking.id == ranking_id, here, readable))
    if row is None:
        raise NotFound(_("没有找到这份排名"))
    return row


def standing_of(session: ScopedSession, community_id: UUID | None, month: Month, subject: str) -> Ranking | None:
    """The ranking of a month that is not withdrawn."""
    return session.scalar(
        select(Ranking).where(
            Ranking.community_id.is_not_distinct_from(community_id),
            Ranking.month == month.first,
            Ranking.subject == subject,
            Ranking.state != "withdrawn",
        )
    )


def has_any(session: ScopedSession, community_id: UUID | None, month: Month, subject: str) -> bool:
    """Whether a month was ever ranked, withdrawn rankings among them."""
    mine = select(Ranking.id).where(
        Ranking.community_id.is_not_distinct_from(community_id),
        Ranking.month == month.first,
        Ranking.subject == subject,
    )
    return session.scalar(mine.limit(1)) is not None


def rank_now(
    session: ScopedSession, community_id: UUID | None, month: Month, subject: str, terms: Terms
) -> list[RankLine]:
    """How a month's figures would be ranked, as they are kept; nothing is written."""
    return _lines(session, community_id, month, subject, terms, fresh=False)


def ranking_out(row: Ranking) -> RankingOut:
    """As lists of the API show it."""
    names = [name for name in RankingOut.__struct_fields__ if name != "month"]
    return RankingOut(month=f"{row.month:%Y-%m}", **{name: getattr(row, name) for name in names})


def detail_of(row: Ranking) -> RankingDetail:
    """As the API shows it with its places; what they were computed from stays inside."""
    names = [name for name in RankingOut.__struct_fields__ if name != "month"]
    return RankingDetail(
        month=f"{row.month:%Y-%m}",
        **{name: getattr(row, name) for name in names},
        indicators=definitions.read(row.indicators),
        least_households=row.least_households,
        least_weight=row.least_weight,
        places=[
            RankPlace(**{name: getattr(each, name) for name in RankPlace.__struct_fields__})
            for each in ranks.read(row.lines)
        ],
    )


def candidates(
    session: ScopedSession, community_id: UUID | None, month: Month, subject: str, least: int
) -> list[Candidate]:
    """The places that a ranking is about, in the order of their names, with what is known and may be shown of each.

    Args:
        session: of the street or the community.
        community_id: ``None`` for the street.
        month: of the figures.
        subject: what is put in order.
        least: households that must stand behind what is shown.
    """
    names = place_titles(session, community_id, subject)
    if community_id is None:
        rows = {row.place_id: row for row in figures.rows_of(session, month, level="community")}
        # Those that take part: each of them has a row, if an empty one.
        return [Candidate(key, name, of_whole(rows[key].amounts, least)) for key, name in names.items() if key in rows]
    level, several = _LEVELS[subject], figures.rows_of(session, month, community_id=community_id)
    hidden = figures.hidden_among(several, least)
    known: dict[UUID, Amounts] = {row.place_id: row.amounts for row in several if row.level == level}
    # Of a building without a row nothing is known but that no household of it was observed.
    unseen = FEW if level == "building" else ""
    return [
        Candidate(key, name, known.get(key, {}), hidden.get(key, "" if key in known else unseen))
        for key, name in names.items()
    ]


#: Messages.
STATE_TITLES = {"draft": "草稿", "reviewed": "已核对", "published": "已公布", "withdrawn": "已撤回"}
SUBJECT_TITLES = {"communities": "各社区", "compounds": "各小区", "buildings": "各楼栋"}


def place_titles(session: ScopedSession, community_id: UUID | None, subject: str) -> dict[UUID, str]:
    """What the places that can be ranked are called, in order."""
    if community_id is None:
        return dict(community_names(session))
    outline = community_outline(session, community_id)
    if subject == "compounds":
        return {each.id: each.name for each in outline}
    return {
        building.id: f"{each.name} {building.name}" if len(outline) > 1 else building.name
        for each in outline
        for building in each.buildings
    }


def _lines(
    session: ScopedSession, community_id: UUID | None, month: Month, subject: str, terms: Terms, *, fresh: bool
) -> list[RankLine]:
    if fresh:
        for each in communities_in(session, community_id):
            figures.compute(session, each, month)
    found = candidates(session, community_id, month, subject, terms.least_households)
    return ranks.rank(found, terms, subject=subject)


def _thaw(session: ScopedSession, row: Ranking) -> None:
    """Let figures be computed again that no other published ranking rests on."""
    published = select(Ranking.community_id).where(Ranking.month == row.month, Ranking.state == "published")
    bound = set(session.scalars(published))
    if None in bound:
        return
    free = [each for each in communities_in(session, row.community_id) if each not in bound]
    figures.thaw_month(session, free, month_of(row.month))


def _unpublished(session: ScopedSession, community_id: UUID | None, ranking_id: UUID) -> Ranking:
    row = get_ranking(session, community_id, ranking_id, lock=True)
    if row.state not in ("draft", "reviewed"):
        raise Conflict(_("公布过的排名不能改动；要更正，请写明理由撤回，再重新排名"))
    return row


def _withdrawn(session: ScopedSession, community_id: UUID | None, month: Month, subject: str) -> UUID | None:
    latest = select(Ranking.id).where(
        Ranking.community_id.is_not_distinct_from(community_id),
        Ranking.month == month.first,
        Ranking.subject == subject,
        Ranking.state == "withdrawn",
    )
    return session.scalar(latest.order_by(Ranking.withdrawn_at.desc()).limit(1))


def _notice_of(session: ScopedSession, ranking_id: UUID | None) -> UUID | None:
    if ranking_id is None:
        return None
    return session.scalar(select(Ranking.notice_id).where(Ranking.id == ranking_id))


def _require(actor: Actor, permission: str, community_id: UUID | None) -> None:
    if not actor.can(permission, community_id=community_id):
        raise Forbidden


def _require_version(row: Ranking, version: int) -> None:
    if row.version != version:
        raise Conflict(_("这份排名刚刚有变化；请刷新后再看一遍"))


def _note(session: ScopedSession, verb: str, row: Ranking, *, reason: str = "") -> None:
    told = {"month": f"{row.month:%Y-%m}", "subject": row.subject, "number": row.set_number, "places": len(row.lines)}
    record(
        session,
        f"waste_sorting.ranking.{verb}",
        ("ranking", row.id),
        community_id=row.community_id,
        after=told,
        reason=reason,
    )
