"""Images on their way in: decoded under a limit, turned upright, written anew without what nobody sees in them."""

from __future__ import annotations

import io
import threading
from dataclasses import dataclass
from typing import Any, BinaryIO

from PIL import Image, ImageCms, ImageOps
from PIL.JpegImagePlugin import JpegImageFile, get_sampling

from linli.kit.errors import Invalid
from linli.kit.streams import filling
from linli.kit.text import gettext as _

#: Pixels of one image: those of the largest cameras of telephones that do not shrink by themselves.
MOST_PIXELS = 50_000_000
#: Pixels of the longer side of a thumbnail: sharp in a list on any telephone.
THUMBNAIL_SIDE = 480
THUMBNAIL_TYPE = "image/webp"

#: A decoded image takes a few hundred megabytes at most; so many at once.
_AT_ONCE = threading.BoundedSemaphore(2)
_QUALITY = 90
_LARGEST_PROFILE = 1 << 20
_FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP", "image/gif": "GIF"}
_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


@dataclass(frozen=True, slots=True)
class CleanImage:
    """An image as it is stored.

    Attributes:
        content: the bytes, at their beginning, for the caller to close.
        thumbnail: a WebP of at most ``THUMBNAIL_SIDE`` pixels on each side.
    """

    content: BinaryIO
    width: int
    height: int
    thumbnail: bytes


def clean_image(source: BinaryIO, media_type: str, *, field: str = "file") -> CleanImage:
    """Decode an image and write it anew in its own format, upright, in sRGB, without EXIF, GPS, comments and profiles.

    Of an animation the first picture stays: what is shown, printed and hashed has to be the same.

    Args:
        source: seekable.
        media_type: a kind of image that is taken in.
        field: the form's field, named in errors.

    Raises:
        Invalid: it has too many pixels, or cannot be decoded to its end.
    """
    source.seek(0)
    is_lossless = b"VP8L" in source.read(64)
    source.seek(0)
    with _AT_ONCE:
        try:
            with Image.open(source, formats=[_FORMATS[media_type]]) as opened:
                if opened.width * opened.height > MOST_PIXELS:
                    raise _too_many_pixels(field)
                return _written(opened, media_type, _options(opened, media_type, is_lossless=is_lossless))
        except Invalid:
            raise
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise _too_many_pixels(field) from error
        except Exception as error:
            # Whatever a hostile file makes a decoder stumble over.
            raise Invalid.one(
                field, _("图片已损坏，无法打开"), _("请换一张能正常显示的图片，或重新导出后上传")
            ) from error


def _written(opened: Image.Image, media_type: str, options: dict[str, Any]) -> CleanImage:
    opened.load()
    image = _in_srgb(_upright(opened))
    kept = {"transparency": image.info["transparency"]} if "transparency" in image.info else {}
    # Plugins write what they find here: profiles, comments, text chunks.
    image.info = kept  # type: ignore[assignment]
    with filling() as content:
        _save(image, content, media_type, options)
        thumbnail = _thumbnail(image)
    return CleanImage(content, image.width, image.height, thumbnail)


def _upright(opened: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(opened)
    except Exception:  # a good picture may carry any nonsense beside it
        return opened.copy()


def _options(opened: Image.Image, media_type: str, *, is_lossless: bool) -> dict[str, Any]:
    if isinstance(opened, JpegImageFile) and opened.mode in ("L", "RGB"):
        # With its own tables a photograph loses next to nothing and does not grow.
        sampling = get_sampling(opened)
        return {"qtables": opened.quantization, "subsampling": sampling if sampling >= 0 else "4:2:0"}
    if media_type == "image/webp":
        return {"lossless": True, "method": 2} if is_lossless else {"quality": _QUALITY, "method": 2}
    return {"quality": _QUALITY} if media_type == "image/jpeg" else {}


def _in_srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if profile and len(profile) <= _LARGEST_PROFILE and image.mode in ("RGB", "RGBA", "CMYK"):
        wanted = "RGBA" if image.mode == "RGBA" else "RGB"
        try:
            found = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, found, _SRGB, outputMode=wanted)
        except (ImageCms.PyCMSError, OSError, ValueError):
            return image
        return converted or image
    return image


def _save(image: Image.Image, target: BinaryIO, media_type: str, options: dict[str, Any]) -> None:
    if media_type == "image/jpeg":
        if image.mode not in ("L", "RGB"):
            image = image.convert("RGB")
        try:
            image.save(target, "JPEG", **options)
        except (ValueError, OSError, TypeError):
            # Tables that only this file's own program understands.
            target.seek(0)
            target.truncate()
            image.save(target, "JPEG", quality=_QUALITY)
        return
    image.save(target, _FORMATS[media_type], **options)


def _thumbnail(image: Image.Image) -> bytes:
    small = image
    if small.mode not in ("RGB", "RGBA"):
        is_clear = small.mode in ("LA", "PA", "La", "RGBa") or "transparency" in small.info
        small = small.convert("RGBA") if is_clear else _eight_bits(small).convert("RGB")
    else:
        small = small.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    small.info = {}
    target = io.BytesIO()
    small.save(target, "WEBP", quality=80, method=4)
    return target.getvalue()


def _eight_bits(image: Image.Image) -> Image.Image:
    # A plain conversion of sixteen bits cuts instead of scaling: everything would be white.
    if image.mode.startswith("I;16") or image.mode == "I":
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    return image


def _too_many_pixels(field: str) -> Invalid:
    return Invalid.one(
        field,
        _("图片的像素太多"),
        _("长乘宽最多 {n} 万像素，请缩小后上传").format(n=MOST_PIXELS // 10_000),
    )
