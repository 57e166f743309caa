from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.security.networks import client_address, is_within, mask, parse_network, parse_networks

PROXIES = parse_networks(("10.0.0.0/8", "2001:db8::/32"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("203.0.113.7", "203.0.113.7/32"),
        (" 203.0.113.0/24 ", "203.0.113.0/24"),
        ("2001:DB8::1", "2001:db8::1/128"),
        ("::ffff:203.0.113.7", "203.0.113.7/32"),
        ("::ffff:203.0.113.0/120", "203.0.113.0/24"),
        ("::/0", "::/0"),
        ("0.0.0.0/0", "0.0.0.0/0"),
    ],
)
def test_a_network_has_one_spelling(text: str, expected: str) -> None:
    assert str(parse_network(text)) == expected


@pytest.mark.parametrize(
    "text", ["", "all", "203.0.113.7/24", "203.0.113.0/33", "300.1.1.1", "fe80::1%eth0", "1.2.3.4,5.6.7.8", "010.0.0.1"]
)
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"IP|IPv|zone|host bits|appear"):
        parse_network(text)


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.7", [], "203.0.113.7"),
        ("203.0.113.7", ["198.51.100.1"], "203.0.113.7"),  # nobody whom we trust says so
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["6.6.6.6, 198.51.100.1"], "198.51.100.1"),  # what the client wrote himself stands left
        ("10.0.0.1", ["6.6.6.6", "198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1, nonsense"], None),
        ("10.0.0.1", ["198.51.100.1,"], None),
        ("::ffff:10.0.0.1", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("2001:db8::1", ["2606:4700::1"], "2606:4700::1"),
        (None, ["198.51.100.1"], None),
        ("testclient", ["198.51.100.1"], None),
    ],
)
def test_the_client_is_the_first_whom_no_trusted_proxy_is(
    peer: str | None, forwarded: list[str], expected: str | None
) -> None:
    found = client_address(peer, forwarded, PROXIES)
    assert (None if found is None else str(found)) == expected


@given(st.lists(st.ip_addresses().map(str), max_size=4))
def test_without_trusted_proxies_no_header_moves_anybody(forwarded: list[str]) -> None:
    assert client_address("203.0.113.7", forwarded, ()) == ip_address("203.0.113.7")


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_an_address_lies_in_its_own_network(address: object, prefix: int) -> None:
    network = ip_network(f"{address}/{prefix}", strict=False)
    known = client_address(f"::ffff:{address}", [], ())
    assert known is not None
    assert is_within(known, [parse_network(str(network))])


@pytest.mark.parametrize(
    ("text", "expected"), [("203.0.113.7", "203.0.113.0/24"), ("2001:db8:1:2::3", "2001:db8:1::/48")]
)
def test_a_log_sees_the_neighbourhood_only(text: str, expected: str) -> None:
    assert mask(ip_address(text)) == expected
    assert mask(None) is None
