"""Images: what comes out is what people see, and nothing else that was in the file."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image, ImageCms, PngImagePlugin
from tests.files.pictures import ORIENTATION, from_a_telephone, picture

from linli.files.images import MOST_PIXELS, THUMBNAIL_SIDE, CleanImage, clean_image
from linli.kit.errors import Invalid

FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP", "image/gif": "GIF"}
KINDS = [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")]


def cleaned(content: bytes, media_type: str) -> tuple[CleanImage, bytes]:
    result = clean_image(io.BytesIO(content), media_type)
    with result.content as stream:
        return result, stream.read()


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def declared_png(width: int, height: int) -> bytes:
    """A few bytes that claim to be a picture of this size."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


class TestFormat:
    @pytest.mark.parametrize("media_type", FORMATS)
    def test_stays_what_it_was(self, media_type) -> None:
        result, content = cleaned(picture(FORMATS[media_type], (64, 48)), media_type)
        image = opened(content)
        assert (image.format, image.size) == (FORMATS[media_type], (64, 48))
        assert (result.width, result.height) == (64, 48)
        red, _green, blue = image.convert("RGB").getpixel((5, 20))
        assert red > blue + 100

    def test_a_png_keeps_every_pixel_and_its_transparency(self) -> None:
        image = Image.effect_noise((50, 40), 80).convert("RGBA")
        image.putalpha(Image.linear_gradient("L").resize((50, 40)))
        target = io.BytesIO()
        image.save(target, "PNG")
        _result, content = cleaned(target.getvalue(), "image/png")
        assert opened(content).tobytes() == image.tobytes()

    @pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "I;16", "RGB", "RGBA"])
    def test_every_kind_of_png_is_taken(self, mode) -> None:
        image = Image.new("L", (30, 20), 120)
        image = image.convert("I").point(lambda v: v * 256).convert("I;16") if mode == "I;16" else image.convert(mode)
        target = io.BytesIO()
        image.save(target, "PNG")
        result, content = cleaned(target.getvalue(), "image/png")
        assert opened(content).mode == mode
        shade = opened(result.thumbnail).convert("L").getpixel((10, 10))
        assert abs(shade - (255 if mode == "1" else 120)) < 12 or mode == "1"

    def test_a_photograph_does_not_grow(self) -> None:
        image = Image.effect_noise((400, 300), 60).convert("RGB")
        target = io.BytesIO()
        image.save(target, "JPEG", quality=60)
        _result, content = cleaned(target.getvalue(), "image/jpeg")
        assert len(content) < 1.05 * len(target.getvalue())

    def test_a_printers_jpeg_becomes_one_for_screens(self) -> None:
        target = io.BytesIO()
        Image.new("CMYK", (40, 30), (0, 200, 200, 20)).save(target, "JPEG")
        _result, content = cleaned(target.getvalue(), "image/jpeg")
        assert opened(content).mode == "RGB"

    @pytest.mark.parametrize(
        ("form", "media_type"), [("GIF", "image/gif"), ("PNG", "image/png"), ("WEBP", "image/webp")]
    )
    def test_of_an_animation_the_first_picture_stays(self, form, media_type) -> None:
        first, second = Image.new("RGB", (20, 20), "white"), Image.new("RGB", (20, 20), "black")
        target = io.BytesIO()
        first.save(target, form, save_all=True, append_images=[second], duration=100)
        assert opened(target.getvalue()).n_frames == 2
        _result, content = cleaned(target.getvalue(), media_type)
        image = opened(content)
        assert getattr(image, "n_frames", 1) == 1
        assert image.convert("RGB").getpixel((5, 5)) == (255, 255, 255)


class TestWhatNobodySees:
    @pytest.mark.asvs("V14.2.8")
    @pytest.mark.parametrize(
        ("form", "media_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")]
    )
    def test_place_and_camera_are_gone(self, form, media_type) -> None:
        sent = from_a_telephone(form)
        assert b"SECRETCAMERA" in sent, "control: it was in what was sent"
        result, content = cleaned(sent, media_type)
        for each in (content, result.thumbnail):
            assert b"SECRET" not in each
            assert dict(opened(each).getexif()) == {}
            assert not {"exif", "comment", "icc_profile"} & set(opened(each).info)

    def test_texts_of_a_png_are_gone(self) -> None:
        notes = PngImagePlugin.PngInfo()
        notes.add_text("Author", "SECRET")
        notes.add_itxt("XML:com.adobe.xmp", "SECRET")
        sent = picture("PNG", pnginfo=notes)
        assert b"SECRET" in sent
        assert b"SECRET" not in cleaned(sent, "image/png")[1]

    def test_a_comment_of_a_gif_is_gone(self) -> None:
        sent = picture("GIF", comment=b"SECRET")
        assert b"SECRET" in sent
        assert b"SECRET" not in cleaned(sent, "image/gif")[1]

    @pytest.mark.parametrize("media_type", FORMATS)
    def test_what_hangs_behind_the_picture_is_gone(self, media_type) -> None:
        sent = picture(FORMATS[media_type]) + b"PK\x03\x04<script>alert(1)</script>"
        assert b"script" not in cleaned(sent, media_type)[1]

    def test_a_profile_is_applied_and_gone(self) -> None:
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        _result, content = cleaned(picture("JPEG", icc_profile=profile), "image/jpeg")
        assert "icc_profile" not in opened(content).info

    def test_a_broken_profile_does_no_harm(self) -> None:
        _result, content = cleaned(picture("PNG", icc_profile=b"no profile at all" * 20), "image/png")
        assert "icc_profile" not in opened(content).info


