"""What a form may ask for instead of being sent: to be checked, kept as a draft, thrown away, searched in, turned over.

All of it is asked at the address that the form is sent to, so that whoever may not send it may not ask either; nothing
of it runs the handler, and a draft is all that is ever written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from litestar import Response

from linli.db.session import ScopedSession
from linli.kit.clock import SHANGHAI
from linli.kit.errors import Invalid
from linli.kit.text import gettext as _
from linli.kit.text import speaking
from linli.web.drafts import Draft, draft_id, drop_draft, keep_draft, open_draft
from linli.web.fields import draftable
from linli.web.flash import flash_cookie
from linli.web.forms import Form, unstorable

if TYPE_CHECKING:
    from linli.web.calls import Call

#: The header of a request that only asks whether what was typed is right.
CHECK = "x-form-check"
#: In the query of a page: the draft that it is filled with, and the step of its form that is shown.
RESTORE, STEP = "draft", "step"


def aside_of(call: Call) -> Callable[[], Any] | None:
    """What this request asks of its form; ``None`` where the form is sent."""
    if call.is_api or call.handler.is_read:
        return None
    asked = call.form.asides
    if call.request.headers.get(CHECK):
        return partial(check, call)
    if call.visit.place.scope is None:
        return None
    if asked.get("_find") and call.handler.retry is not None:
        return call.show_again
    if call.visit.actor.account_id is None:
        return None
    if asked.get("_step") and call.handler.steps:
        return partial(turn, call)
    if asked.get("_draft") == "save":
        return partial(keep, call)
    if asked.get("_draft") == "discard":
        return partial(discard, call)
    return None


def check(call: Call) -> Response[Any]:
    """What is wrong with the fields as they stand, in the words that sending the form would bring."""
    with speaking(call.spoken()):
        form = call.form
        form.errors = {fault.field: fault for fault in faults(call)}
        return _json({"faults": {name: form.error(name) for name in form.errors}})


def faults(call: Call) -> list[Any]:
    """The faults of the form against its struct; none where the handler reads the form itself."""
    kind = call.signature.hints.get("data")
    if found := list(unstorable(call.form.values)):
        return found
    if kind is None:
        return []
    try:
        call.form.bind(kind)
    except Invalid as error:
        return list(error.errors)
    return []


def keep(call: Call) -> Response[Any]:
    """Keep the form as this person's draft; told to a script as JSON, to a browser without them on the page itself."""
    with speaking(call.visit.locale):
        if found := list(unstorable(call.form.values)):
            raise Invalid(errors=found)
        with call.unit_of_work() as session:
            kept = keep_draft(call.site.draft_key, session, call.visit.actor, call.visit.path, merged(call, session))
        if call.request.headers.get("accept", "").startswith("application/json"):
            at = f"{kept.kept_at.astimezone(SHANGHAI):%H:%M}" if kept else ""
            told = _("草稿已保存（{at}）").format(at=at) if kept else ""
            return _json({"told": told})
        return _back(call, kept, _("草稿已保存，下次打开这一页可以接着填") if kept else "")


def discard(call: Call) -> Response[Any]:
    """Forget this person's draft of the form."""
    with speaking(call.visit.locale):
        with call.unit_of_work() as session:
            drop_draft(call.site.draft_key, session, call.visit.actor, call.visit.path)
        return _back(call, None, _("草稿已丢弃"))


def turn(call: Call) -> Any:
    """Go to another step of a form in several; forwards only when this step is right."""
    at, last = step_of(call), len(call.handler.steps) - 1
    is_forwards = call.form.asides["_step"] != "back"
    with speaking(call.visit.locale):
        if is_forwards and (wrong := [each for each in faults(call) if _root(each.field) in call.handler.steps[at]]):
            call.form.errors = {fault.field: fault for fault in wrong}
            call.form.step = at
            return call.show_again(status=422)
        with call.unit_of_work() as session:
            values = merged(call, session)
            kept = keep_draft(call.site.draft_key, session, call.visit.actor, call.visit.path, values)
        return _back(call, kept, "", step=min(at + 1, last) if is_forwards else max(at - 1, 0))


