"""Redis as a doorbell: Celery carries rings from whoever asked for work to the processes that do it. No truth is here.

A ring is a street's id and a job's id. A ring that is lost costs seconds, for the sweeper rings again; one that comes
twice, or is made up, finds nothing to do.
"""

from __future__ import annotations

import queue
import threading
import time
from typing import Any
from urllib.parse import urlsplit

import structlog
from celery import Celery
from kombu.entity import Queue
from kombu.exceptions import KombuError
from redis import Redis
from redis.exceptions import RedisError

from linli.tasks.bells import Ring
from linli.tasks.registry import QUEUES

log = structlog.get_logger("linli.tasks")

#: The one kind of message.
RING = "linli.ring"
#: Seconds after which Celery itself ends a process, whatever the job's lease says.
LONGEST_RUN = 6 * 3600
#: Kilobytes after which a process is replaced when its job is done: what leaks is given back.
LARGEST_CHILD = 512 * 1024
_PREFIX = "linli:"
#: Seconds without Redis after it failed to answer, so that not every request waits for it.
_AWAY = 5.0
#: Rings that wait in this process to be sent; the sweeper makes up for those that found no room.
_MOST = 1000


def make_broker(redis_url: str) -> Celery:
    """The Celery application of this installation; connects at the first use."""
    app = Celery("linli", broker=_celery_url(redis_url), set_as_current=False)
    app.conf.update(
        task_queues=[Queue(queue_name(each)) for each in QUEUES],
        task_default_queue=queue_name(QUEUES[0]),
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        # A process that dies gives its ring back; how often a job was tried is counted in its row.
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_time_limit=LONGEST_RUN,
        worker_prefetch_multiplier=1,
        worker_max_memory_per_child=LARGEST_CHILD,
        worker_proc_alive_timeout=60.0,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            "global_keyprefix": _PREFIX,
            "visibility_timeout": LONGEST_RUN + 600,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "socket_connect_timeout": 2,
            "socket_timeout": 5,
            "health_check_interval": 10,
        },
    )
    return app


def queue_name(name: str) -> str:
    """What a queue is called in Redis."""
    return f"linli-{name}"


def _celery_url(redis_url: str) -> str:
    return f"redis+socket://{urlsplit(redis_url).path}" if redis_url.startswith("unix:") else redis_url


class RedisBell:
    """Rings at once, and waits for the answer: in the processes that do the work, and in the sweeper."""

    def __init__(self, redis_url: str) -> None:
        self._app = make_broker(redis_url)
        self._redis = Redis.from_url(redis_url, socket_timeout=2.0, socket_connect_timeout=2.0)
        self._away_until = 0.0

    def __call__(self, ring: Ring) -> None:
        """Send a ring; where Redis is away, say so and go on."""
        if time.monotonic() < self._away_until:
            return
        try:
            self._app.send_task(
                RING,
                args=[str(ring.tenant_id), str(ring.job_id)],
                queue=queue_name(ring.queue),
                retry=True,
                retry_policy={"max_retries": 1, "interval_start": 0, "interval_step": 0.1},
            )
        except (KombuError, RedisError, OSError) as error:
            self._failed(error)

    def waiting(self, name: str) -> int | None:
        """How many rings wait in a queue; ``None`` where Redis is away."""
        try:
            return int(self._redis.llen(f"{_PREFIX}{queue_name(name)}"))  # type: ignore[arg-type]
        except (RedisError, OSError) as error:
            self._failed(error)
            return None

    def close(self) -> None:
        """Give connections back."""
        self._app.close()
        self._redis.close()

    def _failed(self, error: Exception) -> None:
        self._away_until = time.monotonic() + _AWAY
        log.warning("redis does not answer; work waits until the next ring", error=type(error).__name__)


class PatientBell:
    """Rings from a thread of its own, so that no request waits for Redis."""

    def __init__(self, redis_url: str) -> None:
        self._url = redis_url
        self._rings: queue.Queue[Ring | None] = queue.Queue(_MOST)
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to send."""
        self._thread = threading.Thread(target=self._send, name="linli-bell", daemon=True)
        self._thread.start()

    def __call__(self, ring: Ring) -> None:
        """Have a ring sent soon."""
        try:
            self._rings.put_nowait(ring)
        except queue.Full:
            log.warning("too many rings wait; the sweeper makes up for one")

    def stop(self, timeout: float = 2.0) -> None:
        """Send what waits, for so many seconds at most."""
        if self._thread is None:
            return
        try:
            self._rings.put_nowait(None)
        except queue.Full:
            return
        self._thread.join(timeout)

    def _send(self) -> None:
        bell: Any = RedisBell(self._url)
        while (ring := self._rings.get()) is not None:
            bell(ring)
        bell.close()
