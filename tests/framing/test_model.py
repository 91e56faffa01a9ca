"""The packaged weights: read once, checked, and never trusted blindly."""

from __future__ import annotations

import json
import zlib
from array import array
from pathlib import Path

import pytest

from moderation.detectors.framing import model
from moderation.detectors.framing.patterns import CATEGORIES


def packed(weights: list[int], scales: list[float]) -> bytes:
    """Return a model file with one known feature and as many heads as scales."""
    table = {"count": 1, "scales": scales, "biases": [0.5] * len(scales)}
    heads = [f"head{number}" for number in range(len(scales))]
    header = {"heads": heads, "words": 9, "sentences": table, "passages": table}
    rows = array("I", [zlib.crc32(b"w:hello")]).tobytes() + array("b", weights).tobytes()
    return zlib.compress(json.dumps(header).encode() + b"\nfine word" + rows + rows)


def test_the_packaged_model_is_intact_and_read_once() -> None:
    loaded = model.load()
    assert loaded is model.load()
    assert set(CATEGORIES) < set(loaded.heads)
    assert loaded.is_word("morning")
    assert not loaded.is_word("xyzzyx")


def test_a_score_is_the_scaled_sum_over_the_root_of_its_terms() -> None:
    read = model.parse(packed([2, -4], [0.5, 1.0]))
    assert read.sentences.score({"w:hello"}) == [1.5, -3.5]
    assert read.sentences.score({"w:hello", "w:unknown"}) == [1.5, -3.5]
    assert read.sentences.score(set()) == [0.5, 0.5]
    assert read.words == {"fine", "word"}


DAMAGED = {
    "empty": b"",
    "something else": b"no model",
    "no header": zlib.compress(b"{}\n"),
    "cut off": packed([1], [1.0])[:-12],
    "too few weights": packed([1], [1.0, 1.0]),
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_refused(data: bytes) -> None:
    with pytest.raises(model.ModelError):
        model.parse(data)


@pytest.mark.parametrize("content", [None, b"another model"])
def test_a_missing_or_foreign_file_is_refused(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / model.DIGEST_FILE).write_text("0" * 64)
    if content is not None:
        (tmp_path / model.FILE).write_bytes(content)
    monkeypatch.setattr(model, "files", lambda package: tmp_path)
    with pytest.raises(model.ModelError):
        model.load.__wrapped__()
