"""The moderation endpoint of OpenAI, or one that speaks like it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation.detectors.framing.backends.http import Endpoint, number_at, secret_of
from moderation.detectors.framing.backends.resilience import BackendError

URL = "https://api.openai.com/v1/moderations"
MODEL = "omni-moderation-latest"

#: Which of its categories say what. "violence" is left out: it means that violence is described.
MEANING: Mapping[str, Sequence[str]] = {
    "attack": ("harassment", "harassment/threatening"),
    "dehumanise": ("hate", "hate/threatening"),
    "threat": ("harassment/threatening", "hate/threatening"),
    "toxicity": ("harassment", "hate", "harassment/threatening", "hate/threatening"),
}


class OpenAIBackend:
    """Asks for a score of each category of a text.

    Args:
        key, key_env: the secret, or the name of the environment variable with it.
        model: which of its models.
        url: of an endpoint that speaks like it.
        timeout: seconds one request may take.

    Raises ``ValueError`` without a key or for an address that cannot be used.
    """

    name = "openai"
    heads = frozenset(MEANING)
    batch = 32

    def __init__(
        self,
        *,
        key: str = "",
        key_env: str = "OPENAI_API_KEY",
        model: str = MODEL,
        url: str = URL,
        timeout: float = 5.0,
    ) -> None:
        headers = {"Authorization": f"Bearer {secret_of(key, key_env)}"}
        self._endpoint = Endpoint(url, headers=headers, timeout=timeout)
        self._model = model

    def score(self, texts: Sequence[str], seconds: float) -> list[Mapping[str, float]]:
        """Ask for several texts at once."""
        answer = self._endpoint.post({"model": self._model, "input": list(texts)}, seconds)
        results = answer.get("results") if isinstance(answer, Mapping) else None
        if not isinstance(results, list):
            raise BackendError("the answer has no results")
        return [_scores(result) for result in results]


def _scores(result: Any) -> dict[str, float]:
    return {
        head: max(number_at(result, ("category_scores", name)) for name in names)
        for head, names in MEANING.items()
    }
