"""Texts that a spreadsheet would run as formulas: neutralised on the way out, and taken back unchanged."""

from __future__ import annotations

#: A cell that begins so may be executed by a spreadsheet.
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def escape(text: str) -> str:
    """A leading apostrophe before whatever a spreadsheet could run, or could take for our own apostrophe."""
    return f"'{text}" if text.startswith((*RISKY, "'")) else text


def escape_typed(text: str) -> str:
    """As ``escape``, for cells whose type already says that they are texts: nothing but our own mark is doubled."""
    return f"'{text}" if unescape(text) != text else text


def unescape(text: str) -> str:
    """Undo ``escape``; an apostrophe that people wrote themselves stays."""
    return text[1:] if text[:1] == "'" and text[1:].startswith((*RISKY, "'")) else text
