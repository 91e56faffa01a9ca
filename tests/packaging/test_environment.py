"""``make env`` says in one line why it cannot go on, and leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.packaging.conftest import ROOT

NEEDED = ("cat", "dirname", "sh")


@pytest.fixture
def clone() -> Iterator[Path]:
    """As much of a clone as the script reads, where any user may look."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / ".ci").mkdir()
        (folder / "programs").mkdir()
        shutil.copy(ROOT / ".ci/env", folder / ".ci/env")
        shutil.copy(ROOT / "pyproject.toml", folder)
        for program in NEEDED:
            (folder / "programs" / program).symlink_to(str(shutil.which(program)))
        yield folder


def refusal(clone: Path, *arguments: str, **options: Any) -> str:
    """The one line that the script prints before it gives up."""
    ended = subprocess.run(
        [clone / ".ci/env", *arguments],
        env={"PATH": str(clone / "programs")},
        capture_output=True,
        text=True,
        check=False,
        **options,
    )
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert ended.stdout == ""
    assert not (clone / ".venv").exists()
    (line,) = ended.stderr.splitlines()
    return line


def pretend(clone: Path, version: str, *, lacking: str = "") -> None:
    """Put a python3 on PATH that claims to be of this version, or to lack a module."""
    fake = clone / "programs/python3"
    fake.write_text(
        f"#!{sys.executable}\n"
        "import sys\n"
        f"sys.version_info = tuple(map(int, {version!r}.split('.')))\n"
        f"if {lacking!r}: sys.modules[{lacking!r}] = None\n"
        f"sys._base_executable = {str(fake)!r}\n"
        "exec(sys.argv[2])\n"
    )
    fake.chmod(0o755)


def test_without_any_python(clone: Path) -> None:
    assert "no Python 3.11 or newer on PATH" in refusal(clone)


def test_with_an_old_python(clone: Path) -> None:
    pretend(clone, "3.9.2")
    assert "python3 is 3.9" in refusal(clone)


def test_with_an_old_python_asked_for(clone: Path) -> None:
    pretend(clone, "3.9.2")
    assert "PYTHON=python3 is 3.9; Python 3.11 or newer" in refusal(clone, "python3")


def test_with_a_python_that_is_not_there(clone: Path) -> None:
    assert "PYTHON=python9 was not found" in refusal(clone, "python9")


def test_with_a_python_that_cannot_make_environments(clone: Path) -> None:
    pretend(clone, "3.11.2", lacking="ensurepip")
    assert "apt-get install python3-venv" in refusal(clone)


def test_without_the_right_to_write(clone: Path) -> None:
    clone.chmod(0o555)
    nobody = {"user": 65534, "group": 65534} if os.geteuid() == 0 else {}
    try:
        assert "no permission to write .venv" in refusal(clone, **nobody)
    finally:
        clone.chmod(0o755)
