"""Sending a message to an address that somebody typed in, without becoming their tool.

The name is resolved once, every address it has is judged, and the connection goes to the address
that was judged: a name that leads elsewhere a moment later leads nowhere. Redirects are not
followed, what comes back is not read beyond its head, and all of it ends at a deadline.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from django.utils.translation import gettext as _

from moderation.conf import settings
from moderation.services.errors import Unusable

_PORTS = {"http": 80, "https": 443}
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_MOST_ADDRESSES = 4
_LONGEST_URL = 1000

Address = IPv4Address | IPv6Address


class Refused(Exception):
    """The address is none that this site sends to; the message says why, as a short code."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How the other side answered."""

    status: int
    retry_after: str = ""

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


def check_url(url: str) -> SplitResult:
    """Return the parts of an address that can be sent to; says nothing of where it leads.

    Raises :class:`Unusable` for another scheme than http and https, for a user name in it, for
    what is no host, and for plain http where no private network is allowed.
    """
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError as error:
        raise Unusable(_("This is no address.")) from error
    printable = url.isascii() and url.isprintable() and not any(map(str.isspace, url))
    if not host or not printable or len(url) > _LONGEST_URL or port == 0:
        raise Unusable(_("This is no address."))
    if parts.scheme not in _PORTS:
        raise Unusable(_("An address begins with https://."))
    if "@" in parts.netloc:
        raise Unusable(_("An address has no user name and no password."))
    if parts.scheme == "http" and not settings.WEBHOOK_ALLOWED_NETWORKS:
        raise Unusable(_("Only https is sent to outside your own networks."))
    return parts


def post(url: str, body: bytes, headers: Mapping[str, str], *, seconds: float) -> Answer:
    """Send ``body`` and return the head of the answer.

    Raises:
        Refused: the address, or one that its name leads to, is not sent to.
        OSError, http.client.HTTPException: nobody answered, or not in time, or not in HTTP.
    """
    try:
        parts = check_url(url)
    except Unusable as error:
        raise Refused("bad address") from error
    deadline = time.monotonic() + seconds
    connection = _connect(parts, deadline)
    target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    try:
        with _ending_at(connection.sock, deadline) as ended:
            try:
                connection.request("POST", target, body=body, headers=dict(headers))
                answer = connection.getresponse()
            except (OSError, http.client.HTTPException, ValueError) as error:
                if ended.is_set():
                    raise TimeoutError from error
                raise
        return Answer(answer.status, answer.getheader("Retry-After") or "")
    finally:
        connection.close()


def is_allowed(address: Address, scheme: str = "https") -> bool:
    """Whether this site sends to an IP address: one of its own networks, or a public one.

    In plain http only to its own.
    """
    return _is_own(address) or (scheme == "https" and _is_public(_inside(address)))


def _is_own(address: Address) -> bool:
    forms = {address, _inside(address)}
    networks = [ip_network(each) for each in settings.WEBHOOK_ALLOWED_NETWORKS]
    return any(
        form.version == network.version and form in network
        for form in forms
        for network in networks
    )


def _is_public(address: Address) -> bool:
    other_than_global = (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
        or getattr(address, "is_site_local", False)
    )
    return address.is_global and not other_than_global


def _inside(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address stands for, or else itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address.sixtofour:
        return address.sixtofour
    if address.teredo:
        return address.teredo[1]
    if any(address in network for network in _NAT64) or int(address) >> 32 == 0:
        embedded = IPv4Address(int(address) & 0xFFFFFFFF)
        return embedded if int(embedded) > 1 else address
    return address


def _connect(parts: SplitResult, deadline: float) -> http.client.HTTPConnection:
    """Return a connection to an address that was judged, made in the name of the host."""
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    sock = _open(_resolve(host, port, parts.scheme), port, deadline)
    kind: type[http.client.HTTPConnection] = http.client.HTTPConnection
    if parts.scheme == "https":
        kind = http.client.HTTPSConnection
        try:
            sock = ssl.create_default_context().wrap_socket(sock, server_hostname=host)
        except BaseException:
            sock.close()
            raise
    connection = kind(host, port)
    connection.sock = sock
    return connection


def _resolve(host: str, port: int, scheme: str) -> list[Address]:
    """Return where a name leads. Raises :class:`Refused` if anywhere we do not send to."""
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise Refused("bad address") from error
    found = list(dict.fromkeys(ip_address(str(row[4][0]).partition("%")[0]) for row in rows))
    if not found or not all(is_allowed(address, scheme) for address in found):
        raise Refused("private address")
    return found[:_MOST_ADDRESSES]


def _open(addresses: list[Address], port: int, deadline: float) -> socket.socket:
    """Connect to the first address that answers; raise what the last one said."""
    failure: OSError = TimeoutError()
    for address in addresses:
        try:
            return socket.create_connection((str(address), port), timeout=_left(deadline))
        except OSError as error:
            failure = error
    raise failure


def _left(deadline: float) -> float:
    return max(deadline - time.monotonic(), 0.001)


@contextmanager
def _ending_at(sock: socket.socket, deadline: float) -> Iterator[threading.Event]:
    """Break the connection off at the deadline, however slowly the other side goes on talking."""
    ended = threading.Event()

    def end() -> None:
        ended.set()
        with suppress(OSError):
            socket.socket.shutdown(sock, socket.SHUT_RDWR)

    timer = threading.Timer(_left(deadline), end)
    timer.daemon = True
    timer.start()
    try:
        yield ended
    finally:
        timer.cancel()
