"""Run the fast tests on every pair of Python and Django that this machine can offer.

Each pair gets an environment of its own in ``.venvs``, kept for the next run. Interpreters are
looked for on PATH and among those of pyenv; nothing is assumed to be there. Prints one table, says
what was left out and why, and exits 1 if a pair failed. Arguments go to pytest.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
OLDEST_PYTHON = {"5.2": "3.11", "6.0": "3.12", "6.1": "3.12"}
DESELECTED = "not slow and not postgresql and not redis and not chromium and not node"


@dataclass(frozen=True)
class Outcome:
    python: str
    django: str
    result: str
    note: str

    @property
    def failed(self) -> bool:
        return self.result == "FAILED"


def main() -> int:
    outcomes = []
    for python in PYTHONS:
        interpreter = find_interpreter(python)
        for django in OLDEST_PYTHON:
            outcome = run_pair(python, django, interpreter)
            print(
                f"== Python {python}, Django {django}: {outcome.result} {outcome.note}", flush=True
            )
            outcomes.append(outcome)
    print(f"\n{'Python':8}{'Django':8}{'result':10}")
    for outcome in outcomes:
        print(f"{outcome.python:8}{outcome.django:8}{outcome.result:10}{outcome.note}")
    failed = sum(outcome.failed for outcome in outcomes)
    passed = sum(outcome.result == "passed" for outcome in outcomes)
    print(f"{passed} pairs passed, {failed} failed, {len(outcomes) - passed - failed} left out")
    return 1 if failed or not passed else 0


def find_interpreter(version: str) -> Path | None:
    """An interpreter of this version that runs: the shims of pyenv exist without doing so."""
    roots = [Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")]
    folders = [bin_folder for root in roots for bin_folder in root.glob(f"versions/{version}*/bin")]
    candidates = [shutil.which(f"python{version}"), *(f / f"python{version}" for f in folders)]
    for candidate in candidates:
        if candidate and version_of(candidate) == version:
            return Path(candidate)
    return None


def version_of(interpreter: Path | str) -> str:
    code = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
    try:
        ended = subprocess.run(
            [interpreter, "-c", code], capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return ended.stdout.strip()


def run_pair(python: str, django: str, interpreter: Path | None) -> Outcome:
    oldest = OLDEST_PYTHON[django]
    if number(python) < number(oldest):
        return Outcome(python, django, "left out", f"Django {django} needs Python {oldest}")
    if interpreter is None:
        return Outcome(python, django, "left out", f"Python {python} not found on this machine")
    folder = ROOT / ".venvs" / f"python{python}-django{django}"
    if reason := build(folder, interpreter, django):
        return Outcome(python, django, "left out", reason)
    started = time.monotonic()
    status = subprocess.run(
        [folder / "bin/python", "-m", "pytest", "--quiet", "-m", DESELECTED, *sys.argv[1:]],
        cwd=ROOT,
        env=environment(),
        check=False,
    ).returncode
    seconds = f"{time.monotonic() - started:.0f} s, {exact_versions(folder)}"
    return Outcome(python, django, "FAILED" if status else "passed", seconds)


def build(folder: Path, interpreter: Path, django: str) -> str:
    """Create or renew a pair's environment; returns why it could not be, or nothing."""
    if not (folder / "bin/python").exists():
        subprocess.run([interpreter, "-m", "venv", "--clear", folder], check=True)
        pip(folder, "install", "--upgrade", "pip>=25.1").check_returncode()
    ended = pip(folder, "install", "-e", ".", "--group", "test", f"django=={django}.*")
    if ended.returncode:
        reason = (ended.stderr.strip().splitlines() or ["pip failed"])[-1]
        return f"pip could not install it: {reason}"
    return ""


def pip(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [folder / "bin/python", "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def exact_versions(folder: Path) -> str:
    code = "import platform, django; print(platform.python_version(), django.__version__)"
    ended = subprocess.run(
        [folder / "bin/python", "-c", code], capture_output=True, text=True, check=True
    )
    python, django = ended.stdout.split()
    return f"Python {python}, Django {django}"


def environment() -> dict[str, str]:
    """Ours, without what would choose another database than SQLite in memory."""
    return {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}


def number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


if __name__ == "__main__":
    sys.exit(main())
