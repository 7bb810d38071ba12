"""Where the bytes of files lie: a folder of this machine, a bucket, memory in tests. A key begins with its tenant."""

from linli.files.storage.base import BytesMissing, Storage, StorageFailed, TooLarge, Written, is_key_of
from linli.files.storage.local import LocalStorage
from linli.files.storage.memory import MemoryStorage
from linli.files.storage.named import Storages
from linli.files.storage.s3 import S3Storage

__all__ = [
    "BytesMissing",
    "LocalStorage",
    "MemoryStorage",
    "S3Storage",
    "Storage",
    "StorageFailed",
    "Storages",
    "TooLarge",
    "Written",
    "is_key_of",
]
