"""Photographs for print: decoded and written anew, so that nothing but the picture itself gets into a document."""

from __future__ import annotations

import base64
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


def framed(content: bytes) -> bytes:
    """A JPEG or PNG within an SVG of its size; what is an SVG already stays as it is.

    The compiler takes files as text alone. The picture gets into the document as it is, not drawn anew.
    """
    if content.lstrip().startswith(b"<"):
        return content
    with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as source:
        (width, height), kind = source.size, str(source.format).lower()
    size = f'width="{width}" height="{height}"'
    carried = base64.b64encode(content).decode()
    image = f'<image {size} href="data:image/{kind};base64,{carried}"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {width} {height}">{image}</svg>'.encode()
