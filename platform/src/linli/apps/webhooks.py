"""Telling apps of events: who is told, what it is told, signed and sent; each attempt is written down."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from linli.apps.models import App, AppAttempt
from linli.apps.repository import find_app, find_attempt, reaching
from linli.apps.schemas import TestSent
from linli.apps.secrets import signing_keys
from linli.apps.signing import webhook_headers
from linli.audit import record
from linli.db.session import ScopedSession
from linli.events.consumers import SOURCES, Consumer
from linli.events.delivery import stored_event
from linli.events.letters import replay_consumer
from linli.events.models import EventRow
from linli.kit.actor import Actor
from linli.kit.clock import now
from linli.kit.errors import Conflict
from linli.kit.ids import new_id
from linli.kit.text import gettext as _
from linli.notifications.kinds import WEBHOOK_OFF
from linli.notifications.recipients import holders_of
from linli.notifications.service import notify
from linli.outward import Answer, Outward, Refused, Unanswered, post, read_address
from linli.plugins.events import Event, known_events
from linli.plugins.gate import is_enabled
from linli.settings.service import get_setting
from linli.tasks.registry import task
from linli.tasks.run import JobGivenUp, JobPostponed, JobRun
from linli.tasks.service import enqueue
from linli.tenancy.models import Tenant

log = structlog.get_logger("linli.apps")

DELIVER = "core.deliver_webhook"
TEST = "linli.Test"
#: Seconds before each further attempt: more than three days in all, so that an app may be away over a weekend.
PAUSES = (5, 60, 300, 1800, 7200, 18_000, 36_000, 36_000, 43_200, 43_200, 43_200, 43_200, 43_200)
ATTEMPTS = len(PAUSES) + 1
#: Characters that are kept of an answer.
_KEPT = 500
#: HTTP's word that there is nobody any more.
_GONE = 410


@dataclass(frozen=True, slots=True)
class Message:
    """Something to be told to an app, as it is sent; ``to`` is where."""

    id: str
    event_id: UUID | None
    event: str
    body: bytes
    to: str
    keys: tuple[str, ...]


def consumer_of(app_id: UUID) -> str:
    """The name under which an app's deliveries keep their order."""
    return f"core.webhook:{app_id}"


def told_apps(
    session: Session,
    kind: type[Event],
    community_id: UUID | None,
    compound_id: UUID | None,  # noqa: ARG001 a source
) -> Iterable[Consumer]:
    """The apps that asked to hear of this kind of event and are let in at the place."""
    statement = select(App.id).where(
        App.state == "active",
        App.webhook_url != "",
        App.off_since.is_(None),
        App.event_types.contains([kind.NAME]),
        reaching(community_id),
    )
    return [
        Consumer(consumer_of(app_id), DELIVER, "core", {"app_id": str(app_id)}, max_attempts=ATTEMPTS)
        for app_id in session.scalars(statement.order_by(App.id))
    ]


SOURCES.append(told_apps)


def send_test(session: ScopedSession, app: App) -> TestSent:
    """Send an app a message that says nothing, to see whether it arrives; tried once.

    Raises:
        Conflict: it is not active, or has no address.
    """
    _require_sendable(app)
    message_id = f"test_{new_id().hex}"
    job_id = enqueue(session, DELIVER, {"app_id": str(app.id), "test": message_id}, max_attempts=1)
    record(session, "core.app_webhook.test", ("app", app.id))
    return TestSent(message_id=message_id, job_id=job_id)


def resend(session: ScopedSession, app: App, attempt_id: UUID) -> TestSent:
    """Send once more, under the same id, what an attempt was about; out of order and tried once.

    Raises:
        NotFound: there is no such attempt.
        Conflict: the app is not active, or the event was deleted after its time.
    """
    _require_sendable(app)
    row = find_attempt(session, app.id, attempt_id)
    if row.event_id is None:
        return send_test(session, app)
    if session.scalar(select(EventRow.id).where(EventRow.id == row.event_id)) is None:
        raise Conflict(_("这个事件已经到期删除，不能再发"))
    args = {"app_id": str(app.id), "event_id": str(row.event_id)}
    job_id = enqueue(session, DELIVER, args, community_id=row.community_id, max_attempts=1)
    record(session, "core.app_webhook.resend", ("app", app.id), after={"event": row.event})
    return TestSent(message_id=row.message_id, job_id=job_id)


def turn_on(session: ScopedSession, actor: Actor, app: App) -> int:
    """Send to an app again after its address failed for days, beginning with what waits; how many that is.

    Raises:
        Conflict: nothing was turned off.
    """
    _require_sendable(app)
    if app.off_since is None:
        raise Conflict(_("推送没有停止"))
    app.off_since, app.failing_since = None, None
    session.flush()
    record(session, "core.app_webhook.enable", ("app", app.id))
    return replay_consumer(session, actor, consumer_of(app.id))


def _require_sendable(app: App) -> None:
    if app.state != "active" or not app.webhook_url:
        raise Conflict(_("这个应用现在不接收推送"))


