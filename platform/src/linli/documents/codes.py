"""Addresses as pictures that a phone reads."""

from __future__ import annotations

import io

import segno


def code_picture(text: str) -> bytes:
    """A QR code as SVG, sharp at any size; a quarter of it may be smudged and it is still read.

    It stands on white, so that a reader finds it on a dark page too.
    """
    picture = io.BytesIO()
    segno.make(text, error="q", micro=False, boost_error=False).save(
        picture, kind="svg", border=4, dark="#000", light="#fff"
    )
    return picture.getvalue()
