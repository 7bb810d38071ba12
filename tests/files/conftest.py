from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.files.buckets import BucketService, bucket_service


@pytest.fixture(scope="module")
def _service() -> Iterator[BucketService]:
    with bucket_service() as service:
        yield service


@pytest.fixture
def service(_service: BucketService) -> BucketService:
    """An S3 service on this machine with one empty bucket."""
    _service.clear()
    return _service
