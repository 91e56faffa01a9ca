"""What a text means, as a vector: an interface, and one implementation over a local model.

The model is a sentence encoder in ONNX form. It is read from a folder of this machine and
never looked for elsewhere. Needs the extra ``embeddings``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

CHUNK_TOKENS = 256
"""Longer texts are embedded in pieces of so many tokens, as the usual encoders were trained."""

MAX_CHUNKS = 16
"""A longer text is judged by its beginning."""

_SPECIAL_TOKENS = 2
_LONGEST_TOKEN = 40
_LIBRARIES = ("numpy", "onnxruntime", "tokenizers")


@runtime_checkable
class Embedder(Protocol):
    """Turns texts into vectors. Those of texts that mean the same have a cosine close to 1."""

    @property
    def name(self) -> str:
        """Of at most 100 characters; another one for a model whose vectors do not compare."""
        ...

    @property
    def dimensions(self) -> int:
        """The length of the vectors."""
        ...

    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """Return one vector per text. May raise anything; the texts then have none."""
        ...


class OnnxEmbedder:
    """Embeds with ``model.onnx`` and ``tokenizer.json`` (or ``vocab.txt``) of the folder ``path``.

    The vectors of all tokens of a chunk are averaged, then those of the chunks; every vector
    is brought to length 1. The model is loaded with the first text and runs on one thread.
    ``lowercase`` counts for a ``vocab.txt`` alone, a ``tokenizer.json`` knows it by itself.

    Raises:
        ImportError: a library of the extra ``embeddings`` is missing.
        FileNotFoundError: a file is missing.
    """

    def __init__(self, *, path: str, lowercase: bool = True) -> None:
        missing = [name for name in _LIBRARIES if find_spec(name) is None]
        if missing:
            raise ImportError(f"{', '.join(missing)} not installed: install the extra 'embeddings'")
        self._folder = Path(path)
        self._lowercase = lowercase
        if not (self._folder / "model.onnx").is_file():
            raise FileNotFoundError(f"there is no model.onnx in {path}")
        if not any((self._folder / name).is_file() for name in ("tokenizer.json", "vocab.txt")):
            raise FileNotFoundError(f"there is neither tokenizer.json nor vocab.txt in {path}")

    @cached_property
    def name(self) -> str:
        """The folder's name and a hash of the model: two models never pass for one."""
        digest = blake2b((self._folder / "model.onnx").read_bytes(), digest_size=6).hexdigest()
        return f"{self._folder.name[:80]}-{digest}"

    @cached_property
    def dimensions(self) -> int:
        return int(self._session.get_outputs()[0].shape[-1])

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return the vectors of ``texts``, each of length 1."""
        return [self._embed(text) for text in texts]

    def _embed(self, text: str) -> list[float]:
        import numpy as np

        vectors = [self._embed_chunk(chunk) for chunk in self._chunks(text)]
        vector: list[float] = _of_length_one(np.mean(vectors, axis=0)).tolist()
        return vector

    def _chunks(self, text: str) -> Iterator[str]:
        """Cut a text where its tokens begin."""
        size = CHUNK_TOKENS - _SPECIAL_TOKENS
        text = text[: MAX_CHUNKS * size * _LONGEST_TOKEN]
        places = self._tokenizer.encode(text, add_special_tokens=False).offsets
        starts = [places[at][0] for at in range(0, len(places), size)][: MAX_CHUNKS + 1] or [0]
        ends = [*starts[1:], len(text)]
        for start, end in list(zip(starts, ends, strict=True))[:MAX_CHUNKS]:
            yield text[start:end]

    def _embed_chunk(self, chunk: str) -> Any:
        import numpy as np

        encoded = self._tokenizer.encode(chunk)
        given = {
            "input_ids": encoded.ids[:CHUNK_TOKENS],
            "attention_mask": encoded.attention_mask[:CHUNK_TOKENS],
            "token_type_ids": encoded.type_ids[:CHUNK_TOKENS],
        }
        wanted = (entry.name for entry in self._session.get_inputs())
        inputs = {name: np.array([given[name]], dtype=np.int64) for name in wanted}
        output = self._session.run(None, inputs)[0][0]
        return _of_length_one(output.mean(axis=0) if output.ndim > 1 else output)

    @cached_property
    def _session(self) -> Any:
        from onnxruntime import InferenceSession, SessionOptions

        options = SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        model = str(self._folder / "model.onnx")
        return InferenceSession(model, options, providers=["CPUExecutionProvider"])

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import BertWordPieceTokenizer, Tokenizer

        whole = self._folder / "tokenizer.json"
        if whole.is_file():
            tokenizer = Tokenizer.from_file(str(whole))
        else:
            vocabulary = str(self._folder / "vocab.txt")
            tokenizer = BertWordPieceTokenizer(vocabulary, lowercase=self._lowercase)
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer


def _of_length_one(vector: Any) -> Any:
    import numpy as np

    length = float(np.linalg.norm(vector))
    return vector / length if length else vector
