"""Short names in addresses: the official code, or a word that a manifest chose."""

from __future__ import annotations

import re

#: A chosen slug begins with a letter, so that it can never be taken for another place's code.
SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
LONGEST_SLUG = 40


def is_slug(text: str, code: str) -> bool:
    """Whether this may stand in an address for the place with this code."""
    return text == code or (len(text) <= LONGEST_SLUG and SLUG.fullmatch(text) is not None)
