"""Whose an address is, as far as an address alone can tell."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from moderation.detectors.scraped.wordings import read_data

#: Below these, everybody registers a name: ``example.co.uk`` is one site, ``co.uk`` is none.
_SECOND_LEVEL: Final = frozenset(
    ("ac", "co", "com", "edu", "gob", "gov", "go", "ne", "net", "nom", "or", "org")
)

_SHARED: Final = frozenset(read_data("hosts.toml")["shared"])


def host_of(address: str) -> str:
    """Return the host of an absolute or scheme-relative address in lower case, else nothing."""
    try:
        return (urlsplit(address.strip()).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def site_of(host: str) -> str:
    """Return the part of a host name that somebody has registered."""
    labels = host.split(".")
    size = 3 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL else 2
    return ".".join(labels[-size:])


def is_shared(host: str) -> bool:
    """Say whether many sites keep their files on ``host``."""
    return site_of(host) in _SHARED


def is_name_of(holder: str, host: str) -> bool:
    """Say whether a name such as "The Harbour Times" fits a host such as ``harbourtimes.org``."""
    site = "".join(filter(str.isalnum, site_of(host).split(".")[0]))
    squeezed = "".join(filter(str.isalnum, holder.casefold()))
    words = [word for word in holder.casefold().split() if len(word) > 3]
    initials = "".join(word[0] for word in holder.casefold().split())
    return bool(site) and (
        site in squeezed
        or site in initials
        or (bool(words) and all(word in site for word in words))
    )
