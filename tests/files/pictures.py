"""Pictures as telephones, scanners and attackers send them."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

ORIENTATION, GPS = 0x0112, 0x8825


def picture(form: str = "PNG", size: tuple[int, int] = (32, 24), mode: str = "RGB", **options: Any) -> bytes:
    """A picture whose left half is red and whose right half is blue."""
    image = Image.new(mode, size, (200, 30, 30) if mode == "RGB" else 60)
    image.paste((20, 20, 200) if mode == "RGB" else 200, (size[0] // 2, 0, *size))
    target = io.BytesIO()
    image.save(target, form, **options)
    return target.getvalue()


def from_a_telephone(form: str = "JPEG", size: tuple[int, int] = (64, 48), orientation: int = 6) -> bytes:
    """A photograph lying on its side, with place and camera noted in it."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[0x010F] = "SECRETCAMERA"
    exif.get_ifd(GPS)[1] = "N"
    exif.get_ifd(GPS)[2] = (39.0, 54.0, 26.0)
    exif.get_ifd(GPS)[29] = "2025:01:01"
    return picture(form, size, exif=exif, **({"comment": b"SECRETCOMMENT"} if form == "JPEG" else {}))
