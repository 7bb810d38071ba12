"""Its page and its task never come to an end, until a test tells them to."""

from __future__ import annotations

import threading

from linli.sdk import JobRun, Pages, PluginManifest, TaskSpec, View, get, hookimpl

MANIFEST = PluginManifest(
    name="loops",
    title="坏插件 loops",
    description="测试用的坏插件",
    sdk="1.1",
)


#: Set when the test is over: a thread cannot be killed.
OVER = threading.Event()


def _forever() -> None:
    while not OVER.wait(0.01):
        pass


@get("/", public=True)
def show_page() -> View:
    """Never answer."""
    _forever()
    return View("loops/card.html", {})


def _work(run: JobRun) -> None:
    _forever()


@hookimpl
def register_tasks():
    return [TaskSpec("loops.go_round", _work, lease=1)]


@hookimpl
def register_pages():
    return [Pages("resident", [show_page])]
