"""Dates and characters as they come in files."""

from __future__ import annotations

import codecs
import re
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

_LATEST_YEAR = 9998
"""Within a year of the end of time, another time zone would be beyond it."""

_LONGEST_DATE = 64

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HEAD = 4096
_DECLARED = re.compile(
    rb"""<meta[^>]{1,200}charset\s{0,9}=\s{0,9}["']?\s{0,9}([\w.:-]{1,40})""", re.IGNORECASE
)

# What pages may declare, as browsers have it. Not every codec of Python is harmless.
_OF_PAGES = frozenset(
    [
        "utf-8",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "cp866",
        "cp874",
        "koi8-r",
        "koi8-u",
        "mac-roman",
        "gb18030",
        "gbk",
        "gb2312",
        "big5",
        "euc_jp",
        "iso2022_jp",
        "shift_jis",
        "euc_kr",
    ]
) | {
    *(f"cp{number}" for number in range(1250, 1259)),
    *(f"iso8859-{number}" for number in range(2, 17) if number != 12),
}
_WIDENED = {"ascii": "cp1252", "iso8859-1": "cp1252", "gb2312": "gb18030", "gbk": "gb18030"}
"""Pages that declare the former are written in the latter, which has all of it and more."""


def moment_of(text: str) -> datetime | None:
    """Return the moment a text names, or None when it names none. Without a zone it is UTC.

    Understands ISO 8601, also of a day alone, and the dates of e-mail and RSS (RFC 5322).
    """
    text = text.strip()
    if not text or len(text) > _LONGEST_DATE:
        return None
    found = _iso(text) or _rfc(text)
    if found is None or not 1 < found.year <= _LATEST_YEAR:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _rfc(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


class NotText(ValueError):
    """Bytes that are no text in the encoding they should be in; the message says so."""


def decoded(raw: bytes, encoding: str = "", *, declared: str = "", is_page: bool = False) -> str:
    """Return ``raw`` as text.

    In this order: by its byte order mark, as the user says (``encoding``), as who sent it says
    (``declared``), as the page itself says, as UTF-8.

    Raises:
        NotText: it is none.
    """
    name = next((known for bom, known in _BOMS if raw.startswith(bom)), "") or encoding
    if not name and is_page:
        name = _known(declared) or _declared(raw)
    name = name or "utf-8"
    if b"\0" in raw[:_HEAD] and not name.startswith("utf-16"):
        raise NotText("not a text")
    try:
        return raw.decode(name)
    except (UnicodeError, LookupError) as error:
        raise NotText(f"not {name}; --encoding names another encoding") from error


def _declared(raw: bytes) -> str:
    found = _DECLARED.search(raw[:_HEAD])
    name = _known(found[1].decode("ascii")) if found else ""
    # A page whose declaration can be read as ASCII is not in UTF-16, whatever it says.
    return "utf-8" if name.startswith("utf-16") else name


def _known(name: str) -> str:
    try:
        known = codecs.lookup(name.strip().strip("\"'")).name
    except (LookupError, ValueError):
        return ""
    known = _WIDENED.get(known, known)
    return known if known in _OF_PAGES else ""