@task(DELIVER, title="通知外部应用", lease=60, queue="slow")
def deliver_webhook(run: JobRun) -> dict[str, Any] | None:
    """Send one event to one app. Whether it may still be told is asked now; the id stays the same at each attempt."""
    app_id = UUID(run.args["app_id"])
    # A test and what somebody sends again are no deliveries: nobody waits behind them.
    is_delivery = run.consumer is not None
    with run.unit_of_work(read_only=True) as session:
        message = _message(session, app_id, run.args)
    answer, fault = _sent(run, message)
    arrived = answer is not None and 200 <= answer.status < 300
    with run.unit_of_work() as session:
        session.add(_attempt(app_id, run, message, answer, fault))
    is_off = False
    if is_delivery:
        is_off = _noted(run, app_id, arrived=arrived, gone=answer is not None and answer.status == _GONE)
    if arrived or not is_delivery:
        return {"status": answer.status if answer else None, "fault": fault}
    if is_off:
        raise JobGivenUp("webhook is off", state="parked")
    pause = PAUSES[min(run.attempt, len(PAUSES)) - 1] * random.uniform(1.0, 1.25)  # noqa: S311 no secret
    raise JobPostponed("not delivered", pause=pause)


def _message(session: ScopedSession, app_id: UUID, args: Mapping[str, Any]) -> Message:
    app = find_app(session, app_id)
    if app.state != "active" or not app.webhook_url:
        raise JobGivenUp("app is off")
    keys = tuple(signing_keys(session, app))
    if "test" in args:
        body = {"type": TEST, "id": args["test"], "timestamp": now().isoformat(), "data": {}}
        return Message(args["test"], None, TEST, msgspec.json.encode(body), app.webhook_url, keys)
    if app.off_since is not None:
        raise JobGivenUp("webhook is off", state="parked")
    row = stored_event(session, UUID(args["event_id"]))
    allowed = select(App.id).where(App.id == app_id, reaching(row.community_id))
    if row.name not in app.event_types or session.scalar(allowed) is None:
        raise JobGivenUp("app is off")
    owner = row.name.partition(".")[0]
    if not is_enabled(session, owner, community_id=row.community_id, compound_id=row.compound_id):
        raise JobGivenUp("plugin is off")
    return Message(f"evt_{row.id.hex}", row.id, row.name, _told(session, app, row), app.webhook_url, keys)


def _told(session: ScopedSession, app: App, row: EventRow) -> bytes:
    kind = known_events().get(row.name)
    # What leads to a person leaves the house for those alone who may see it there.
    hidden = {name for name, needs in (kind.PERSONAL if kind else {}).items() if needs not in app.permissions}
    street = session.execute(select(Tenant.code, Tenant.slug).where(Tenant.id == row.tenant_id)).one()
    body = {
        "type": row.name,
        "id": str(row.id),
        "version": row.version,
        "timestamp": row.created_at.isoformat(),
        "place": {
            "street": street.slug,
            "street_code": street.code,
            "community_id": row.community_id,
            "compound_id": row.compound_id,
        },
        "data": {name: value for name, value in row.payload.items() if name not in hidden},
    }
    return msgspec.json.encode(body)


def _sent(run: JobRun, message: Message) -> tuple[Answer | None, str]:
    outward: Outward = run.info.get("outward") or Outward()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Linli-Webhooks/1",
        **webhook_headers(message.keys, message.id, now(), message.body),
    }
    try:
        return post(outward, read_address(message.to), message.body, headers, tls=run.info.get("outward_tls")), ""
    except (Refused, Unanswered) as error:
        return None, error.reason


def _attempt(app_id: UUID, run: JobRun, message: Message, answer: Answer | None, fault: str) -> AppAttempt:
    return AppAttempt(
        app_id=app_id,
        community_id=run.scope.community_id,
        message_id=message.id,
        event_id=message.event_id,
        event=message.event,
        attempt=run.attempt,
        status=answer.status if answer else None,
        ms=answer.ms if answer else None,
        fault=fault,
        answer=_beginning(answer),
    )


def _beginning(answer: Answer | None) -> str:
    # What answers inside the operator's own network is not shown to a street.
    if answer is None or answer.is_inside:
        return ""
    return answer.body[: _KEPT * 4].decode("utf-8", "replace").replace("\0", "")[:_KEPT]


def _noted(run: JobRun, app_id: UUID, *, arrived: bool, gone: bool) -> bool:
    """Whether the app's address is given up now: nothing reached it for days, or it says that it is gone."""
    with run.unit_of_work(read_only=True) as session:
        app = find_app(session, app_id)
        if arrived and app.failing_since is None:
            return False
    # An app is the street's, which a community's scope does not write; both acts bear being done twice.
    with run.street_unit_of_work() as session:
        app = find_app(session, app_id, for_change=True)
        if arrived:
            _write(session, app_id, failing_since=None)
            return False
        since = app.failing_since or now()
        days: int = get_setting(session, "core", "app_failing_days")
        is_off = gone or now() - since >= timedelta(days=days)
        if app.off_since is None and is_off:
            _write(session, app_id, failing_since=since, off_since=now())
            record(session, "core.app_webhook.disable", ("app", app_id), after={"since": since.isoformat()})
            _tell(session, app, since.isoformat())
        elif app.failing_since is None:
            _write(session, app_id, failing_since=since)
        return is_off or app.off_since is not None


def _write(session: ScopedSession, app_id: UUID, **values: Any) -> None:
    # Not what people edit: the version that they have read stays.
    session.execute(
        update(App).where(App.id == app_id).values(**values), execution_options={"synchronize_session": False}
    )


def _tell(session: ScopedSession, app: App, since: str) -> None:
    street = session.scalar(select(Tenant.slug).where(Tenant.id == app.tenant_id))
    notify(
        session,
        WEBHOOK_OFF.name,
        holders_of(session, "core.app.manage"),
        {"app": app.title},
        link=f"/s/{street}/console/apps/{app.id}",
    )
    log.warning("webhook turned off", app=str(app.id), since=since)
