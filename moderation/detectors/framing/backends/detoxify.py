"""Detoxify (github.com/unitaryai/detoxify) with weights on the own disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation.detectors.framing.backends.local import Lazy, existing, installed
from moderation.detectors.framing.backends.resilience import BackendError

#: Which of its labels say what, in all its models.
MEANING: Mapping[str, str] = {
    "attack": "insult",
    "dehumanise": "identity_attack",
    "threat": "threat",
    "toxicity": "toxicity",
    "profanity": "obscene",
}


class DetoxifyBackend:
    """Scores texts with a checkpoint of Detoxify; nothing is fetched from the network.

    Args:
        path: the checkpoint.
        config: folder with the tokenizer and the configuration of the model underneath.
        model: the kind of checkpoint: ``original``, ``unbiased`` or ``multilingual``.
        device: of PyTorch.

    Raises ``ImportError`` without the library and ``ValueError`` without the files.
    """

    name = "detoxify"
    heads = frozenset(MEANING)
    batch = 32

    def __init__(
        self, *, path: str, config: str, model: str = "original", device: str = "cpu"
    ) -> None:
        installed("detoxify")
        checkpoint, folder = existing(path), existing(config)

        def load() -> Any:
            from detoxify import Detoxify

            return Detoxify(
                model, checkpoint=checkpoint, huggingface_config_path=folder, device=device
            )

        self._model = Lazy(load)

    def score(self, texts: Sequence[str], seconds: float) -> list[Mapping[str, float]]:
        """Score several texts at once; it cannot be interrupted."""
        found = self._model().predict(list(texts))
        try:
            columns = {head: found[label] for head, label in MEANING.items()}
            return [
                {head: float(column[row]) for head, column in columns.items()}
                for row in range(len(texts))
            ]
        except (KeyError, IndexError, TypeError, ValueError):
            raise BackendError("its labels are not those of Detoxify") from None
