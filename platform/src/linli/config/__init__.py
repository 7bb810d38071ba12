"""Typed settings of one installation, read once from the environment.

What a street office or a community chooses lives in `linli.settings`; here is only what the
operator of the machine decides.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal, TypeVar, cast
from urllib.parse import SplitResult, urlsplit

from linli.channels.settings import ChannelSettings, read_channels
from linli.config.secret import SECRET_KEY_BYTES, Fault, SettingsError, decoded, key_in, numbered
from linli.kit.text import gettext as _
from linli.outward import Outward

__all__ = [
    "SECRET_KEY_BYTES",
    "VARIABLES",
    "Fault",
    "Settings",
    "SettingsError",
    "load_settings",
    "unknown_variables",
]

Environment = Literal["development", "production", "demo"]
PluginFailure = Literal["refuse", "quarantine"]
CipherName = Literal["aes-256-gcm", "sm4-gcm"]
LogLevel = Literal["debug", "info", "warning", "error"]

#: Every variable that is read, for `linli doctor` and the operators' handbook.
VARIABLES = (
    "LINLI_ENV",
    "LINLI_DATA_DIR",
    "LINLI_DATABASE_URL",
    "LINLI_DATABASE_OWNER_URL",
    "LINLI_DATABASE_SUPERUSER_URL",
    "LINLI_POOL_SIZE",
    "LINLI_SECRET_KEY",
    "LINLI_SECRET_KEY_OLD",
    "LINLI_CIPHER",
    "LINLI_REDIS_URL",
    "LINLI_FILES_URL",
    "LINLI_FILES_ENDPOINT",
    "LINLI_FILES_REGION",
    "LINLI_FILES_ACCESS_KEY",
    "LINLI_FILES_SECRET_KEY",
    "LINLI_FILES_PATH_STYLE",
    "LINLI_API_RATE",
    "LINLI_AUDIT_ANCHOR_DIR",
    "LINLI_OUTWARD_INSIDE",
    "LINLI_OUTWARD_PORTS",
    "LINLI_HOST",
    "LINLI_PORT",
    "LINLI_BASE_URL",
    "LINLI_HTTPS",
    "LINLI_TRUSTED_PROXIES",
    "LINLI_WORKERS",
    "LINLI_WORKER_MEMORY",
    "LINLI_CODE_CHANNEL",
    "LINLI_EMAIL_CHANNEL",
    "LINLI_MAIL_FROM",
    "LINLI_SMS_CHANNEL",
    "LINLI_SMTP_URL",
    "LINLI_WECHAT_CHANNEL",
    "LINLI_PLUGIN_FAILURE",
    "LINLI_PLUGINS_OFF",
    "LINLI_LOG_LEVEL",
    "LINLI_LOG_JSON",
)

_TRUE = ("on", "true", "yes", "1")
_FALSE = ("off", "false", "no", "0")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
_POSTGRES_URL = "postgresql://ROLE:PASSWORD@HOST:5432/DATABASE"
_BUCKET_URL = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_REDIS_URL = "redis://HOST:6379/0, rediss://HOST:6379/0, unix:///PATH"

_T = TypeVar("_T", bound=str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the operator decides. Keys, and URLs that may carry a password, never show in `repr`.

    Attributes:
        data_dir: where the embedded server, the files and the generated key live.
        database_url: the application role's connection; None means the embedded server.
        database_owner_url: the migrate role's connection, for `linli db upgrade`.
        database_superuser_url: for `linli db bootstrap` only.
        pool_size: connections that one process keeps open.
        secret_key: at least 32 bytes; every other key is derived from it.
        secret_key_number: tells this secret from the one before it; the first is 1, the next is written ``2:…``.
        old_secret_key: the one before, while what it wrapped is being carried over.
        old_secret_key_number: its number.
        cipher: what seals personal data from now on; what was sealed before still opens.
        files_url: ``s3://bucket/prefix`` where new attachments go; None means a folder of `data_dir`.
        files_endpoint: scheme and host of the S3 service; None means AWS.
        files_region: the bucket's region.
        files_access_key: with `files_secret_key`; None means the credentials of the machine.
        files_path_style: the bucket stands in the path, as MinIO and Ceph want it, not in front of the host.
        redis_url: rings for `linli worker`, and counts the API's requests for all processes together; without it each
            web process does the work that waits, and counts by itself.
        api_rate: requests of the API that one token, or one address without a token, may make in a minute.
        audit_anchor_dir: where signed anchors of the audit chains are copied to, best outside of this machine; None
            means nowhere.
        outward: which addresses of others may be called, as the webhooks of outside apps are.
        base_url: scheme and host that links in messages start with, without a trailing slash.
        https: cookies are `__Host-` and `Secure`, and HSTS is sent.
        trusted_proxies: how many proxies append to X-Forwarded-For; 0 ignores the header.
        worker_memory: MiB after which a web process is replaced by a fresh one: what leaks is given back.
        channels: where messages to people go, one-time codes among them.
        plugin_failure: a plugin that fails to load stops the start, or is put aside.
        plugins_off: plugins that are not loaded, whatever the streets enabled.
    """

    environment: Environment
    data_dir: Path
    database_url: str | None = field(repr=False)
    database_owner_url: str | None = field(repr=False)
    database_superuser_url: str | None = field(repr=False)
    pool_size: int
    secret_key: bytes = field(repr=False)
    secret_key_number: int
    old_secret_key: bytes | None = field(repr=False)
    old_secret_key_number: int
    cipher: CipherName
    redis_url: str | None = field(repr=False)
    files_url: str | None
    files_endpoint: str | None
    files_region: str
    files_access_key: str | None = field(repr=False)
    files_secret_key: str | None = field(repr=False)
    files_path_style: bool
    api_rate: int
    audit_anchor_dir: Path | None
    outward: Outward
    host: str
    port: int
    base_url: str
    https: bool
    trusted_proxies: int
    workers: int
    worker_memory: int
    channels: ChannelSettings
    plugin_failure: PluginFailure
    plugins_off: frozenset[str]
    log_level: LogLevel
    log_json: bool

    @property
    def is_production(self) -> bool:
        return self.environment == "production"

    @property
    def is_demo(self) -> bool:
        return self.environment == "demo"

    @property
    def uses_embedded_server(self) -> bool:
        return self.database_url is None

    @property
    def files_dir(self) -> Path:
        """Where attachments lie that are in no bucket."""
        return self.data_dir / "files"


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; outside production a missing secret key is made in the data folder.

    Raises:
        SettingsError: naming every variable at fault, not only the first.
    """
    read = _Reader(os.environ if environ is None else environ)
    environment: Environment = read.choice("LINLI_ENV", ("development", "production", "demo"), "development")
    production = environment == "production"
    data_dir = read.folder("LINLI_DATA_DIR", _default_data_dir())
    database_url = read.database_url("LINLI_DATABASE_URL")
    owner_url = read.database_url("LINLI_DATABASE_OWNER_URL")
    superuser_url = read.database_url("LINLI_DATABASE_SUPERUSER_URL")
    if production and not (database_url or owner_url or superuser_url):
        # A misspelt name must not silently open a new and empty embedded database.
        read.blame("LINLI_DATABASE_URL", _("生产环境必须设置"), _POSTGRES_URL)
    port = read.integer("LINLI_PORT", 1, 65535, default=8000)
    base_url = read.base_url("LINLI_BASE_URL", None if production else f"http://localhost:{port}")
    https = read.boolean("LINLI_HTTPS", default=production or base_url.startswith("https:"))
    if https and read.text("LINLI_BASE_URL") and base_url.startswith("http:"):
        read.blame("LINLI_BASE_URL", _("启用了 HTTPS，地址却以 http: 开头"), "https://…; LINLI_HTTPS=off")
    number, secret_key = read.secret_key("LINLI_SECRET_KEY", required=production)
    old_number, old_key = read.secret_key("LINLI_SECRET_KEY_OLD", required=False)
    if not secret_key and not read.faults:
        number, secret_key = key_in(data_dir)
    if old_key and old_number == number and secret_key:
        allowed = _("新密钥的编号比原来的大 1，见 linli keys new")
        read.blame("LINLI_SECRET_KEY", _("编号和 LINLI_SECRET_KEY_OLD 一样"), allowed)
    settings = Settings(
        environment=environment,
        data_dir=data_dir,
        database_url=database_url,
        database_owner_url=owner_url,
        database_superuser_url=superuser_url,
        pool_size=read.integer("LINLI_POOL_SIZE", 1, 200, default=10),
        secret_key=secret_key,
        secret_key_number=number,
        old_secret_key=old_key or None,
        old_secret_key_number=old_number,
        cipher=read.choice("LINLI_CIPHER", ("aes-256-gcm", "sm4-gcm"), "aes-256-gcm"),
        redis_url=read.redis_url("LINLI_REDIS_URL"),
        files_url=read.bucket_url("LINLI_FILES_URL"),
        files_endpoint=read.base_url("LINLI_FILES_ENDPOINT", "") or None,
        files_region=read.text("LINLI_FILES_REGION") or "us-east-1",
        files_access_key=read.one_of_two("LINLI_FILES_ACCESS_KEY", "LINLI_FILES_SECRET_KEY"),
        files_secret_key=read.one_of_two("LINLI_FILES_SECRET_KEY", "LINLI_FILES_ACCESS_KEY"),
        files_path_style=read.boolean("LINLI_FILES_PATH_STYLE", default=False),
        api_rate=read.integer("LINLI_API_RATE", 1, 100_000_000, default=600),
        audit_anchor_dir=read.optional_folder("LINLI_AUDIT_ANCHOR_DIR"),
        outward=Outward(
            inside=read.networks("LINLI_OUTWARD_INSIDE"),
            ports=read.ports("LINLI_OUTWARD_PORTS", frozenset({443})),
            to_loopback=environment != "production",
        ),
        host=read.text("LINLI_HOST") or "127.0.0.1",
        port=port,
        base_url=base_url,
        https=https,
        trusted_proxies=read.integer("LINLI_TRUSTED_PROXIES", 0, 10, default=0),
        workers=read.integer("LINLI_WORKERS", 1, 128, default=1),
        worker_memory=read.integer("LINLI_WORKER_MEMORY", 128, 1 << 20, default=1024),
        channels=read_channels(read, production=production),
        plugin_failure=read.choice(
            "LINLI_PLUGIN_FAILURE", ("refuse", "quarantine"), "quarantine" if production else "refuse"
        ),
        plugins_off=read.plugin_names("LINLI_PLUGINS_OFF"),
        log_level=read.choice("LINLI_LOG_LEVEL", ("debug", "info", "warning", "error"), "info"),
        log_json=read.boolean("LINLI_LOG_JSON", default=production),
    )
    if read.faults:
        raise SettingsError(read.faults)
    return settings


def unknown_variables(environ: Mapping[str, str] | None = None) -> dict[str, str | None]:
    """`LINLI_…` variables that nothing reads, each with the known name it most resembles, or None."""
    known = set(VARIABLES)
    names = os.environ if environ is None else environ
    unknown = sorted(
        name for name in names if name.startswith("LINLI_") and name not in known and not name.startswith("LINLI_TEST_")
    )
    return {name: next(iter(get_close_matches(name, VARIABLES, n=1)), None) for name in unknown}


class _Reader:
    """Reads one variable at a time and collects the faults, so that all of them are told at once.

    No message repeats a value that may carry a password.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._faults: dict[str, Fault] = {}

    @property
    def faults(self) -> list[Fault]:
        return list(self._faults.values())

    def blame(self, variable: str, fault: str, allowed: str) -> None:
        self._faults.setdefault(variable, Fault(variable, fault, allowed))

    def text(self, variable: str) -> str:
        value = self._environ.get(variable, "").strip()
        if any(ord(character) < 32 or ord(character) == 127 for character in value):
            self.blame(variable, _("含有换行或控制字符"), _("一行文字"))
            return ""
        return value

    def choice(self, variable: str, allowed: tuple[_T, ...], default: _T) -> _T:
        value = self.text(variable)
        if not value:
            return default
        if value not in allowed:
            self.blame(variable, _("不认识“{value}”").format(value=value), ", ".join(allowed))
            return default
        return cast("_T", value)

    def integer(self, variable: str, least: int, most: int, *, default: int) -> int:
        value = self.text(variable)
        if not value:
            return default
        if not re.fullmatch(r"[0-9]{1,9}", value) or not least <= int(value) <= most:
            fault = _("“{value}”不是 {least} 到 {most} 之间的整数").format(value=value, least=least, most=most)
            self.blame(variable, fault, f"{least}-{most}")
            return default
        return int(value)

    def boolean(self, variable: str, *, default: bool) -> bool:
        value = self.text(variable).lower()
        if not value:
            return default
        if value not in _TRUE + _FALSE:
            self.blame(variable, _("“{value}”不是开或关").format(value=value), "on, off")
        return value in _TRUE

    def folder(self, variable: str, default: Path) -> Path:
        value = self.text(variable)
        folder = Path(value).expanduser() if value else default
        if folder.exists() and not folder.is_dir():
            self.blame(variable, _("“{value}”不是文件夹").format(value=folder), _("一个文件夹的路径"))
        return folder.absolute()

    def optional_folder(self, variable: str) -> Path | None:
        return self.folder(variable, Path()) if self.text(variable) else None

    def database_url(self, variable: str) -> str | None:
        value = self.text(variable)
        if not value:
            return None
        # One spelling for libpq and for SQLAlchemy 2.1, which both take it to mean psycopg.
        value = re.sub(r"^(postgres|postgresql\+psycopg)://", "postgresql://", value)
        parts = _split(value)
        if parts is None or parts.scheme != "postgresql" or len(parts.path) < 2:
            self.blame(variable, _("不是带数据库名的 PostgreSQL 连接地址"), _POSTGRES_URL)
        return value

    def redis_url(self, variable: str) -> str | None:
        value = self.text(variable)
        if not value:
            return None
        parts = _split(value)
        complete = parts is not None and (parts.path if parts.scheme == "unix" else parts.hostname)
        if parts is None or parts.scheme not in {"redis", "rediss", "unix"} or not complete:
            self.blame(variable, _("不是 Redis 连接地址"), _REDIS_URL)
        return value

    def bucket_url(self, variable: str) -> str | None:
        value = self.text(variable).rstrip("/")
        if value and not _BUCKET_URL.fullmatch(value):
            self.blame(variable, _("不是存储桶地址"), "s3://BUCKET, s3://BUCKET/PREFIX")
        return value or None

    def one_of_two(self, variable: str, other: str) -> str | None:
        value = self.text(variable)
        if not value and self.text(other):
            self.blame(variable, _("设置了 {other} 就必须设置").format(other=other), _("服务商给的密钥"))
        return value or None

    def base_url(self, variable: str, default: str | None) -> str:
        value = self.text(variable).rstrip("/")
        if not value:
            if default is None:
                self.blame(variable, _("生产环境必须设置，短信和邮件里的链接由它开头"), "https://linli.example.cn")
            return default or ""
        parts = _split(value)
        extra = parts is not None and (parts.path or parts.query or parts.fragment or parts.username)
        if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname or extra:
            fault = _("不是只含协议、主机和端口的地址")
            self.blame(variable, fault, "https://linli.example.cn, http://localhost:8000")
        return value

    def secret_key(self, variable: str, *, required: bool) -> tuple[int, bytes]:
        number, value = numbered(self.text(variable))
        allowed = _("至少 {bytes} 字节随机数的 base64，例如 openssl rand -base64 32 的输出").format(
            bytes=SECRET_KEY_BYTES
        )
        if not value:
            if required:
                self.blame(variable, _("生产环境必须设置"), allowed)
            return number, b""
        key = decoded(value)
        if key is None:
            self.blame(variable, _("不是 base64"), allowed)
        elif len(key) < SECRET_KEY_BYTES:
            self.blame(variable, _("只有 {count} 字节").format(count=len(key)), allowed)
        elif len(set(key)) < 8:
            self.blame(variable, _("不是随机数"), allowed)
        return number, key or b""

    def networks(self, variable: str) -> tuple[IPv4Network | IPv6Network, ...]:
        found: list[IPv4Network | IPv6Network] = []
        for each in filter(None, (part.strip() for part in self.text(variable).split(","))):
            try:
                found.append(ip_network(each))
            except ValueError:
                self.blame(variable, _("“{value}”不是网段").format(value=each), "10.20.0.0/16, fd12:3456::/48")
        return tuple(found)

    def ports(self, variable: str, default: frozenset[int]) -> frozenset[int]:
        words = [part.strip() for part in self.text(variable).split(",") if part.strip()]
        if not words:
            return default
        for each in words:
            if not re.fullmatch(r"[0-9]{1,5}", each) or not 1 <= int(each) <= 65535:
                self.blame(variable, _("“{value}”不是端口").format(value=each), "443,8443")
                return default
        return frozenset(int(each) for each in words)

    def plugin_names(self, variable: str) -> frozenset[str]:
        names = frozenset(name.strip() for name in self.text(variable).split(",") if name.strip())
        for name in sorted(names):
            if not _NAME.fullmatch(name):
                self.blame(variable, _("“{value}”不是插件名").format(value=name), "notices,elections")
        return names


def _default_data_dir() -> Path:
    # In a checkout the data lies beside the sources, whatever folder the command was typed in.
    root = Path(__file__).resolve().parents[4]
    in_checkout = (root / "Makefile").is_file() and (root / "platform" / "pyproject.toml").is_file()
    return (root if in_checkout else Path.cwd()) / ".linli"


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _port = parts.port
    except ValueError:
        return None
    return parts
