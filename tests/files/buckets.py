"""A service that speaks the S3 protocol, on this machine alone."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import obstore
from moto.server import ThreadedMotoServer
from obstore.store import S3Store

from linli.files.storage import S3Storage
from linli.files.storage.s3 import Access

BUCKET = "linli-files"
SECRET = "secret-that-nobody-prints"


@dataclass(frozen=True)
class BucketService:
    """Where it listens, and one bucket in it."""

    endpoint: str

    @property
    def access(self) -> Access:
        return Access(self.endpoint, "us-east-1", "an-access-key", SECRET, path_style=True)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "LINLI_FILES_URL": f"s3://{BUCKET}/town",
            "LINLI_FILES_ENDPOINT": self.endpoint,
            "LINLI_FILES_ACCESS_KEY": "an-access-key",
            "LINLI_FILES_SECRET_KEY": SECRET,
            "LINLI_FILES_PATH_STYLE": "on",
        }

    def storage(self, url: str = f"s3://{BUCKET}/town") -> S3Storage:
        return S3Storage(url, self.access)

    def objects(self) -> dict[str, int]:
        """Every object of the bucket and its size, seen past the storage."""
        return {each["path"]: each["size"] for page in obstore.list(self._bucket()) for each in page}

    def spoil(self, path: str, content: bytes) -> None:
        """Put other bytes where an object lies."""
        obstore.put(self._bucket(), path, content)

    def clear(self) -> None:
        for path in self.objects():
            obstore.delete(self._bucket(), path)

    def _bucket(self) -> S3Store:
        options: dict[str, Any] = {"client_options": {"allow_http": True}, "virtual_hosted_style_request": False}
        return S3Store(
            BUCKET,
            endpoint=self.endpoint,
            region="us-east-1",
            access_key_id="x",
            secret_access_key="x",
            **options,
        )


@contextmanager
def bucket_service() -> Iterator[BucketService]:
    """The service, started with one empty bucket and stopped at the end."""
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    server = None
    for port in random.sample(range(20_000, 32_000), 20):
        try:
            server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
            server.start()
            break
        except (OSError, SystemExit):
            continue
    assert server is not None
    try:
        service = BucketService(f"http://127.0.0.1:{port}")
        import httpx

        httpx.put(f"{service.endpoint}/{BUCKET}").raise_for_status()
        yield service
    finally:
        server.stop()
