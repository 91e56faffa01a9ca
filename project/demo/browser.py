"""Just enough of a web browser to log in and read a page."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from typing import NamedTuple
from urllib.parse import urlencode

TIMEOUT = 60


class Answer(NamedTuple):
    """What came back; ``url`` is where redirects have led."""

    status: int
    url: str
    text: str


class Browser:
    """Follows redirects and keeps cookies; ``base`` is put in front of every path."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def get(self, path: str) -> Answer:
        return self._open(path, None)

    def post_form(self, path: str, fields: dict[str, str]) -> Answer:
        """Fill in the form on the page at ``path`` and send it back there."""
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get(path).text)
        hidden = {"csrfmiddlewaretoken": token[1]} if token else {}
        return self._open(path, urlencode({**hidden, **fields}).encode())

    def _open(self, path: str, data: bytes | None) -> Answer:
        try:
            answer = self._opener.open(self._base + path, data, timeout=TIMEOUT)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return Answer(answer.status, answer.url, answer.read().decode(errors="replace"))
