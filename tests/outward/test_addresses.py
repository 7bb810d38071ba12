"""Which addresses are called: none that lies inside, however it is written, and whatever a name leads to."""

from __future__ import annotations

import threading
from ipaddress import ip_network

import pytest

from linli.outward import Outward, Refused, addresses, read_address

INSIDE = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "192.88.99.1",
    "::",
    "::1",
    "fe80::1",
    "fec0::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "2001:db8::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:c0a8:101::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
]
OUTSIDE = [
    "1.1.1.1",
    "172.15.255.255",
    "172.32.0.1",
    "100.63.255.255",
    "100.128.0.1",
    "2606:4700::1111",
    "64:ff9b::101:101",
]


def leading_to(*numbers: str) -> Outward:
    return Outward(resolve=lambda _host, _port: numbers)


@pytest.mark.parametrize("number", INSIDE)
@pytest.mark.asvs("V1.3.6")
def test_a_name_that_leads_inside_is_refused(number: str) -> None:
    with pytest.raises(Refused) as refused:
        leading_to(number).find(read_address("https://app.example.test/"))
    assert refused.value.reason == "inside"


@pytest.mark.parametrize("number", INSIDE)
def test_a_number_inside_is_refused_before_anything_is_asked(number: str) -> None:
    host = f"[{number}]" if ":" in number else number
    with pytest.raises(Refused):
        Outward().check(read_address(f"https://{host}/"))


@pytest.mark.parametrize("number", OUTSIDE)
def test_what_is_outside_may_be_called(number: str) -> None:
    """The control of the tests above."""
    assert leading_to(number).find(read_address("https://app.example.test/")) == ([number], False)


def test_a_name_that_leads_to_both_is_trusted_with_neither() -> None:
    with pytest.raises(Refused):
        leading_to("1.1.1.1", "10.0.0.1").find(read_address("https://app.example.test/"))


def test_ways_of_writing_loopback_that_the_system_understands() -> None:
    for host in ("2130706433", "0x7f.1", "127.1", "0177.0.0.1", "localhost", "LOCALHOST.", "localhost.localdomain"):
        outward = Outward(resolve=lambda _host, _port: ["127.0.0.1"])
        with pytest.raises(Refused):
            outward.find(read_address(f"https://{host}/"))


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://app.example.test/", "scheme"),
        ("ftp://app.example.test/", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("gopher://app.example.test/", "scheme"),
        ("https://app.example.test:22/", "port"),
        ("https://app.example.test:80/", "port"),
        ("https://user:secret@app.example.test/", "user"),
        ("https://app.example.test@10.0.0.1/", "user"),
        ("https://app.example.test/#x", "fragment"),
        ("https://app.example.test\\@10.0.0.1/", "not an address"),
        ("https://app.example.test/a b", "not an address"),
        ("https://app.example.test/\r\nX: y", "not an address"),
        ("https:///path", "not an address"),
        ("https://app.example.test:0/", "not an address"),
        ("https://app.example.test:99999/", "not an address"),
        ("https://[::1/", "not an address"),
        ("", "not an address"),
        ("https://" + "a" * 500, "not an address"),
    ],
)
def test_addresses_that_are_refused_as_they_stand(url: str, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        Outward().check(read_address(url))
    assert refused.value.reason == reason
    assert reason in addresses.REASONS


def test_what_the_operator_lists_is_called_though_it_lies_inside() -> None:
    outward = Outward(inside=(ip_network("10.20.0.0/16"),), resolve=lambda _host, _port: ["10.20.0.7"])
    assert outward.find(read_address("https://gate.intern/")) == (["10.20.0.7"], True)
    beside = Outward(inside=(ip_network("10.20.0.0/16"),), resolve=lambda _host, _port: ["10.21.0.0"])
    with pytest.raises(Refused):
        beside.find(read_address("https://gate.intern/"))


@pytest.mark.parametrize("number", ["169.254.169.254", "100.100.100.200", "168.63.129.16", "fd00:ec2::254"])
def test_no_list_opens_the_clouds_own_secrets(number: str) -> None:
    everything = (ip_network("0.0.0.0/0"), ip_network("::/0"))
    with pytest.raises(Refused):
        Outward(inside=everything, resolve=lambda _host, _port: [number]).find(read_address("https://x.example/"))


def test_only_who_develops_may_call_this_machine_by_http() -> None:
    address = read_address("http://127.0.0.1:9000/hook")
    assert Outward(to_loopback=True).find(address) == (["127.0.0.1"], True)
    with pytest.raises(Refused):
        Outward().find(address)
    with pytest.raises(Refused):
        Outward(to_loopback=True).find(read_address("http://app.example.test/"))
    with pytest.raises(Refused):
        Outward(to_loopback=True, resolve=lambda _host, _port: ["10.0.0.1"]).find(read_address("http://localhost/"))


def test_a_resolver_that_fails_or_hangs_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_host: str, _port: int) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(Refused, match="unknown host"):
        Outward(resolve=fail).find(read_address("https://app.example.test/"))
    with pytest.raises(Refused, match="unknown host"):
        leading_to().find(read_address("https://app.example.test/"))
    monkeypatch.setattr(addresses, "_LOOKUP", 0.05)
    over = threading.Event()

    def hang(_host: str, _port: int) -> list[str]:
        over.wait(10)
        return []

    with pytest.raises(Refused, match="unknown host"):
        Outward(resolve=hang).find(read_address("https://app.example.test/"))
    over.set()


def test_a_name_is_written_as_the_wire_has_it() -> None:
    address = read_address("https://社区.cn/hook?a=1")
    assert (address.host, address.target, address.origin) == ("xn--dkrp89f.cn", "/hook?a=1", "https://xn--dkrp89f.cn")
