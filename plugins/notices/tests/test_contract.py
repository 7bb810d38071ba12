"""The contract of every plugin, kept by this one."""

from __future__ import annotations

from linli.testing.contract import PluginContract

_TEXTS = "the texts that notices begin with are documents, written in Chinese"
_HOME = "/s/{street}/c/{community}/notices"
_BOARD = "/api/v1/s/{street}/c/{community}/notices/board"
_PUBLIC = "what a community posts is for everybody; a notice for residents alone is shown to nobody else"
_OWN = "whoever reads a notice may object to it; each sees and changes what is theirs alone"


class TestContract(PluginContract):
    plugin = "notices"
    in_chinese = {
        f"GET {portal}/notices/{page}": _TEXTS
        for portal in ("/s/{street}/console", "/s/{street}/c/{community}/admin")
        for page in ("start", "templates", "templates/new")
    }
    own_layout = {
        "GET /s/{street}/c/{community}/admin/notices/{notice_id}/reach/export": "sums by building, whole on one page",
        "GET /s/{street}/c/{community}/admin/notices/{notice_id}/reach/unreached/export": "a sheet to go round with",
    }
    open_to_all = {
        f"GET {_HOME}": _PUBLIC,
        f"GET {_HOME}/{{notice_id}}": _PUBLIC,
        f"GET {_HOME}/{{notice_id}}/record*": _PUBLIC,
        f"POST {_HOME}/{{notice_id}}/read": "readers are counted, signed in or not",
        f"* {_HOME}/{{notice_id}}/objections/*": _OWN,
        f"GET {_BOARD}": _PUBLIC,
        f"GET {_BOARD}/{{notice_id}}": _PUBLIC,
        f"GET {_BOARD}/{{notice_id}}/objections": _PUBLIC,
        f"GET {_BOARD}/{{notice_id}}/record/{{number}}": _PUBLIC,
        f"GET {_BOARD}/{{notice_id}}/snapshot": _PUBLIC,
        f"GET {_BOARD}/{{notice_id}}/verify": _PUBLIC,
        f"POST {_BOARD}/{{notice_id}}/read": "a reading is noted for whoever reads",
        f"POST {_BOARD}/{{notice_id}}/objections": _OWN,
        f"* {_BOARD}/objections/{{objection_id}}*": _OWN,
    }
