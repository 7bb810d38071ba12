"""What this room contributes: the words of the record, which serve the plugins' acts too."""

from __future__ import annotations

from collections.abc import Sequence

from linli.audit.wording import CORE_WORDS, RecordWords
from linli.plugins.hookspecs import hookimpl


@hookimpl
def register_record_words() -> Sequence[RecordWords]:
    return [CORE_WORDS]
