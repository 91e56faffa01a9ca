"""The released files of the models: where they are, and whether they are the released ones."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("data")
FACTS, PIECES, ORDINARY = "meta.json", "pieces.txt", "ordinary.txt"


class ModelError(Exception):
    """A model file is missing, damaged or not the one this version was released with."""


def read_facts(folder: Path) -> Mapping[str, Any]:
    """Return what is known of the models: files, calibration, thresholds, checksums.

    Raises :class:`ModelError` if that file is missing or no JSON.
    """
    try:
        facts = json.loads(folder.joinpath(FACTS).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{FACTS} is missing or damaged") from error
    if not isinstance(facts, dict):
        raise ModelError(f"{FACTS} is damaged")
    return facts


def read_checked(folder: Path, name: str) -> bytes:
    """Return the bytes of a released file.

    Raises :class:`ModelError` if it is missing or not the one named in ``meta.json``.
    """
    try:
        data = folder.joinpath(name).read_bytes()
    except OSError as error:
        raise ModelError(f"{name} is missing from the installation") from error
    if hashlib.sha256(data).hexdigest() != read_facts(folder).get("sha256", {}).get(name):
        raise ModelError(f"{name} does not have the expected checksum")
    return data


def names_of(facts: Mapping[str, Any], model: str) -> tuple[str, ...]:
    """Return the names of the files that a model consists of.

    Raises :class:`ModelError` if the facts do not say.
    """
    try:
        return (str(facts[model]["file"]), PIECES, ORDINARY)
    except (KeyError, TypeError) as error:
        raise ModelError(f"{FACTS} does not describe the model {model!r}") from error
