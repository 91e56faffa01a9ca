"""What is in the wheel: the package, all of it, and nothing else."""

from __future__ import annotations

import email
import re
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from tests.packaging.conftest import ROOT

pytestmark = pytest.mark.slow

# Sources of translations and what Python leaves behind are the only files that stay at home.
LEFT_OUT = {".po", ".pot", ".pyc"}
LARGEST = 20_000_000


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def in_package(names: set[str]) -> set[str]:
    return {name for name in names if ".dist-info/" not in name}


def test_it_holds_exactly_the_package(names: set[str]) -> None:
    in_tree = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "moderation").rglob("*")
        if path.is_file() and path.suffix not in LEFT_OUT
    }
    assert in_package(names) == in_tree


def test_it_holds_no_room_of_the_repository(names: set[str]) -> None:
    assert {PurePosixPath(name).parts[0] for name in in_package(names)} == {"moderation"}


def test_both_models_are_in_it_and_it_stays_small(wheel: Path, names: set[str]) -> None:
    folder = "moderation/detectors/framing/data/"
    files = ("standard.onnx", "light.npz", "pieces.txt", "ordinary.txt", "meta.json")
    assert {folder + name for name in files} <= names
    with zipfile.ZipFile(wheel) as archive:
        sizes = {name: archive.getinfo(folder + name).file_size for name in files}
    assert sizes["standard.onnx"] <= 15_000_000
    assert sum(sizes.values()) - sizes["standard.onnx"] <= 3_000_000
    assert wheel.stat().st_size <= LARGEST


def test_it_is_marked_as_typed(names: set[str]) -> None:
    assert "moderation/py.typed" in names


def test_every_catalogue_is_there_compiled(names: set[str]) -> None:
    sources = (ROOT / "moderation/locale").rglob("*.po")
    compiled = {path.relative_to(ROOT).with_suffix(".mo").as_posix() for path in sources}
    assert {name for name in names if name.endswith(".mo")} == compiled


def test_it_names_its_licence_and_needs_no_test_tool(wheel: Path, names: set[str]) -> None:
    (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
    with zipfile.ZipFile(wheel) as archive:
        fields = email.message_from_bytes(archive.read(metadata))
    required = {line for line in fields.get_all("Requires-Dist", []) if "extra ==" not in line}
    assert fields["License-Expression"] == "BSD-3-Clause"
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    assert {re.split(r"[\[<>=]", line)[0].lower() for line in required} == {
        "django",
        "djangorestframework",
        "celery",
        "redis",
        "bleach",
        "numpy",
    }
