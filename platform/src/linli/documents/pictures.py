"""Photographs for print: decoded and written anew, so that nothing but the picture itself gets into a document."""

from __future__ import annotations

import io
import warnings

from PIL import Image, ImageOps

#: Points in each direction; 2,000 fill an A4 page at 240 dots per inch.
_MOST_POINTS = 2000
#: A picture that claims more points than this is a trap rather than a photograph.
_MOST_CLAIMED = 60_000_000


def fit_picture(content: bytes) -> bytes | None:
    """A picture as JPEG, upright, without where and by whom it was taken; ``None`` when it is none that can be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as source:
                if source.width * source.height > _MOST_CLAIMED:
                    return None
                picture = ImageOps.exif_transpose(source)
                picture.thumbnail((_MOST_POINTS, _MOST_POINTS))
                on_white = Image.new("RGB", picture.size, "white")
                layer = picture.convert("RGBA")
                on_white.paste(layer, mask=layer)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None
    made = io.BytesIO()
    on_white.save(made, "JPEG", quality=85)
    return made.getvalue()
