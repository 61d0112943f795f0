"""Where the hub sends when others name the address: one way of writing for each host, and no network but the open internet."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from leverframe.core.addresses import Allowed, read_url, special
from leverframe.core.errors import Refused


@pytest.mark.parametrize(("url", "said"), [
    ("ftp://example.com/", "begins with"), ("file:///etc/passwd", "begins with"), ("gopher://example.com:70/", "begins with"), ("//example.com/", "begins with"),
    ("javascript:alert(1)", "begins with"), ("", "begins with"), ("example.com/path", "begins with"), ("http:///path", "no host"), ("https://", "no host"),
    ("https://user@example.com/", "user name"), ("https://user:pw@example.com/", "user name"), ("https://@example.com/", "user name"), ("http://a@b@example.com/", "user name"),
    ("http://example.com\\@10.0.0.1/", "backslash"), ("http://exa mple.com/", "a space"), ("http://example.com/a\r\nX: y", "a space"), ("http://example.com/\0", "a space"),
    ("http://example.com\t/", "a space"), ("http://example.com:0/", "port"), ("http://example.com:22/", "port"), ("http://example.com:25/", "port"),
    ("http://example.com:99999/", "cannot be read"), ("http://example.com:x/", "cannot be read"), ("http://example.com:-1/", "cannot be read"), ("http://example.com:/", "port is empty"),
    ("http://127.1/", "four decimal"), ("http://127.0.1/", "four decimal"), ("http://2130706433/", "four decimal"), ("http://0x7f000001/", "four decimal"),
    ("http://0x7f.0.0.1/", "four decimal"), ("http://0177.0.0.1/", "four decimal"), ("http://017700000001/", "four decimal"), ("http://127.0.0.01/", "four decimal"),
    ("http://127.0.0.1.2/", "four decimal"), ("http://256.0.0.1/", "four decimal"), ("http://1.2.3/", "four decimal"), ("http://example.0x7f/", "four decimal"), ("http://0x/", "four decimal"),
    ("http://１２７.1/", "four decimal"), ("http://[fe80::1%25eth0]/", "zone id"), ("http://[fe80::1%eth0]/", "zone id"), ("http://[::1/", "cannot be read"), ("http://[zz]/", ""),
    ("http://[127.0.0.1]/", ""), ("http://[::ffff:1.2.3.4.5]/", ""), ("http://%31%32%37.0.0.1/", "DNS"), ("http://example%2ecom/", "DNS"), ("http://a..b/", "DNS"),
    ("http://-a.example/", "DNS"), ("http://" + "a" * 64 + ".example/", "DNS"), ("http://" + "a." * 130 + "example/", "DNS"), ("http://ex*mple.com/", "DNS"), ("http://faß.de/", "xn--"),
    ("http://a\u200db.example/", "xn--"), ("http://example.com/" + "x" * 8_000, "too long"),
])  # fmt: skip
def test_what_libraries_read_differently_is_refused(url: str, said: str) -> None:
    """The refusal says why, and repeats nothing of the URL."""
    try:
        read = read_url(url)
    except Refused as refused:
        assert refused.code == "url_invalid" and said in refused.detail
    else:
        pytest.fail(f"it was read as {read}")


@pytest.mark.parametrize(("url", "host", "port", "asked"), [
    ("https://example.com", "example.com", 443, "https://example.com/"), ("http://EXAMPLE.com:8080/A?b=c#d", "example.com", 8080, "http://example.com:8080/A?b=c"),
    ("https://example.com./x", "example.com", 443, "https://example.com/x"), ("https://한글.kr/훅?이름=값", "xn--bj0bj06e.kr", 443,
     "https://xn--bj0bj06e.kr/%ED%9B%85?%EC%9D%B4%EB%A6%84=%EA%B0%92"), ("http://１２７.０.０.１/", "127.0.0.1", 80, "http://127.0.0.1/"),
    ("http://93.184.216.34:81/".replace(":81", ":8081"), "93.184.216.34", 8081, "http://93.184.216.34:8081/"), ("http://[2606:2800:220:1::1]:8080/", "2606:2800:220:1::1", 8080,
     "http://[2606:2800:220:1::1]:8080/"), ("https://example.com/%7Ea?x=%20#", "example.com", 443, "https://example.com/%7Ea?x=%20"), ("https://my_host.example/", "my_host.example", 443, None),
    ("HTTPS://example.com:443/", "example.com", 443, "https://example.com:443/"), ("http://[0:0:0:0:0:ffff:7f00:1]/", "::ffff:127.0.0.1", 80, None),
])  # fmt: skip
def test_what_can_be_read_is_asked_for_in_ascii(url: str, host: str, port: int, asked: str | None) -> None:
    """Names of other scripts go as DNS has them, fragments nowhere; numbers of other scripts are seen for what they are."""
    read = read_url(url)
    assert (read.port, read.tls) == (port, url.lower().startswith("https"))
    assert read.host == host or ip_address(read.host) == ip_address(host)
    assert asked is None or read.url == asked


@pytest.mark.parametrize(("kind", "addresses"), [
    ("this network", ["0.0.0.0", "0.1.2.3"]), ("private", ["10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255"]),
    ("shared", ["100.64.0.1", "100.100.100.200", "100.127.255.255"]), ("loopback", ["127.0.0.1", "127.1.2.3", "127.255.255.255", "::1"]),
    ("link-local", ["169.254.0.1", "169.254.169.254", "169.254.170.2", "fe80::1", "febf::1", "fe80::1%eth0"]), ("protocol", ["192.0.0.192", "2001:1ff::1", "2001:20::1", "2001:10::1"]),
    ("documentation", ["192.0.2.1", "198.51.100.1", "203.0.113.255", "2001:db8::1", "3fff::1"]), ("6to4", ["192.88.99.1", "2002:7f00:1::1", "2002::"]),
    ("benchmarking", ["198.18.0.1", "198.19.255.255", "2001:2::1"]), ("multicast", ["224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1"]),
    ("reserved", ["240.0.0.1", "255.255.255.255", "4000::1", "5f00::1", "200::1", "e000::1"]), ("metadata", ["168.63.129.16"]), ("unspecified", ["::"]),
    ("v4-mapped", ["::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::ffff:169.254.169.254"]), ("v4-translated", ["::ffff:0:127.0.0.1"]),
    ("v4-compatible", ["::127.0.0.1", "::10.0.0.1", "::2"]), ("NAT64", ["64:ff9b::7f00:1", "64:ff9b::8.8.8.8", "64:ff9b:1::1", "64:ff9b:1:ffff::a00:1"]), ("discard", ["100::1"]),
    ("Teredo", ["2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2"]), ("unique local", ["fc00::1", "fd00:ec2::254", "fdff::1"]), ("site-local", ["fec0::1"]),
    (None, ["8.8.8.8", "1.1.1.1", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "126.255.255.255", "128.0.0.1", "169.253.255.255", "169.255.0.1", "172.15.255.255",
            "172.32.0.1", "192.0.1.1", "192.167.255.255", "198.17.255.255", "198.20.0.1", "223.255.255.255", "2606:4700::1111", "2a00:1450::1", "2001:4860:4860::8888", "2001:200::1",
            "3ffe::1", "2003::1"]),
])  # fmt: skip
def test_special_addresses_are_known(kind: str | None, addresses: list[str]) -> None:
    """Every address that is not of the open internet has its kind, to the edge of its network."""
    assert {address: special(ip_address(address)) for address in addresses} == dict.fromkeys(addresses, kind)


@pytest.mark.parametrize(("allow", "host", "address", "kind"), [
    ([], "example.com", "93.184.216.34", None), ([], "a.example", "10.0.0.1", "private"), (["10.0.0.0/8"], "a.example", "10.0.0.1", None),
    (["10.0.0.1"], "a.example", "10.0.0.1", None), (["10.0.0.1"], "a.example", "10.0.0.2", "private"), (["10.0.0.0/8"], "a.example", "::ffff:10.0.0.1", "v4-mapped"),
    (["10.0.0.0/8"], "a.example", "64:ff9b::a00:1", "NAT64"), (["64:ff9b::/96"], "a.example", "64:ff9b::808:808", None), (["a.example"], "a.example", "10.0.0.1", None),
    (["a.example"], "b.example", "10.0.0.1", "private"), (["a.example"], "xa.example", "10.0.0.1", "private"), (["a.example"], "axexample", "10.0.0.1", "private"),
    (["*.example"], "a.example", "127.0.0.1", None), (["*.example"], "a.b.example", "10.0.0.1", "private"), (["*.example"], "example", "10.0.0.1", "private"),
    (["ci-*.example"], "ci-7.example", "fd00::1", None), (["A.Example."], "a.example", "10.0.0.1", None), (["한글.kr"], "xn--bj0bj06e.kr", "10.0.0.1", None),
    (["a.example"], "a.example", "169.254.169.254", "link-local"), (["a.example"], "a.example", "168.63.129.16", "metadata"), (["a.example"], "a.example", "224.0.0.1", "multicast"),
    (["169.254.169.254"], "a.example", "169.254.169.254", None), (["::/0"], "a.example", "10.0.0.1", "private"), (["0.0.0.0/0"], "a.example", "10.0.0.1", None),
])  # fmt: skip
def test_what_the_operator_allows_is_sent_to_and_no_more(allow: list[str], host: str, address: str, kind: str | None) -> None:
    """A network allows its addresses, a host what an inner network has; a cloud's metadata is never allowed by a name."""
    assert Allowed.of(allow).refusal(host, ip_address(address)) == kind


@pytest.mark.parametrize("entry", ["10.0.0.0/99", "10.0.0.1/8", "*", "http://a.example", "a.example:80", "127.1", "a b", "", "a..b"])
def test_what_allows_nothing_that_could_be_meant_is_refused(entry: str) -> None:
    """An entry is a network, an address or a host."""
    with pytest.raises(ValueError):
        Allowed.of([entry])
