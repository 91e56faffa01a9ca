"""Texts on their way into a database."""

from __future__ import annotations

import re
from hashlib import blake2b

from moderation.types import TextFormat

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_HASH_BYTES = 16


def storable(text: str) -> str:
    """Replace what a database refuses, NUL and lone surrogates, by U+FFFD.

    One character for one: offsets into the text stay what they were.
    """
    return _UNSTORABLE.sub("\ufffd", text)


def text_hash(text: str, format: TextFormat = TextFormat.PLAIN) -> str:  # noqa: A002
    """Return 32 hexadecimal digits that tell one text in one format from another."""
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_HASH_BYTES)
    digest.update(b"\0" + TextFormat(format).value.encode())
    return digest.hexdigest()
