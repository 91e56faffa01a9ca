"""The demo as its users start it: a process with an environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from project import environment

VARIABLES = {
    "ARTICLES",
    "CHECK",
    "DATABASE_URL",
    "DEMO_DIR",
    "DEMO_PREFIX",
    "DJANGO_SETTINGS_MODULE",
    "PORT",
    "REDIS_URL",
}

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def surroundings(**variables: object) -> dict[str, str]:
    """Return our environment with these variables of the demo and no others."""
    inherited = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    return inherited | {name: str(value) for name, value in variables.items()}


def run(*arguments: str, **variables: object) -> subprocess.CompletedProcess[str]:
    """Run Python with ``arguments`` in the project's folder and return what came of it."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=environment.BASE_DIR,
        env=surroundings(**variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.fixture
def demo(tmp_path: Path) -> Run:
    """Run the demo to its end; its data is in a folder of its own."""

    def start(*arguments: str, **variables: object) -> subprocess.CompletedProcess[str]:
        return run("-m", "project.demo", *arguments, **{"DEMO_DIR": tmp_path / "data", **variables})

    return start


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an empty, migrated database."""
    folder = tmp_path_factory.mktemp("migrated")
    migrating = run("manage.py", "migrate", "--verbosity=0", DEMO_DIR=folder)
    assert migrating.returncode == 0, migrating.stderr
    return folder


@pytest.fixture
def data(migrated: Path, tmp_path: Path) -> Path:
    """A folder of one's own with a fresh copy of an empty database."""
    folder = tmp_path / "data"
    folder.mkdir()
    for file in migrated.glob("db.sqlite3*"):
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


@pytest.fixture
def manage(data: Path) -> Run:
    """Run ``manage.py`` on a fresh copy of an empty database."""

    def start(*arguments: str) -> subprocess.CompletedProcess[str]:
        # Nobody works here: the broker is a folder that fills up.
        return run("manage.py", *arguments, DEMO_DIR=data)

    return start
