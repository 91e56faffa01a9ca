"""What goes into a database can be stored there, and has a stable name."""

from __future__ import annotations

import pytest

from moderation.text.storage import storable, text_hash
from moderation.types import TextFormat


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("as it is \U0001f600\ufffd\t", "as it is \U0001f600\ufffd\t"),
        ("a\x00b\ud800c\udfff", "a\ufffdb\ufffdc\ufffd"),
    ],
)
def test_storable(text: str, expected: str) -> None:
    assert storable(text) == expected
    assert len(storable(text)) == len(text)
    storable(text).encode()


def test_a_hash_tells_text_and_format_apart() -> None:
    hashes = {
        text_hash(text, format)
        for text in ("", "a", "a\x00", "a\ud800", "A")
        for format in TextFormat  # noqa: A001
    }
    assert len(hashes) == 15
    assert all(len(name) == 32 and int(name, 16) >= 0 for name in hashes)


def test_a_hash_never_changes() -> None:
    assert text_hash("a text") == text_hash("a text", TextFormat.PLAIN)
    assert text_hash("a text") == "bdb8a6ac4e5ba459cc5814ec04bbd244"
