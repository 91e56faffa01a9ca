"""A back end behind an HTTP endpoint: any one that answers JSON with numbers in it.

No redirect is followed and no proxy of the environment is used, so that a text goes to the
configured host and nowhere else.
"""

from __future__ import annotations

import json
import os
import re
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from threading import Timer
from time import time
from typing import Any
from urllib.parse import urlsplit

from moderation.detectors.framing.backends.resilience import BackendError

_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_BUSY = frozenset({429, 503})
_LARGEST = 1_000_000
_SECRET = re.compile(r"[\x21-\x7e]+")


class Endpoint:
    """One address that takes JSON and gives JSON.

    Args:
        url: https, or http on this very machine.
        headers: sent with each request.
        timeout: seconds one request may take as a whole.
        largest: bytes an answer may have.

    Raises ``ValueError`` for an address that cannot be used.
    """

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float = 5.0,
        largest: int = _LARGEST,
    ) -> None:
        parts = urlsplit(url)
        if not parts.hostname or parts.username is not None:
            raise ValueError("the url needs a host, and no account in it")
        if parts.scheme != "https" and (parts.scheme != "http" or parts.hostname not in _HERE):
            raise ValueError("the url must begin with https, or lead to this machine")
        if not timeout > 0 or largest < 1:
            raise ValueError("timeout and largest must be above 0")
        self._scheme, self._host, self._port = parts.scheme, parts.hostname, parts.port
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._headers = {"Content-Type": "application/json", **(headers or {})}
        self._timeout, self._largest = timeout, largest

    def post(self, content: Any, seconds: float) -> Any:
        """Send ``content`` and return what is answered.

        Raises :class:`BackendError` for anything but JSON within ``seconds`` and the timeout.
        """
        body = json.dumps(content).encode("ascii")
        limit = min(self._timeout, seconds)
        connection = self._connection(limit)
        expired: list[bool] = []
        watchdog = Timer(limit, _cut, (connection, expired))
        watchdog.daemon = True
        try:
            connection.connect()
            watchdog.start()
            connection.request("POST", self._path, body, self._headers)
            with connection.getresponse() as response:
                return self._answer(response)
        except (OSError, HTTPException) as error:
            raise BackendError(f"{type(error).__name__}, no answer", again=True) from None
        except BackendError:
            if expired:
                raise BackendError("no answer in time", again=True) from None
            raise
        finally:
            watchdog.cancel()
            connection.close()

    def _connection(self, seconds: float) -> HTTPConnection:
        if self._scheme == "http":
            return HTTPConnection(self._host, self._port, timeout=seconds)
        secure = ssl.create_default_context()
        return HTTPSConnection(self._host, self._port, timeout=seconds, context=secure)

    def _answer(self, response: HTTPResponse) -> Any:
        if response.status != 200:
            raise _refusal(response.status, response.headers.get("Retry-After"))
        data = response.read(self._largest + 1)
        if len(data) > self._largest:
            raise BackendError("the answer is too long")
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            raise BackendError("the answer is no JSON") from None


def _cut(connection: HTTPConnection, expired: list[bool]) -> None:
    """End a connection that takes too long, however slowly it drips."""
    expired.append(True)
    if connection.sock is not None:
        try:
            connection.sock.shutdown(socket.SHUT_RDWR)
        except OSError:  # it has ended by itself
            return


def _refusal(status: int, retry_after: str | None) -> BackendError:
    if 300 <= status < 400:
        return BackendError(f"it wants to redirect ({status}), which is not followed")
    if status in _BUSY:
        return BackendError(f"it is busy ({status})", again=True, after=_seconds(retry_after))
    return BackendError(f"it answered {status}", again=status >= 500)


def _seconds(retry_after: str | None) -> float | None:
    """Read a ``Retry-After`` header: seconds or a date; None for anything else."""
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after.strip()[:9])
    try:
        return max(parsedate_to_datetime(retry_after).timestamp() - time(), 0.0)
    except (ValueError, OverflowError):
        return None


class HttpBackend:
    """Any endpoint that is sent a text and answers with numbers.

    Args:
        url: see :class:`Endpoint`, as ``headers``, ``timeout`` and ``largest``.
        fields: for each head, where its number stands in the answer: names and places in
            lists, with dots between them (``"result.0.scores.insult"``), or several such, of
            which the highest counts.
        text_field: the name under which the text is sent.
        extra: what is sent beside the text.
        scale: what the numbers are divided by: 100 for per cent.
        key, key_env: a secret, or the name of the environment variable with it.
        key_header, key_prefix: how the secret is sent.
        name: recorded with findings.

    Raises ``TypeError`` or ``ValueError`` for options that make no sense.
    """

    batch = 1

    def __init__(
        self,
        *,
        url: str,
        fields: Mapping[str, str | Sequence[str]],
        text_field: str = "text",
        extra: Mapping[str, Any] | None = None,
        scale: float = 1.0,
        headers: Mapping[str, str] | None = None,
        key: str = "",
        key_env: str = "",
        key_header: str = "Authorization",
        key_prefix: str = "Bearer ",
        timeout: float = 5.0,
        largest: int = _LARGEST,
        name: str = "http",
    ) -> None:
        if not isinstance(fields, Mapping) or not fields:
            raise TypeError("fields must be a mapping with an entry for each score")
        if not scale > 0:
            raise ValueError("scale must be above 0")
        secret = secret_of(key, key_env)
        signed = {key_header: f"{key_prefix}{secret}"} if secret else {}
        self._endpoint = Endpoint(
            url, headers={**(headers or {}), **signed}, timeout=timeout, largest=largest
        )
        self._fields = {
            head: [path.split(".") for path in ([paths] if isinstance(paths, str) else paths)]
            for head, paths in fields.items()
        }
        if not all(self._fields.values()):
            raise ValueError("fields: a score without a place")
        self._text_field, self._extra, self._scale = text_field, dict(extra or {}), scale
        json.dumps(self._extra)  # what cannot be sent is told now
        self.name, self.heads = name, frozenset(self._fields)

    def score(self, texts: Sequence[str], seconds: float) -> list[Mapping[str, float]]:
        """Ask for one text; see :class:`~moderation.detectors.framing.backends.Backend`."""
        return [self._scores(text, seconds) for text in texts]

    def _scores(self, text: str, seconds: float) -> dict[str, float]:
        answer = self._endpoint.post({**self._extra, self._text_field: text}, seconds)
        return {
            head: max(number_at(answer, path) / self._scale for path in paths)
            for head, paths in self._fields.items()
        }


def number_at(answer: Any, path: Sequence[str]) -> float:
    """Return the number at a place of an answer. Raises :class:`BackendError` without one."""
    for step in path:
        answer = next(_below(answer, step), None)
    if isinstance(answer, bool) or not isinstance(answer, int | float):
        raise BackendError("the answer has no number where one should be")
    return answer


def _below(answer: Any, step: str) -> Iterator[Any]:
    if isinstance(answer, Mapping) and step in answer:
        yield answer[step]
    elif isinstance(answer, list) and step.isdecimal() and int(step[:9]) < len(answer):
        yield answer[int(step[:9])]


def secret_of(key: str, key_env: str) -> str:
    """Return a secret, given or from the environment; empty if neither is asked for.

    Raises ``ValueError`` if there is none, or none that can be sent; it never says which.
    """
    if not key and not key_env:
        return ""
    secret = key or os.environ.get(key_env, "")
    if not secret:
        raise ValueError(f"the environment variable {key_env} with the key is not set")
    if not _SECRET.fullmatch(secret):
        raise ValueError("the key has characters that a key cannot have")
    return secret
