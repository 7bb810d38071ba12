"""Files in a bucket: the same as in a folder, whole or not at all, and silent about its secret."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import zipfile
from datetime import timedelta

import pytest
from tests.files.buckets import BUCKET, SECRET, BucketService

from linli.config import SettingsError, load_settings
from linli.files.storage import BytesMissing, S3Storage, StorageFailed, TooLarge
from linli.files.storage.base import PROBE, new_key
from linli.files.storage.s3 import Access, _options
from linli.house import open_storages

MEBIBYTE = 1024 * 1024
#: In a process of its own, since the service itself holds what it is given. Prints by how many KiB the process grew.
PASS_THROUGH = """
import resource, sys
from uuid import uuid4
from tests.files.buckets import BucketService
from tests.files.test_s3 import Endless

storage = BucketService(sys.argv[1]).storage()
storage.examine()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
written = storage.write(uuid4(), Endless(60 << 20), limit=60 << 20)
with storage.open(written.key) as source:
    while source.read(1 << 16):
        pass
storage.remove(written.key)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
SOON = timedelta(0)


class Endless(io.RawIOBase):
    """A source of so many bytes that counts how many were taken."""

    def __init__(self, size: int) -> None:
        self.left, self.taken = size, 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        count = min(size, self.left)
        self.left -= count
        self.taken += count
        return b"\x07" * count


@pytest.fixture
def storage(service: BucketService) -> S3Storage:
    return service.storage()


