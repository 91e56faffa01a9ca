"""A model for text classification of the transformers library, from a folder of the own disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation.detectors.framing.backends.local import Lazy, existing, installed
from moderation.detectors.framing.backends.resilience import BackendError


class TransformersBackend:
    """Scores texts with a model; nothing is fetched from the network.

    Args:
        path: folder with model and tokenizer.
        labels: for each head the label of the model that says it, or several, of which the
            highest counts.
        function: ``sigmoid`` for a model whose labels do not exclude each other, ``softmax``
            for one whose labels do.
        device: of PyTorch.
        name: recorded with findings.

    Raises ``ImportError`` without the library, ``TypeError`` or ``ValueError`` for bad options.
    """

    batch = 32

    def __init__(
        self,
        *,
        path: str,
        labels: Mapping[str, str | Sequence[str]],
        function: str = "sigmoid",
        device: str = "cpu",
        name: str = "transformers",
    ) -> None:
        installed("transformers")
        folder = existing(path)
        if not isinstance(labels, Mapping) or not all(labels.values()):
            raise TypeError("labels must be a mapping with a label for each score")
        if function not in {"sigmoid", "softmax"}:
            raise ValueError("function must be sigmoid or softmax")
        self._labels = {
            head: (given,) if isinstance(given, str) else tuple(given)
            for head, given in labels.items()
        }
        self.name, self.heads, self._function = name, frozenset(self._labels), function

        def load() -> Any:
            from transformers import pipeline

            return pipeline("text-classification", model=folder, tokenizer=folder, device=device)

        self._pipeline = Lazy(load)

    def score(self, texts: Sequence[str], seconds: float) -> list[Mapping[str, float]]:
        """Score several texts at once; it cannot be interrupted."""
        answers = self._pipeline()(
            list(texts), top_k=None, truncation=True, function_to_apply=self._function
        )
        try:
            rows = [{each["label"]: float(each["score"]) for each in answer} for answer in answers]
            return [
                {head: max(row[label] for label in names) for head, names in self._labels.items()}
                for row in rows
            ]
        except (KeyError, TypeError, ValueError):
            raise BackendError("the model has other labels than those named") from None