class TestUpright:
    @pytest.mark.parametrize(
        ("orientation", "size", "red_at"),
        [
            (1, (64, 48), (5, 24)),
            (3, (64, 48), (58, 24)),
            (6, (48, 64), (24, 5)),
            (8, (48, 64), (24, 58)),
        ],
    )
    def test_a_photograph_is_turned_as_the_camera_noted(self, orientation, size, red_at) -> None:
        result, content = cleaned(from_a_telephone(orientation=orientation), "image/jpeg")
        image = opened(content)
        assert (result.width, result.height) == image.size == size
        red, _green, blue = image.getpixel(red_at)
        assert red > blue + 100
        assert ORIENTATION not in image.getexif()

    @pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
    def test_nonsense_beside_a_good_picture_does_no_harm(self) -> None:
        sent = picture("JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff\xff\xff")
        assert cleaned(sent, "image/jpeg")[0].width == 32


class TestThumbnail:
    @pytest.mark.parametrize(
        ("size", "small"),
        [
            ((960, 480), (480, 240)),
            ((300, 1200), (120, 480)),
            ((THUMBNAIL_SIDE, THUMBNAIL_SIDE), (480, 480)),
            ((THUMBNAIL_SIDE + 1, 20), (480, 20)),
            ((20, 10), (20, 10)),
        ],
    )
    def test_fits_into_its_square_and_is_never_blown_up(self, size, small) -> None:
        result, _content = cleaned(picture("PNG", size), "image/png")
        image = opened(result.thumbnail)
        assert (image.format, image.size) == ("WEBP", small)

    def test_keeps_transparency(self) -> None:
        target = io.BytesIO()
        Image.new("RGBA", (100, 100), (0, 0, 0, 0)).save(target, "PNG")
        result, _content = cleaned(target.getvalue(), "image/png")
        assert opened(result.thumbnail).getpixel((50, 50))[3] == 0

    def test_is_small(self) -> None:
        noise = Image.effect_noise((2000, 1500), 100).convert("RGB")
        target = io.BytesIO()
        noise.save(target, "JPEG", quality=95)
        result, _content = cleaned(target.getvalue(), "image/jpeg")
        assert len(result.thumbnail) < 150_000


class TestRefused:
    @pytest.mark.parametrize("media_type", FORMATS)
    def test_broken_off(self, media_type) -> None:
        image = Image.effect_noise((200, 200), 90).convert("RGB")
        target = io.BytesIO()
        image.save(target, FORMATS[media_type])
        whole = target.getvalue()
        assert cleaned(whole, media_type)
        for end in (len(whole) // 2, 40, 12):
            with pytest.raises(Invalid) as raised:
                cleaned(whole[:end], media_type)
            assert (raised.value.errors[0].field, "损坏" in raised.value.errors[0].message) == ("file", True)

    def test_another_format_behind_the_same_name(self) -> None:
        with pytest.raises(Invalid):
            cleaned(picture("PNG"), "image/jpeg")

    @pytest.mark.asvs("V5.2.6")
    @pytest.mark.parametrize(
        ("width", "height", "why"),
        [
            (7_071, 7_071, "损坏"),
            (7_072, 7_072, "像素"),
            (1, MOST_PIXELS + 1, "像素"),
            (60_000, 60_000, "像素"),
            (2**31 - 1, 2**31 - 1, "像素"),
        ],
    )
    def test_too_many_pixels_before_any_is_decoded(self, width, height, why) -> None:
        sent = declared_png(width, height)
        assert len(sent) < 200
        with pytest.raises(Invalid) as raised:
            clean_image(io.BytesIO(sent), "image/png", field="photo")
        fault = raised.value.errors[0]
        assert (fault.field, why in fault.message) == ("photo", True)
        assert why != "像素" or "5000" in fault.allowed
