"""Which addresses somebody else may have us call: names and numbers are judged here, nothing is sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from socket import IPPROTO_TCP, gaierror, getaddrinfo
from threading import Thread
from urllib.parse import urlsplit

Ip = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
#: ``f(host, port)``: every address of a name, as the system's resolver gives them.
Resolver = Callable[[str, int], Sequence[str]]

#: Addresses at which machines of a cloud are told their own secrets. No list of an operator opens them.
_METADATA: tuple[Network, ...] = tuple(
    ip_network(each)
    for each in (
        "169.254.0.0/16",  # AWS, Azure, Google, Tencent and Huawei at 169.254.169.254 and beside it
        "100.100.100.200/32",  # Alibaba
        "168.63.129.16/32",  # Azure's wire server
        "fd00:ec2::/32",  # AWS
        "fe80::/10",
    )
)
#: IPv6 addresses that carry an IPv4 address in their last four bytes; what they carry is judged.
_CARRIERS = (ip_network("::ffff:0:0/96"), ip_network("64:ff9b::/96"))
#: Ways around through somebody's tunnel, and nets that only mean something inside: nobody publishes a service there.
_DETOURS: tuple[Network, ...] = tuple(
    ip_network(each) for each in ("2002::/16", "2001::/23", "::/96", "64:ff9b:1::/48", "fec0::/10", "192.88.99.0/24")
)
_LONGEST = 500
#: Seconds that looking up a name may take.
_LOOKUP = 5.0


class Refused(Exception):
    """The address is none that we call; ``reason`` is a word of ``REASONS``, no text of the address's owner."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


#: Why an address is refused, in Chinese; messages.
REASONS: dict[str, str] = {
    "not an address": "不是完整的网址",
    "scheme": "必须以 https:// 开头",
    "user": "网址里不能有用户名和密码",
    "fragment": "网址里不能有 # 号后面的部分",
    "port": "这个端口不允许",
    "inside": "指向内部网络，不允许",
    "unknown host": "找不到这个域名",
}


@dataclass(frozen=True, slots=True)
class Address:
    """A web address, taken apart. ``host`` is in ASCII, without the brackets of IPv6; ``target`` is path and query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> str:
        """Scheme, host and port as browsers write them: no default port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = 443 if self.scheme == "https" else 80
        return f"{self.scheme}://{host}" + ("" if self.port == usual else f":{self.port}")

    @property
    def host_header(self) -> str:
        return self.origin.partition("://")[2]


@dataclass(frozen=True, slots=True)
class Outward:
    """What the operator allows.

    Attributes:
        inside: networks of the operator's own that may be called although nobody outside reaches them.
        ports: that may be called.
        to_loopback: ``http`` to this machine itself, at any port: for whoever develops an app.
        resolve: looks names up.
    """

    inside: tuple[Network, ...] = ()
    ports: frozenset[int] = frozenset({443})
    to_loopback: bool = False
    resolve: Resolver | None = None

    def check(self, address: Address) -> None:
        """Refuse what can be seen without looking the name up.

        Raises:
            Refused: the scheme, the port, or an address written as a number.
        """
        number = _number(address.host)
        if self.to_loopback and _is_loopback_name(address.host):
            return
        if address.scheme != "https":
            raise Refused("scheme")
        if address.port not in self.ports:
            raise Refused("port")
        if number is not None:
            self.judge(number)

    def judge(self, number: Ip) -> bool:
        """Whether an address is one of the operator's own; refuses those that are neither outside nor allowed.

        Raises:
            Refused: nobody outside reaches it, and the operator does not list it.
        """
        if isinstance(number, IPv6Address) and any(number in each for each in _CARRIERS):
            return self.judge(IPv4Address(int(number) & 0xFFFFFFFF))
        if any(number in each for each in _METADATA if each.version == number.version):
            raise Refused("inside")
        if any(number in each for each in self.inside if each.version == number.version):
            return True
        if number.is_loopback and self.to_loopback:
            return True
        detour = any(number in each for each in _DETOURS if each.version == number.version)
        if detour or not number.is_global or number.is_multicast or number.is_reserved or number.is_unspecified:
            raise Refused("inside")
        return False

    def find(self, address: Address) -> tuple[list[str], bool]:
        """The checked addresses of a host, looked up once, and whether one of them is the operator's own.

        Raises:
            Refused: there is none, or one of them is inside: a name that leads to both is not trusted with either.
        """
        self.check(address)
        number = _number(address.host)
        found = [str(number)] if number is not None else list(self._looked_up(address))
        if not found:
            raise Refused("unknown host")
        numbers = [_number(each.partition("%")[0]) for each in found]
        own = [self.judge(each) for each in numbers if each is not None]
        if len(own) != len(found):
            raise Refused("unknown host")
        if address.scheme == "http" and not all(each is not None and each.is_loopback for each in numbers):
            raise Refused("scheme")
        return found, any(own)

    def _looked_up(self, address: Address) -> Sequence[str]:
        try:
            return _in_time(self.resolve or system_resolver, address.host, address.port)
        except (OSError, UnicodeError, Late) as error:
            raise Refused("unknown host") from error


def read_address(url: str) -> Address:
    """A web address, taken apart.

    Raises:
        Refused: it is not complete, or carries what does not belong into it.
    """
    if not url or len(url) > _LONGEST or any(each.isspace() or ord(each) < 33 or ord(each) == 127 for each in url):
        raise Refused("not an address")
    if "\\" in url:
        # Readers of addresses do not agree on what it means.
        raise Refused("not an address")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = _ascii(parts.hostname or "")
    except (ValueError, UnicodeError) as error:
        raise Refused("not an address") from error
    if parts.scheme not in ("https", "http"):
        raise Refused("scheme")
    if not host or port == 0:
        raise Refused("not an address")
    if parts.username is not None or parts.password is not None:
        raise Refused("user")
    if parts.fragment:
        raise Refused("fragment")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not target.isascii():
        raise Refused("not an address")
    return Address(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), target)


def system_resolver(host: str, port: int) -> Sequence[str]:
    """The addresses of a name as this machine knows them."""
    try:
        found = getaddrinfo(host, port, proto=IPPROTO_TCP)
    except gaierror as error:
        raise OSError(str(error)) from error
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def _in_time(resolve: Resolver, host: str, port: int) -> Sequence[str]:
    # The system's resolver knows no time limit; a thread that it holds up ends with it.
    future: Future[Sequence[str]] = Future()

    def look_up() -> None:
        try:
            future.set_result(resolve(host, port))
        except Exception as error:
            future.set_exception(error)

    Thread(target=look_up, name="linli-lookup", daemon=True).start()
    return future.result(_LOOKUP)


def _ascii(host: str) -> str:
    host = host.rstrip(".").lower()
    if ":" in host:
        return str(IPv6Address(host))
    return host if host.isascii() else host.encode("idna").decode("ascii")


def _number(host: str) -> Ip | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_loopback_name(host: str) -> bool:
    number = _number(host)
    return host == "localhost" if number is None else number.is_loopback
