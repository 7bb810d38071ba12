"""Files in a bucket of any provider that speaks the S3 protocol."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from linli.files.storage.base import PROBE, BytesMissing, Measured, Storage, StorageFailed, Written, require_key
from linli.kit.text import gettext as _

#: A part of an upload: the smallest that the protocol allows. Two are on their way at once.
_PART = 5 * 1024 * 1024
#: What is fetched at once: a small file whole.
_BLOCK = 1024 * 1024
#: Within a request somebody waits, and a transaction is open.
_PATIENCE = timedelta(seconds=15)
_LISTED = 1000


@dataclass(frozen=True, slots=True)
class Access:
    """How a provider is spoken to. Without a key, credentials come from where the process runs (an instance's role).

    Attributes:
        endpoint: scheme and host; ``None`` for AWS itself.
        path_style: the bucket stands in the path instead of the host's name.
    """

    endpoint: str | None = None
    region: str = "us-east-1"
    access_key: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)
    path_style: bool = False


class S3Storage(Storage):
    """Objects of one bucket below one prefix.

    Args:
        url: ``s3://bucket/prefix``; also the storage's name, which the rows of its files carry.
        access: endpoint and credentials.
    """

    def __init__(self, url: str, access: Access) -> None:
        self.name = url
        bucket, _slash, prefix = url.removeprefix("s3://").partition("/")
        self._bucket = bucket
        self._access = access
        self._store = S3Store(bucket, prefix=prefix or None, **_options(bucket, access))

    def put(self, key: str, source: BinaryIO, *, limit: int) -> Written:
        measured = Measured(source, limit)
        require_key(key)
        with self._in_words():
            # An exception of the iterator aborts the upload: nothing is kept of what was too large.
            obstore.put(self._store, key, iter(measured), chunk_size=_PART, max_concurrency=2)
        return measured.written(key)

    def open(self, key: str) -> BinaryIO:
        require_key(key)
        with self._in_words():
            return io.BufferedReader(_Blocks(self, key), _BLOCK)

    def remove(self, key: str) -> None:
        try:
            with self._in_words():
                obstore.delete(self._store, require_key(key))
        except BytesMissing:
            return

    def keys(self, tenant_id: UUID, *, older_than: timedelta) -> Iterator[str]:
        latest = datetime.now(UTC) - older_than
        with self._in_words():
            for page in obstore.list(self._store, tenant_id.hex, chunk_size=_LISTED):
                for each in page:
                    if each["last_modified"] <= latest:
                        yield each["path"]

    def reach(self) -> None:
        with self._in_words():
            for _page in obstore.list(self._store, PROBE.hex, chunk_size=1):
                break

    def fetch(self, key: str, start: int) -> tuple[bytes, int]:
        """A block of an object from this byte on, and the size of the whole."""
        with self._in_words():
            found = obstore.get(self._store, key, options={"range": (start, start + _BLOCK)})
            return bytes(found.bytes()), found.meta["size"]

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error):
                raise StorageFailed(_("没有名为 {bucket} 的存储桶").format(bucket=self._bucket)) from None
            raise BytesMissing from None
        except (PermissionDeniedError, UnauthenticatedError):
            # Without the cause: what a provider answers may repeat keys and signatures.
            message = _("存储桶 {bucket} 拒绝了访问，密钥不对或权限不够").format(bucket=self._bucket)
            raise StorageFailed(message) from None
        except BaseError as error:
            message = _("连不上存储桶 {bucket}（{endpoint}，{kind}）")
            endpoint = self._access.endpoint or self._access.region
            kind = _kind_of(error)
            raise StorageFailed(message.format(bucket=self._bucket, endpoint=endpoint, kind=kind)) from None


class _Blocks(io.RawIOBase):
    """An object read block by block, each with a request of its own; the first tells whether it is there."""

    def __init__(self, storage: S3Storage, key: str) -> None:
        self._storage = storage
        self._key = key
        self._at = 0
        self._start = 0
        self._block, self._size = storage.fetch(key, 0)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(base + offset, 0)
        return self._at

    def readinto(self, buffer: Any) -> int:
        if self._at >= self._size:
            return 0
        if not self._start <= self._at < self._start + len(self._block):
            self._block, self._size = self._storage.fetch(self._key, self._at)
            self._start = self._at
        offset = self._at - self._start
        piece = self._block[offset : offset + len(buffer)]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


def _options(bucket: str, access: Access) -> dict[str, Any]:
    options: dict[str, Any] = {
        "region": access.region,
        "virtual_hosted_style_request": not access.path_style,
        "client_options": {"connect_timeout": "5s", "timeout": "30s"},
        "retry_config": {"max_retries": 2, "retry_timeout": _PATIENCE},
    }
    if access.endpoint is not None:
        parts = urlsplit(access.endpoint)
        if not access.path_style:
            parts = parts._replace(netloc=f"{bucket}.{parts.netloc}")
        options["endpoint"] = urlunsplit(parts)
        options["client_options"]["allow_http"] = parts.scheme == "http"
    if access.access_key is not None:
        options["access_key_id"] = access.access_key
        options["secret_access_key"] = access.secret_key
    return options


def _kind_of(error: BaseException) -> str:
    # One of a few words: the whole message holds addresses with keys in them.
    text = str(error)
    for sign in ("SignatureDoesNotMatch", "InvalidAccessKeyId", "RequestTimeTooSkewed", "PermanentRedirect"):
        if sign in text:
            return sign
    if "error sending request" in text:
        return _("没有应答")
    return type(error).__name__
