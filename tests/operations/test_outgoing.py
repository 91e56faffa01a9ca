"""Addresses that webhooks must not lead to, however they are written."""

from __future__ import annotations

import socket
import ssl
import threading
from ipaddress import IPv4Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.services import outgoing
from moderation.services.outgoing import Refused, is_allowed, post

PRIVATE = [
    *("127.0.0.1", "127.8.9.10", "0.0.0.0", "10.0.0.1", "172.16.3.4", "192.168.1.1"),
    *("169.254.169.254", "100.64.0.1", "192.0.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1"),
    *("255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "fec0::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1"),
    *("2002:7f00:1::", "2002:a00:1::1", "2001:db8::1", "100::1", "64:ff9b:1::a00:1"),
]
PUBLIC = ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:8.8.8.8"]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_refused(address):
    assert not is_allowed(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_sent_to_and_only_in_https(address):
    assert is_allowed(ip_address(address))
    assert not is_allowed(ip_address(address), "http")


@given(st.ip_addresses(v=4))
def test_an_address_in_disguise_is_judged_as_itself(address):
    plain = is_allowed(address)
    for disguise in (f"::ffff:{address}", f"64:ff9b::{address}"):
        assert is_allowed(ip_address(disguise)) == plain
    if not plain:
        assert not is_allowed(ip_address((0x2002 << 112) | (int(address) << 80)))


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3", "fd00::7"])
def test_networks_of_ones_own_are_sent_to_in_either_scheme(address, settings):
    settings.MODERATION = {"WEBHOOK_ALLOWED_NETWORKS": ["10.1.2.0/24", "fd00::/8"]}
    assert is_allowed(ip_address(address), "http")
    assert not is_allowed(IPv4Address("10.1.3.3"))


@pytest.mark.parametrize(
    "host",
    [
        *("2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0x7f.1", "localhost", "127.0.0.1."),
        *("[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "0", "[::]", "[fe80::1%25lo]"),
    ],
)
def test_this_machine_is_not_reached_under_any_name(host, no_connection):
    with pytest.raises((Refused, socket.gaierror)):
        post(f"https://{host}/", b"{}", {}, seconds=2)


@pytest.fixture
def no_connection(monkeypatch):
    def connect(*_args, **_kwargs):
        raise AssertionError("it connected")

    monkeypatch.setattr(socket, "create_connection", connect)


@pytest.fixture
def names(monkeypatch):
    """Let names lead where the test says; each look-up takes the next answer."""
    answers, lookups = {}, []

    def look_up(host, port, **_kwargs):
        lookups.append(host)
        found = answers[host].pop(0) if len(answers[host]) > 1 else answers[host][0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]

    monkeypatch.setattr(outgoing.socket, "getaddrinfo", look_up)
    return answers, lookups


def test_a_name_that_leads_inside_is_refused(names, no_connection):
    names[0]["inside.example"] = [["10.0.0.1"]]
    with pytest.raises(Refused, match="private address"):
        post("https://inside.example/", b"{}", {}, seconds=2)


def test_a_name_that_leads_inside_too_is_refused(names, no_connection):
    names[0]["both.example"] = [["93.184.216.34", "127.0.0.1"]]
    with pytest.raises(Refused):
        post("https://both.example/", b"{}", {}, seconds=2)


def test_a_name_that_leads_nowhere_is_refused(names, no_connection):
    names[0]["nowhere.example"] = [[]]
    with pytest.raises(Refused):
        post("https://nowhere.example/", b"{}", {}, seconds=2)


def test_a_name_that_changes_its_mind_is_connected_to_where_it_was_judged(names, monkeypatch):
    """Rebinding: public when it is judged, inside when somebody looks again."""
    answers, lookups = names
    answers["turn.example"] = [["93.184.216.34"], ["127.0.0.1"]]
    connected = []

    def connect(address, **_kwargs):
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(ConnectionRefusedError):
        post("https://turn.example/", b"{}", {}, seconds=2)
    assert lookups == ["turn.example"]
    assert connected == [("93.184.216.34", 443)]


def test_plain_http_goes_to_ones_own_networks_only(names, no_connection, settings):
    settings.MODERATION = {"WEBHOOK_ALLOWED_NETWORKS": ["10.0.0.0/8"]}
    names[0]["outside.example"] = [["93.184.216.34"]]
    with pytest.raises(Refused, match="private address"):
        post("http://outside.example/", b"{}", {}, seconds=2)


# What the other side may do


def test_redirects_are_not_followed(receiver):
    receiver.status = 302
    receiver.headers = {"Location": receiver.url + "/secret"}
    assert post(receiver.url, b"{}", {}, seconds=5).status == 302
    assert len(receiver.messages) == 1


def test_the_environment_names_no_proxy(receiver, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert post(receiver.url, b"{}", {}, seconds=5).ok


def test_the_query_and_the_host_go_along(receiver):
    post(f"{receiver.url}?site=7", b"{}", {"X-One": "1"}, seconds=5)
    headers, body = receiver.messages[0]
    assert headers["Host"] == f"127.0.0.1:{receiver.port}"
    assert (headers["X-One"], body) == ("1", b"{}")


@pytest.fixture
def rude(own_network):
    """A server that does with a connection what the test says."""
    listening = socket.create_server(("127.0.0.1", 0))
    over, threads = threading.Event(), []

    def serve(behave):
        def work():
            connection, _address = listening.accept()
            with connection:
                behave(connection, over)

        threads.append(threading.Thread(target=work))
        threads[-1].start()
        return f"http://127.0.0.1:{listening.getsockname()[1]}/"

    yield serve
    over.set()
    for thread in threads:
        thread.join(10)
    listening.close()


def test_one_that_never_answers_is_given_up(rude):
    url = rude(lambda _connection, over: over.wait(10))
    with pytest.raises(TimeoutError):
        post(url, b"{}", {}, seconds=0.2)


def test_one_that_talks_without_end_is_given_up(rude):
    """A byte now and then keeps every single read within its time, and the head never ends."""

    def drip(connection, over):
        try:
            while not over.wait(0.02):
                connection.sendall(b"H")
        except OSError:
            pass

    with pytest.raises(TimeoutError):
        post(rude(drip), b"{}", {}, seconds=0.3)


def test_a_body_without_end_is_not_read(rude):
    def pour(connection, over):
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
        try:
            while not over.is_set():
                connection.sendall(b"x" * 65536)
        except OSError:
            pass

    assert post(rude(pour), b"{}", {}, seconds=5).status == 200


@pytest.mark.parametrize(
    "answer",
    [b"", b"hello\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200],
)
def test_what_is_no_http_is_a_failure(answer, rude):
    import http.client

    def say(connection, _over):
        connection.recv(65536)
        connection.sendall(answer)

    with pytest.raises((http.client.HTTPException, OSError)):
        post(rude(say), b"{}", {}, seconds=5)


def test_a_certificate_that_nobody_vouches_for_is_refused(rude):
    url = rude(lambda connection, _over: connection.recv(65536))
    with pytest.raises((ssl.SSLError, OSError)):
        post(url.replace("http:", "https:"), b"{}", {}, seconds=2)
