"""Before a notice is public: what in it looks like personal data is masked, or somebody answers for showing it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from linli.sdk import Actor, Invalid, ScopedSession, list_files, names_within, record
from linli.sdk import gettext as _
from linli_notices.body import make_body
from linli_notices.masks import Finding, find_personal
from linli_notices.models import Notice
from linli_notices.participation_models import NoticeDisclosure


def findings_of(session: ScopedSession, notice: Notice) -> list[Finding]:
    """What looks like personal data in the title, the text and the names of the attachments."""
    texts = {"title": notice.title, "body": notice.body_text}
    texts |= {f"file.{file.id}": file.name for file in list_files(session, "notices", ("notice", notice.id))}
    return find_personal(session, notice.community_id, texts)


def hidden_names(session: ScopedSession, notice: Notice) -> list[str]:
    """The residents' names in a notice's title and text."""
    return names_within(session, notice.community_id, f"{notice.title}\n{notice.body_text}")


def is_confirmed(session: ScopedSession, notice: Notice, found: Sequence[Finding] | None = None) -> bool:
    """Whether somebody has answered for showing just what was found; true where nothing was."""
    found = findings_of(session, notice) if found is None else found
    if not found:
        return True
    return (
        session.scalar(
            select(NoticeDisclosure.id)
            .where(
                NoticeDisclosure.notice_id == notice.id,
                NoticeDisclosure.community_id.is_not_distinct_from(notice.community_id),
                NoticeDisclosure.fingerprint == _fingerprint(found),
            )
            .limit(1)
        )
        is not None
    )


def require_masked(session: ScopedSession, notice: Notice) -> None:
    """Let a public notice be published only without personal data, or with somebody's word for it.

    Raises:
        Invalid: something was found that is neither masked nor confirmed.
    """
    if not notice.is_public:
        return
    found = findings_of(session, notice)
    if not is_confirmed(session, notice, found):
        message = _("对外公开的内容里有 {n} 处像是个人信息").format(n=len(found))
        raise Invalid.one("is_public", message, _("请先打码，或写明可以公开的理由"))


def mask_draft(session: ScopedSession, actor: Actor, notice: Notice) -> int:  # noqa: ARG001 services name who acts
    """Mask what was found in a draft. Returns in how many places; a second call finds nothing more.

    The caller has judged who may change the draft, and holds it locked.
    """
    found = findings_of(session, notice)
    for each in found:
        if each.field == "title":
            notice.title = notice.title.replace(each.text, each.masked)
        elif each.field == "body":
            notice.body = notice.body.replace(each.text, each.masked)
    made = make_body(notice.body)
    notice.body_html, notice.body_text = made.html, made.text
    for file in list_files(session, "notices", ("notice", notice.id)):
        for each in found:
            if each.field == f"file.{file.id}":
                file.name = file.name.replace(each.text, each.masked)
    session.flush()
    if found:
        _note(session, "mask", notice, after={"masked": len(found), "kinds": sorted({each.kind for each in found})})
    return len(found)


def confirm_disclosure(session: ScopedSession, actor: Actor, notice: Notice, reason: str) -> None:
    """Answer for showing what was found: the people have consented each for themselves (PIPL 25), or a law asks for it.

    Raises:
        Invalid: no reason is given.
    """
    if not reason.strip():
        raise Invalid.one("reason", _("请写明理由，例如本人已经单独同意"))
    found = findings_of(session, notice)
    if is_confirmed(session, notice, found):
        return
    session.add(
        NoticeDisclosure(
            community_id=notice.community_id,
            notice_id=notice.id,
            fingerprint=_fingerprint(found),
            reason=reason.strip(),
            confirmed_by=actor.account_id,
            confirmed_by_name=actor.display_name,
        )
    )
    session.flush()
    kinds = sorted({each.kind for each in found})
    _note(session, "disclose", notice, reason=reason.strip(), after={"masked": len(found), "kinds": kinds})


def disclosures_of(session: ScopedSession, notice_id: UUID) -> Sequence[NoticeDisclosure]:
    """Who has answered for showing what, the latest first."""
    return session.scalars(
        select(NoticeDisclosure)
        .where(NoticeDisclosure.notice_id == notice_id)
        .order_by(NoticeDisclosure.confirmed_at.desc())
        .limit(20)
    ).all()


def _fingerprint(found: Sequence[Finding]) -> bytes:
    # By what was found, not where: a corrected word elsewhere needs no new confirmation.
    told = sorted({f"{each.kind}\0{each.text}" for each in found})
    return hashlib.sha256("\1".join(told).encode()).digest()


def _note(session: ScopedSession, verb: str, notice: Notice, **details: object) -> None:
    record(
        session,
        f"notices.notice.{verb}",
        ("notice", notice.id),
        community_id=notice.community_id,
        **details,  # type: ignore[arg-type]
    )
