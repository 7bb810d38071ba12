"""The worker of one community's resident portal: the built script, and what it has to know of this community."""

from __future__ import annotations

import hashlib
import json

from linli.kit.text import LOCALES, speaking
from linli.kit.text import gettext as _
from linli.web.assets import Assets
from linli.web.place import Place
from linli.web.site import Look

#: What a page needs to look as it should without a network.
_ASSETS = ("linli.css", "linli.js", "icons.svg", "mark.svg")


def worker_script(assets: Assets, place: Place, look: Look) -> str:
    """The script; any change of an asset, of the offline page or of the worker itself makes it another one.

    Browsers ask for it anew with each visit and take over a new one at once: pages are made by the server, so that no
    page of an earlier state is ever shown by a later one.
    """
    source = assets.text("worker.js")
    known = {
        "root": place.home,
        "assets": [assets.url(name) for name in _ASSETS if assets.url(name)],
        "offline": f"{place.home}/offline",
        "marks": _marks(),
        "look": [look.title, look.theme, look.phone, look.contact],
    }
    known["version"] = hashlib.sha256((json.dumps(known) + source).encode()).hexdigest()[:16]
    return f"self.LINLI = {json.dumps(known)};\n{source}"


def _marks() -> dict[str, str]:
    """What stands on top of a kept page, in each language."""
    marks = {}
    for locale in LOCALES:
        with speaking(locale):
            marks[locale.replace("_", "-")] = _("现在没有网络。下面是您上次看到的内容，可能已经有变化。")
    return marks
