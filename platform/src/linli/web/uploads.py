"""The photos of a form's field that takes several: how many, how large, and whether they are photos at all."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

from linli.files.kinds import IMAGES, KINDS, checked_media_type, extension_of
from linli.kit.errors import FieldError, Invalid
from linli.kit.text import gettext as _
from linli.web.forms import Form

_MEGABYTE = 1024 * 1024
_PHOTO_KINDS = "JPG, PNG, WebP"


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo as it was sent: for ``store_file``, which looks at it once more and writes it anew."""

    content: bytes
    name: str
    media_type: str


def photos_of(form: Form, name: str, *, most: int = 3, max_mb: int = 8, required: bool = False) -> list[Photo]:
    """What the macro ``photos`` of ``forms.html`` sent, empty files left out.

    Args:
        form: what was sent.
        name: of the field.
        most: photos at most.
        max_mb: megabytes of one photo at most; the handler's ``max_body`` has room for all of them.
        required: at least one has to be there.

    Raises:
        Invalid: naming the field: none, too many, one too large, or one that is no photo.
    """
    sent = [(file, content) for file, content in form.photos.get(name, ()) if content]
    if required and not sent:
        raise Invalid.one(name, _("必须填写"), _("至少一张照片"))
    if len(sent) > most:
        raise Invalid.one(name, _("照片太多"), _("最多 {n} 张").format(n=most))
    faults: list[FieldError] = []
    photos: list[Photo] = []
    for file, content in sent:
        declared = file.content_type or ""
        if len(content) > max_mb * _MEGABYTE:
            told = _("“{name}”太大").format(name=file.filename)
            faults.append(FieldError(name, told, _("每张不超过 {mb} MB").format(mb=max_mb)))
        elif not _is_photo(content, file.filename, declared):
            faults.append(FieldError(name, _("“{name}”不是照片").format(name=file.filename), _PHOTO_KINDS))
        else:
            photos.append(Photo(content, file.filename, declared))
    if faults:
        raise Invalid(errors=faults[:1])
    return photos


def _is_photo(content: bytes, name: str, declared: str) -> bool:
    kind = KINDS.get(extension_of(name))
    if kind is None or not kind.is_image:
        return False
    try:
        return checked_media_type(BytesIO(content), name, declared) in IMAGES
    except Invalid:
        return False
