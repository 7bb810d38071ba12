"""The desk, at the bins and on redemption days: a household's code is read, points are given, things handed over."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from linli.sdk import Actor, Form, NotFound, Place, Redirect, ScopedSession, View, get, new_id, post
from linli.sdk import gettext as _
from linli_waste_sorting.asked import community_of
from linli_waste_sorting.points import auditing, catalogue, codes, giving, ledger, purses, redeeming, repository
from linli_waste_sorting.points.forms import CodeForm, DecisionForm, DeskForm, WhyForm
from linli_waste_sorting.points.models import Purse
from linli_waste_sorting.points.permissions import AUDIT, AWARD, HAND_OVER
from linli_waste_sorting.points.schemas import RedeemBody
from linli_waste_sorting.points.shown import redemptions_of
from linli_waste_sorting.points.words import CUTS, DECISIONS, FLAGS, STATES, titles
from linli_waste_sorting.schemas import Words

_DESK = "/waste_sorting/points/desk"
#: Reservations of one household that the desk shows.
_WAITING = 30


@get("/points/desk", needs=AWARD)
def show_desk(session: ScopedSession, actor: Actor, place: Place, form: Form, code: Words = "") -> View:
    """A box for the code; once it is read, the household and what can be done for it."""
    typed = form.value("code", code)
    shown: dict[str, Any] = {"code": typed, "door": "", "fault": ""}
    if typed.strip():
        try:
            shown |= _household(session, actor, place, typed)
        except NotFound as error:
            shown["fault"] = str(error.message)
    return View("waste_sorting/points_desk.html", shown)


@post("/points/desk/award", needs=AWARD, retry=show_desk)
def award_points(session: ScopedSession, actor: Actor, place: Place, data: CodeForm) -> Redirect:
    """Give the points of a bag."""
    given = giving.award(session, actor, community_of(place), data.code, data.once)
    claim = given.claim
    words = _("已发 {n} 分").format(n=claim.given)
    if claim.why:
        words = _("发了 {n} 分，少 {m} 分：{why}").format(
            n=claim.given, m=claim.asked - claim.given, why=_(CUTS[claim.why])
        )
    if given.flags:
        words = _("{done}；已列入核查").format(done=words)
    return Redirect(_DESK, words, "done" if claim.given else "warning")


@post("/points/desk/redeem", needs=HAND_OVER, retry=show_desk)
def redeem_at_desk(session: ScopedSession, actor: Actor, place: Place, data: DeskForm) -> Redirect:
    """Hand a thing over at once."""
    wanted = RedeemBody(code=data.code, item_id=data.item_id, pieces=data.pieces, once=data.once)
    row = redeeming.redeem_at_desk(session, actor, community_of(place), wanted)
    return Redirect(f"{_DESK}?code={data.code}", _("已兑换，用了 {n} 分").format(n=row.points))


@get("/points/redemptions/{redemption_id:uuid}", needs=HAND_OVER)
def show_redemption(session: ScopedSession, actor: Actor, place: Place, redemption_id: UUID) -> View:
    """One of them, and what can be done with it."""
    found = repository.find_redemption(session, actor, HAND_OVER, community_of(place), redemption_id)
    doors = repository.doors_of(session, [found[3]])
    return View(
        "waste_sorting/points_redemption.html",
        {"line": redemptions_of([found], doors)[0], "states": titles(STATES)},
    )


@post("/points/redemptions/{redemption_id:uuid}/hand", needs=HAND_OVER, retry=show_redemption)
def hand_over(session: ScopedSession, actor: Actor, place: Place, redemption_id: UUID) -> Redirect:
    """Note that it was handed over."""
    row = redeeming.hand_over(session, actor, community_of(place), redemption_id)
    return Redirect(f"/waste_sorting/points/redemptions/{row.id}", _("已交付"))


@post("/points/redemptions/{redemption_id:uuid}/cancel", needs=HAND_OVER, retry=show_redemption)
def cancel_redemption(
    session: ScopedSession, actor: Actor, place: Place, redemption_id: UUID, data: WhyForm
) -> Redirect:
    """Take it back; the points come back."""
    row = redeeming.cancel_as_staff(session, actor, community_of(place), redemption_id, data.reason)
    return Redirect(f"/waste_sorting/points/redemptions/{row.id}", _("已取消，积分和库存已退回，已通知住户"))


@get("/points/flags/{flag_id:uuid}", needs=AUDIT)
def show_flag(session: ScopedSession, actor: Actor, place: Place, flag_id: UUID) -> View:
    """One of them, with the form of the decision."""
    found = auditing.find_flag(session, actor, community_of(place), flag_id)
    is_own = actor.account_id is not None and found.claim.acted_by == actor.account_id
    return View(
        "waste_sorting/points_flag.html",
        {
            "found": found,
            "door": repository.doors_of(session, [found.purse]).get(found.purse.id, "") or _("（已与门牌分开）"),
            "reasons": titles(FLAGS),
            "decisions": titles(DECISIONS),
            "is_own": is_own,
            "choices": {"kept": _("没有问题，保留"), "reversed": _("有问题，冲回")},
        },
    )


@post("/points/flags/{flag_id:uuid}/decide", needs=AUDIT, retry=show_flag)
def decide_flag(session: ScopedSession, actor: Actor, place: Place, flag_id: UUID, data: DecisionForm) -> Redirect:
    """Keep the points or take them back."""
    row = auditing.decide(session, actor, community_of(place), flag_id, data.decision, data.note)
    return Redirect("/waste_sorting/points/flags", _(DECISIONS[row.decision]))


def _household(session: ScopedSession, actor: Actor, place: Place, code: str) -> dict[str, Any]:
    community_id = community_of(place)
    purse = purses.seen_purse(session, community_id, code)
    if not giving.may(actor, AWARD, purse):
        raise NotFound(codes.unknown())
    may_hand = giving.may(actor, HAND_OVER, purse)
    rows, _more = repository.page_of_redemptions(
        session, None, HAND_OVER, community_id, state="reserved", purses=[purse.id], limit=_WAITING
    )
    return {
        "purse": purse,
        "code": code,
        "door": repository.doors_of(session, [purse]).get(purse.id, "") or "—",
        "held": _held(session, purse),
        "may_hand": may_hand,
        "waiting": redemptions_of(rows, {}) if may_hand else [],
        "items": _items(session, community_id) if may_hand else {},
        "award_once": str(new_id()),
        "redeem_once": str(new_id()),
    }


def _held(session: ScopedSession, purse: Purse) -> int:
    """What can be redeemed now."""
    return sum(each.points for each in ledger.lots_of(session, purse.id))


def _items(session: ScopedSession, community_id: UUID) -> dict[str, str]:
    return {
        str(each.id): _("{name}，{n} 分，还有 {m} 件").format(name=each.name, n=each.points, m=each.stock)
        for each in catalogue.offered(session, community_id)
        if each.stock
    }


DESK_ADMIN = (
    show_desk,
    award_points,
    redeem_at_desk,
    show_redemption,
    hand_over,
    cancel_redemption,
    show_flag,
    decide_flag,
)