class TestWrite:
    @pytest.mark.parametrize("size", [1, 300_000, 5 * MEBIBYTE, 5 * MEBIBYTE + 1, 12 * MEBIBYTE])
    def test_gives_back_what_was_stored(self, storage, service, world, size) -> None:
        content = os.urandom(size)
        written = storage.write(world.here.id, io.BytesIO(content), limit=size)
        assert (written.size, written.sha256) == (size, hashlib.sha256(content).digest())
        with storage.open(written.key) as source:
            assert source.read() == content
        assert service.objects() == {f"town/{written.key}": size}

    def test_a_key_begins_with_its_street_and_says_nothing_else(self, storage, world) -> None:
        keys = {storage.write(world.here.id, io.BytesIO(b"same"), limit=9).key for _ in range(3)}
        assert len(keys) == 3
        for key in keys:
            street, _fan, name = key.split("/")
            assert (street, len(name)) == (world.here.id.hex, 64)

    @pytest.mark.parametrize("size", [100, 12 * MEBIBYTE])
    def test_a_byte_too_many_is_refused_while_it_streams(self, storage, service, world, size) -> None:
        source = Endless(size * 3)
        with pytest.raises(TooLarge):
            storage.write(world.here.id, source, limit=size)
        assert source.taken <= size + MEBIBYTE
        assert service.objects() == {}
        storage.write(world.here.id, Endless(size), limit=size)
        assert list(service.objects().values()) == [size]

    def test_a_source_that_breaks_leaves_nothing(self, storage, service, world) -> None:
        class Breaks(Endless):
            def read(self, size: int = -1) -> bytes:
                if self.taken > 7 * MEBIBYTE:
                    raise ConnectionResetError
                return super().read(size)

        with pytest.raises(ConnectionResetError):
            storage.write(world.here.id, Breaks(20 * MEBIBYTE), limit=20 * MEBIBYTE)
        assert service.objects() == {}

    def test_sixty_megabytes_pass_in_little_memory(self, service) -> None:
        answer = subprocess.run(
            [sys.executable, "-c", PASS_THROUGH, service.endpoint],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        grown = int(answer.stdout)
        assert grown < 40 * 1024, f"{grown} KiB"


class TestOpen:
    def test_one_can_go_back_as_an_archive_needs(self, storage, world) -> None:
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w") as archive:
            archive.writestr("a.txt", os.urandom(2 * MEBIBYTE))
            archive.writestr("b.txt", b"the second part")
        target.seek(0)
        key = storage.write(world.here.id, target, limit=4 * MEBIBYTE).key
        with storage.open(key) as source, zipfile.ZipFile(source) as archive:
            assert archive.read("b.txt") == b"the second part"
            assert archive.testzip() is None

    def test_what_is_not_there_is_missing(self, storage, world) -> None:
        with pytest.raises(BytesMissing):
            storage.open(new_key(world.here.id))

    @pytest.mark.parametrize("key", ["../../etc/passwd", "/etc/passwd", "", "a" * 32 + "/../" + "b" * 64])
    def test_a_key_leads_nowhere_else(self, storage, key) -> None:
        with pytest.raises(BytesMissing):
            storage.open(key)
        with pytest.raises(BytesMissing):
            storage.put(key, io.BytesIO(b"x"), limit=9)
        storage.remove(key)


class TestKeys:
    def test_are_those_of_one_street_and_old_enough(self, storage, world) -> None:
        own = {storage.write(world.here.id, io.BytesIO(b"x"), limit=9).key for _ in range(3)}
        storage.write(world.there.id, io.BytesIO(b"x"), limit=9)
        assert set(storage.keys(world.here.id, older_than=SOON)) == own
        assert list(storage.keys(world.here.id, older_than=timedelta(hours=1))) == []

    def test_of_another_prefix_are_not_seen(self, storage, service, world) -> None:
        service.storage(f"s3://{BUCKET}/other").write(world.here.id, io.BytesIO(b"x"), limit=9)
        assert list(storage.keys(world.here.id, older_than=SOON)) == []

    def test_remove_takes_one_and_bears_a_second_time(self, storage, world) -> None:
        kept, gone = (storage.write(world.here.id, io.BytesIO(b"x"), limit=9).key for _ in range(2))
        storage.remove(gone)
        storage.remove(gone)
        assert list(storage.keys(world.here.id, older_than=SOON)) == [kept]


class TestFailures:
    def test_a_bucket_that_is_not_there_is_named(self, service, world) -> None:
        missing = service.storage("s3://no-such-bucket")
        for act in (
            missing.examine,
            missing.reach,
            lambda: missing.open(new_key(world.here.id)),
            lambda: missing.write(world.here.id, io.BytesIO(b"x"), limit=9),
        ):
            with pytest.raises(StorageFailed, match="no-such-bucket"):
                act()

    def test_a_service_that_does_not_answer_is_named_and_its_secret_is_not(self, world) -> None:
        dead = S3Storage(f"s3://{BUCKET}", Access("http://127.0.0.1:9", "r", "an-access-key", SECRET, path_style=True))
        with pytest.raises(StorageFailed, match=r"http://127\.0\.0\.1:9") as raised:
            dead.reach()
        assert SECRET not in repr(raised.getrepr(chain=True))
        assert "没有应答" in str(raised.value)

    def test_examine_writes_reads_and_leaves_nothing(self, storage, service) -> None:
        storage.put(new_key(PROBE), io.BytesIO(b"a look that broke off"), limit=99)
        storage.examine()
        assert len(service.objects()) == 1, "the last look is too young to be swept"


class TestSettings:
    def test_give_the_storage_they_name(self, service, tmp_path) -> None:
        settings = load_settings({"LINLI_DATA_DIR": str(tmp_path), **service.environment})
        storages = open_storages(settings)
        assert storages.current.name == f"s3://{BUCKET}/town"
        storages.current.examine()
        assert storages.named("local").name == "local"
        with pytest.raises(StorageFailed, match="memory"):
            storages.named("memory")

    def test_without_a_url_files_go_into_the_folder(self, tmp_path) -> None:
        assert open_storages(load_settings({"LINLI_DATA_DIR": str(tmp_path)})).current.name == "local"

    def test_the_secret_is_in_no_repr(self, service, tmp_path) -> None:
        settings = load_settings({"LINLI_DATA_DIR": str(tmp_path), **service.environment})
        assert settings.files_secret_key == SECRET
        storages = open_storages(settings)
        for each in (settings, storages, storages.current, service.access):
            assert SECRET not in repr(each)
            assert "an-access-key" not in repr(each)

    @pytest.mark.parametrize(
        ("variable", "value"),
        [
            ("LINLI_FILES_URL", "https://bucket.example.cn"),
            ("LINLI_FILES_URL", "s3://"),
            ("LINLI_FILES_URL", "s3://ab"),
            ("LINLI_FILES_URL", "s3://bucket/../other"),
            ("LINLI_FILES_ENDPOINT", "s3.example.cn"),
            ("LINLI_FILES_PATH_STYLE", "maybe"),
        ],
    )
    def test_a_wrong_one_is_named(self, variable, value, tmp_path) -> None:
        with pytest.raises(SettingsError) as raised:
            load_settings({"LINLI_DATA_DIR": str(tmp_path), variable: value})
        assert [each.variable for each in raised.value.faults] == [variable]

    @pytest.mark.parametrize("name", ["LINLI_FILES_ACCESS_KEY", "LINLI_FILES_SECRET_KEY"])
    def test_half_a_pair_of_keys_is_a_fault_of_the_other_half(self, name, tmp_path) -> None:
        other = {"LINLI_FILES_ACCESS_KEY", "LINLI_FILES_SECRET_KEY"} - {name}
        with pytest.raises(SettingsError) as raised:
            load_settings({"LINLI_DATA_DIR": str(tmp_path), name: SECRET})
        assert {each.variable for each in raised.value.faults} == other
        assert SECRET not in str(raised.value)

    def test_the_bucket_stands_before_the_host_unless_it_stands_in_the_path(self) -> None:
        endpoint = "https://oss-cn-beijing.aliyuncs.com"
        before = _options("attic", Access(endpoint))
        assert before["endpoint"] == "https://attic.oss-cn-beijing.aliyuncs.com"
        assert before["virtual_hosted_style_request"] is True
        within = _options("attic", Access(endpoint, path_style=True))
        assert (within["endpoint"], within["virtual_hosted_style_request"]) == (endpoint, False)
        assert not within["client_options"]["allow_http"]