def step_of(call: Call) -> int:
    """Which step was sent; the first where that is no number of one."""
    sent = call.form.asides.get("_at", "")
    at = int(sent) if sent.isascii() and sent.isdecimal() else 0
    return min(at, len(call.handler.steps) - 1)


def merged(call: Call, session: ScopedSession) -> dict[str, list[str]]:
    """What a draft keeps of this form: of one in several steps, the step that was sent over what was kept before."""
    sent = draftable(call.signature.hints.get("data"), call.form.values)
    if not call.handler.steps or "_at" not in call.form.asides:
        return sent
    here = set(call.handler.steps[step_of(call)])
    before = kept(call, session)
    return {
        **{name: texts for name, texts in (before.values if before else {}).items() if name not in here},
        **sent,
    }


def gather(call: Call, session: ScopedSession) -> None:
    """Put the steps that were typed before into a form of which the last step is sent."""
    if call.handler.steps and "_at" in call.form.asides and call.visit.actor.account_id is not None:
        here = set(call.handler.steps[step_of(call)])
        before = kept(call, session)
        for name, texts in (before.values if before else {}).items():
            if name not in here:
                call.form.values.setdefault(name, texts)


def kept(call: Call, session: ScopedSession) -> Draft | None:
    """This person's draft of the form that is being sent."""
    actor = call.visit.actor
    return open_draft(session, actor, draft_id(call.site.draft_key, session, actor, call.visit.path))


def step_at_fault(call: Call) -> int:
    """The first step that has a fault; the one that was sent where none is known."""
    for n, names in enumerate(call.handler.steps):
        if any(_root(name) in names for name in call.form.errors):
            return n
    return step_of(call) if call.handler.steps else 0


def restored(call: Call, session: ScopedSession) -> Form:
    """The form of a page that is opened: empty, or filled with the draft that its address names."""
    query = call.request.query_params
    step = query.get(STEP, "")
    form = Form(step=int(step) if step.isascii() and step.isdecimal() and len(step) < 3 else 0)
    try:
        draft = open_draft(session, call.visit.actor, UUID(query.get(RESTORE, "")))
    except ValueError:
        return form
    return form if draft is None else replace(form, values=dict(draft.values), kept_at=draft.kept_at)


def forget_sent(call: Call, session: ScopedSession) -> None:
    """A form that keeps drafts was sent: what was kept of it goes in the same transaction."""
    if "_draft" in call.form.asides:
        drop_draft(call.site.draft_key, session, call.visit.actor, call.visit.path)


def _json(content: dict[str, Any]) -> Response[Any]:
    return Response(content, status_code=200, media_type="application/json")


def _root(name: str) -> str:
    return name.partition(".")[0].partition("[")[0]


def _back(call: Call, draft: Draft | None, message: str, step: int | None = None) -> Response[Any]:
    """To the page that the form stands on; never to another portal or site."""
    root = call.visit.place.root
    page = call.form.asides.get("_back", "")
    path, _mark, query = page.partition("?")
    to = path if path == root or path.startswith(f"{root}/") else root
    if "\\" in to or "//" in to or not to.isprintable():
        to = root
    kept_query = [pair for pair in parse_qsl(query) if pair[0] not in (RESTORE, STEP)] if to == path else []
    if draft is not None:
        kept_query.append((RESTORE, str(draft.id)))
    if step is not None:
        kept_query.append((STEP, str(step)))
    to += f"?{urlencode(kept_query)}" if kept_query else ""
    response: Response[Any] = Response(None, status_code=303, headers={"location": to})
    if message:
        response.set_cookie(flash_cookie(call.site, message, "done", to))
    return response
